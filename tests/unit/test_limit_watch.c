// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/limit_watch.h"

#define MB 1000000ULL

static struct limit_watch *watch;
static struct cgroup_counts counts;
static struct cgroup_count list[3];
static struct limit_crossing crossings[4];

static int begin(void **state)
{
	(void)state;
	watch = calloc(1, sizeof(*watch));
	memset(list, 0, sizeof(list));
	counts = (struct cgroup_counts){ .list = list, .nr = 3 };
	return watch ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(watch);
	return 0;
}

static void is(size_t i, uint64_t id, uint64_t usage, uint64_t limit)
{
	list[i].id = id;
	list[i].extents[SCOPE_TOTAL][CGROUP_SAMPLE_memory_current].end = usage;
	list[i].extents[SCOPE_TOTAL][CGROUP_SAMPLE_memory_max].end = limit;
}

static size_t look(void)
{
	return limit_watch__look(watch, &counts, 90, crossings, 4);
}

static void once_a_crossing(void **state)
{
	(void)state;
	is(0, 10, 50 * MB, 100 * MB);
	is(1, 11, 95 * MB, 100 * MB); /* it was above before */
	is(2, 12, 95 * MB, SAMPLE_UNLIMITED);
	assert_int_equal(look(), 0);
	is(0, 10, 90 * MB - 1000, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 90 * MB, 100 * MB);
	assert_int_equal(look(), 1);
	assert_int_equal(crossings[0].cgroup_id, 10);
	assert_int_equal(crossings[0].usage, 90 * MB);
	assert_int_equal(crossings[0].limit, 100 * MB);
	assert_int_equal(look(), 0);
	/* it must fall by a tenth of the limit */
	is(0, 10, 80 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 99 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 79 * MB, 100 * MB);
	is(1, 11, 79 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 99 * MB, 100 * MB);
	is(1, 11, 91 * MB, 100 * MB);
	assert_int_equal(look(), 2);
}

static void a_limit_that_changes(void **state)
{
	(void)state;
	is(0, 10, 50 * MB, SAMPLE_UNLIMITED);
	assert_int_equal(look(), 0);
	is(0, 10, 50 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 50 * MB, 51 * MB);
	assert_int_equal(look(), 1);
	is(0, 10, 50 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 50 * MB, 51 * MB);
	assert_int_equal(look(), 1);
}

static void what_is_not_known_or_gone(void **state)
{
	(void)state;
	is(0, 10, 50 * MB, 100 * MB);
	is(1, 11, 50 * MB, 100 * MB);
	is(2, 12, 50 * MB, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, MT_UNKNOWN_U64, 100 * MB);
	is(1, 11, 99 * MB, MT_UNKNOWN_U64);
	is(2, 12, 99 * MB, 100 * MB);
	list[2].removed_ns = 1;
	assert_int_equal(look(), 0);
	/* another cgroup in its place */
	list[2].removed_ns = 0;
	is(2, 13, 99 * MB, 100 * MB);
	assert_int_equal(look(), 0);
}

static void more_than_fit(void **state)
{
	(void)state;
	is(0, 10, 1, 100 * MB);
	is(1, 11, 1, 100 * MB);
	is(2, 12, 1, 100 * MB);
	assert_int_equal(look(), 0);
	is(0, 10, 95 * MB, 100 * MB);
	is(1, 11, 95 * MB, 100 * MB);
	is(2, 12, 95 * MB, 100 * MB);
	assert_int_equal(limit_watch__look(watch, &counts, 90, crossings, 2), 2);
	assert_int_equal(limit_watch__look(watch, &counts, 90, crossings, 2), 1);
	assert_int_equal(crossings[0].cgroup_id, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(once_a_crossing, begin, end),
		cmocka_unit_test_setup_teardown(a_limit_that_changes, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_known_or_gone, begin, end),
		cmocka_unit_test_setup_teardown(more_than_fit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
