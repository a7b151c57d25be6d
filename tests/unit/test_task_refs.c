// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers whos.h: references find who was announced last, and those who are silent are forgotten in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../user/model/task_refs.h"

/* Ticks after which somebody who was announced in the first of them must still be known, as the last records of it
 * come. */
#define KNOWN_TICKS 2
/* After so many nobody is kept any more. */
#define FORGOTTEN_TICKS 10

static void learn(struct whos *whos, uint64_t id, const char *comm)
{
	struct mt_who_is is = { .ref.id = id };

	snprintf(is.who.comm, sizeof(is.who.comm), "%s", comm);
	is.who.pid = (uint32_t)id;
	assert_int_equal(whos__learn(whos, &is), 0);
}

static void nobody_is_known_at_first(void **state)
{
	struct whos whos = { 0 };

	(void)state;
	assert_null(whos__find(&whos, 0));
	assert_null(whos__find(&whos, 1));
	whos__age(&whos);
	whos__free(&whos);
}

static void the_last_announcement_counts(void **state)
{
	struct whos whos = { 0 };
	const uint64_t far = 1ULL << 63 | 7;

	(void)state;
	learn(&whos, 7, "first");
	learn(&whos, far, "far");
	learn(&whos, 7, "second");
	assert_string_equal(whos__find(&whos, 7)->comm, "second");
	assert_string_equal(whos__find(&whos, far)->comm, "far");
	assert_null(whos__find(&whos, 8));
	whos__free(&whos);
}

static void who_is_silent_is_forgotten(void **state)
{
	struct whos whos = { 0 };
	int tick;

	(void)state;
	learn(&whos, 1, "silent");
	learn(&whos, 2, "talks");
	for (tick = 1; tick <= FORGOTTEN_TICKS; tick++) {
		whos__age(&whos);
		learn(&whos, 2, "talks");
		if (tick <= KNOWN_TICKS)
			assert_non_null(whos__find(&whos, 1));
	}
	assert_null(whos__find(&whos, 1));
	assert_string_equal(whos__find(&whos, 2)->comm, "talks");
	whos__free(&whos);
}

static void many_come_and_go(void **state)
{
	struct whos whos = { 0 };
	char comm[MT_COMM_LEN];
	uint64_t id;

	(void)state;
	for (id = 0; id < 100000; id++) {
		snprintf(comm, sizeof(comm), "c%llu", (unsigned long long)id);
		learn(&whos, id, comm);
		if (id % 1000 == 999)
			whos__age(&whos);
	}
	assert_string_equal(whos__find(&whos, 99999)->comm, "c99999");
	assert_int_equal(whos__find(&whos, 99500)->pid, 99500);
	for (id = 0; id < 100000 - FORGOTTEN_TICKS * 1000; id++)
		assert_null(whos__find(&whos, id));
	whos__free(&whos);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_known_at_first),
		cmocka_unit_test(the_last_announcement_counts),
		cmocka_unit_test(who_is_silent_is_forgotten),
		cmocka_unit_test(many_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
