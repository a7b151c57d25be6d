// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers settled.h: an event like one before has the id that this one got, unless something that decided differs; two
 * of one place are remembered, and the one that came last stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../user/session/leaf_callers.h"
#include "../../user/session/settled.h"

static int begin(void **state)
{
	*state = calloc(1, sizeof(struct settled));
	return *state ? 0 : -1;
}

static int end(void **state)
{
	free(*state);
	return 0;
}

static void test_like(void **state)
{
	struct settled *settled = *state;
	const struct settled_event event = { .ref = 3, .id = 0 };
	struct settled_event other = event;

	assert_int_equal(settled__find(settled, 0, &event), MT_UNKNOWN_S32);
	settled__add(settled, 0, &event, 0, 0);
	assert_int_equal(settled__find(settled, 0, &event), 0);
	assert_int_equal(settled__find(settled, 1, &event), MT_UNKNOWN_S32);
	other.ref = 4;
	assert_int_equal(settled__find(settled, 0, &other), MT_UNKNOWN_S32);
	other = event;
	other.id = 1;
	assert_int_equal(settled__find(settled, 0, &other), MT_UNKNOWN_S32);
}

/* One change of the top, and whether it counts. */
static void check_change(struct settled *settled, uint64_t version, const struct mt_stack_top *top,
			 const struct mt_stack_top *changed, bool counts)
{
	const struct settled_event event = { .ref = 3, .id = 7, .top = top };
	const struct settled_event other = { .ref = 3, .id = 7, .top = changed };

	assert_int_equal(settled__find(settled, version, &event), 9);
	assert_int_equal(settled__find(settled, version, &other), counts ? MT_UNKNOWN_S32 : 9);
}

static void test_tops(void **state)
{
	struct settled *settled = *state;
	const struct mt_stack_top top = { .pc = 1, .fp = 2, .link = 3, .nr_words = 8, .words = { 10, 11, 12 } };
	const struct settled_event event = { .ref = 3, .id = 7, .top = &top }, bare = { .ref = 3, .id = 7 };
	struct mt_stack_top changed;

	settled__add(settled, 1, &event, LEAF_USES_FP | 1U << 2, 9);
	assert_int_equal(settled__find(settled, 1, &bare), MT_UNKNOWN_S32);
	for (int i = 0; i < MT_TOP_WORDS; i++) {
		changed = top;
		changed.words[i]++;
		check_change(settled, 1, &top, &changed, i == 2);
	}
	changed = top;
	changed.link++;
	check_change(settled, 1, &top, &changed, false);
	changed = top;
	changed.fp++;
	check_change(settled, 1, &top, &changed, true);
	changed = top;
	changed.nr_words--;
	check_change(settled, 1, &top, &changed, true);
	changed = top;
	changed.pc++;
	check_change(settled, 1, &top, &changed, true);
	settled__add(settled, 2, &event, LEAF_USES_LINK, 9);
	changed = top;
	changed.link++;
	check_change(settled, 2, &top, &changed, true);
}

static void test_two(void **state)
{
	struct settled *settled = *state;
	struct mt_stack_top tops[3] = { { .pc = 1, .words = { 1 } },
					{ .pc = 1, .words = { 2 } },
					{ .pc = 1, .words = { 3 } } };
	struct settled_event events[3];
	int i;

	for (i = 0; i < 3; i++)
		events[i] = (struct settled_event){ .ref = 3, .id = 7, .top = &tops[i] };
	settled__add(settled, 1, &events[0], 1, 100);
	settled__add(settled, 1, &events[1], 1, 101);
	assert_int_equal(settled__find(settled, 1, &events[1]), 101);
	assert_int_equal(settled__find(settled, 1, &events[0]), 100);
	settled__add(settled, 1, &events[2], 1, 102);
	assert_int_equal(settled__find(settled, 1, &events[0]), 100);
	assert_int_equal(settled__find(settled, 1, &events[1]), MT_UNKNOWN_S32);
	assert_int_equal(settled__find(settled, 1, &events[2]), 102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_like, begin, end),
		cmocka_unit_test_setup_teardown(test_tops, begin, end),
		cmocka_unit_test_setup_teardown(test_two, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
