// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers task_refs.h: references find who was announced last, and those who are silent are forgotten in time. */
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

static void learn(struct task_refs *task_refs, uint64_t id, const char *comm)
{
	struct mt_who_is is = { .ref.id = id };

	snprintf(is.who.comm, sizeof(is.who.comm), "%s", comm);
	is.who.pid = (uint32_t)id;
	assert_int_equal(task_refs__learn(task_refs, &is), 0);
}

static void nobody_is_known_at_first(void **state)
{
	struct task_refs task_refs = { 0 };

	(void)state;
	assert_null(task_refs__find(&task_refs, 0));
	assert_null(task_refs__find(&task_refs, 1));
	task_refs__age(&task_refs);
	task_refs__free(&task_refs);
}

static void the_last_announcement_counts(void **state)
{
	struct task_refs task_refs = { 0 };
	const uint64_t far = 1ULL << 63 | 7;

	(void)state;
	learn(&task_refs, 7, "first");
	learn(&task_refs, far, "far");
	learn(&task_refs, 7, "second");
	assert_string_equal(task_refs__find(&task_refs, 7)->comm, "second");
	assert_string_equal(task_refs__find(&task_refs, far)->comm, "far");
	assert_null(task_refs__find(&task_refs, 8));
	task_refs__free(&task_refs);
}

static void who_is_silent_is_forgotten(void **state)
{
	struct task_refs task_refs = { 0 };
	int tick;

	(void)state;
	learn(&task_refs, 1, "silent");
	learn(&task_refs, 2, "talks");
	for (tick = 1; tick <= FORGOTTEN_TICKS; tick++) {
		task_refs__age(&task_refs);
		learn(&task_refs, 2, "talks");
		if (tick <= KNOWN_TICKS)
			assert_non_null(task_refs__find(&task_refs, 1));
	}
	assert_null(task_refs__find(&task_refs, 1));
	assert_string_equal(task_refs__find(&task_refs, 2)->comm, "talks");
	task_refs__free(&task_refs);
}

static void many_come_and_go(void **state)
{
	struct task_refs task_refs = { 0 };
	char comm[MT_COMM_LEN];
	uint64_t id;

	(void)state;
	for (id = 0; id < 100000; id++) {
		snprintf(comm, sizeof(comm), "c%llu", (unsigned long long)id);
		learn(&task_refs, id, comm);
		if (id % 1000 == 999)
			task_refs__age(&task_refs);
	}
	assert_string_equal(task_refs__find(&task_refs, 99999)->comm, "c99999");
	assert_int_equal(task_refs__find(&task_refs, 99500)->pid, 99500);
	for (id = 0; id < 100000 - FORGOTTEN_TICKS * 1000; id++)
		assert_null(task_refs__find(&task_refs, id));
	task_refs__free(&task_refs);
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
