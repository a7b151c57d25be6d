/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers members.h and what aggregate.h makes of it: how many processes are behind a row by comm, and rows by parent,
 * which a process that ends leaves to whoever started it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

enum { INIT = 1, MAKE = 10, SH = 11, CC = 12, OTHER = 13 };

static struct aggregate *new_by(enum group_by by)
{
	const struct aggregate_config config = {
		.by = by, .intervals = true, .processes = true, .max_groups = 100, .linger_ns = 1000
	};
	struct aggregate *agg = aggregate__new(&config);

	assert_non_null(agg);
	return agg;
}

static void take_child(struct aggregate *agg, uint32_t parent, uint32_t pid, uint64_t time_ns, uint64_t minor,
		       uint32_t flags, uint32_t who_flags)
{
	struct mt_task task = minor_record(pid, pid, "child", time_ns, minor);

	task.parent = (struct mt_who){ .pid = parent, .tid = parent, .start_ns = parent, .comm = "parent" };
	task.flags = flags;
	task.who.flags = who_flags;
	assert_int_equal(aggregate__task(agg, &task), 0);
}

/* The row of that pid or comm; its counts are in *minor, 0 if there is none. */
static struct entity row_of(struct aggregate *agg, enum scope scope, uint32_t pid, const char *comm, uint64_t *minor)
{
	struct selection *sel = aggregate__select(agg, scope, &by_minor_faults);
	struct entity e, found = { 0 };
	size_t i;

	assert_non_null(sel);
	*minor = 0;
	for (i = 0; i < selection__nr(sel); i++) {
		assert_int_equal(selection__at(sel, i, &e), 0);
		if (comm ? strcmp(e.comm, comm) : e.pid != pid)
			continue;
		found = e;
		*minor = e.v[MINOR];
		found.v = NULL;
	}
	selection__free(sel);
	return found;
}

static void expect_row(struct aggregate *agg, enum scope scope, uint32_t pid, uint64_t minor, uint64_t processes)
{
	uint64_t found;
	struct entity e = row_of(agg, scope, pid, NULL, &found);

	assert_int_equal(found, minor);
	assert_int_equal(e.processes, processes);
}

static void expect_comm(struct aggregate *agg, enum scope scope, const char *comm, uint64_t processes)
{
	uint64_t minor;

	assert_int_equal(row_of(agg, scope, 0, comm, &minor).processes, processes);
}

/* Each process once in each row, however many threads it has and however often it comes back. */
static void processes_of_a_name(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);

	(void)state;
	take_minor(agg, 5, 5, "a", 1, 1);
	take_minor(agg, 5, 6, "a", 1, 1); /* another thread */
	take_minor(agg, 7, 8, "a", 1, 1); /* another process, whose leader counts nothing */
	take_minor(agg, 5, 5, "b", 2, 2); /* a new name */
	take_minor(agg, 5, 5, "a", 3, 3); /* and back */
	expect_comm(agg, SCOPE_TOTAL, "a", 2);
	expect_comm(agg, SCOPE_TOTAL, "b", 1);
	aggregate__next_interval(agg);
	expect_comm(agg, SCOPE_INTERVAL, "a", 2);
	take_minor(agg, 5, 5, "a", 4, 4);
	take_minor(agg, 5, 6, "a", 4, 4);
	aggregate__next_interval(agg);
	expect_comm(agg, SCOPE_INTERVAL, "a", 1);
	expect_comm(agg, SCOPE_TOTAL, "a", 2);
	aggregate__next_interval(agg);
	expect_comm(agg, SCOPE_INTERVAL, "a", 0);
	aggregate__free(agg);
}

/* make starts sh, which starts cc: when cc and sh have ended, make has the counts of both. */
static void a_process_that_ends_leaves_its_row(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, INIT, MAKE, 1, 5, 0, 0);
	take_child(agg, MAKE, SH, 2, 20, 0, 0);
	take_child(agg, SH, CC, 3, 300, 0, 0);
	expect_row(agg, SCOPE_TOTAL, SH, 300, 1);
	expect_row(agg, SCOPE_TOTAL, MAKE, 20, 1);
	take_child(agg, SH, CC, 4, 301, MT_TASK_FINAL, 0);
	take_child(agg, MAKE, SH, 5, 20, MT_TASK_FINAL, 0);
	expect_row(agg, SCOPE_TOTAL, SH, 0, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 321, 2);
	/* what comes late goes the same way, and is of no other process */
	take_child(agg, SH, CC, 6, 1000, MT_TASK_FINAL | MT_TASK_REST, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 1321, 2);
	expect_row(agg, SCOPE_TOTAL, INIT, 5, 1);
	aggregate__next_interval(agg);
	expect_row(agg, SCOPE_INTERVAL, MAKE, 1321, 2);
	aggregate__free(agg);
}

/* A row that was there in an interval moves in each scope. */
static void rows_move_in_each_scope(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, INIT, MAKE, 1, 5, 0, 0);
	take_child(agg, MAKE, SH, 2, 20, 0, 0);
	take_child(agg, SH, CC, 3, 300, MT_TASK_FINAL, 0);
	aggregate__next_interval(agg);
	take_child(agg, MAKE, SH, 5, 21, MT_TASK_FINAL, 0);
	expect_row(agg, SCOPE_INTERVAL, MAKE, 320, 2);
	aggregate__next_interval(agg);
	expect_row(agg, SCOPE_INTERVAL, MAKE, 1, 1);
	expect_row(agg, SCOPE_TOTAL, MAKE, 321, 2);
	aggregate__free(agg);
}

/* What memtrace's command started does not become memtrace's own when the command ends. */
static void the_command_keeps_its_row(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, INIT, MAKE, 1, 5, 0, MT_WHO_FAMILY);
	take_child(agg, MAKE, SH, 2, 20, MT_TASK_FINAL, MT_WHO_FAMILY);
	take_child(agg, INIT, MAKE, 3, 6, MT_TASK_FINAL, MT_WHO_FAMILY);
	expect_row(agg, SCOPE_TOTAL, MAKE, 20, 1);
	aggregate__free(agg);
}

/* A process whose first thread has ended goes on. */
static void threads_keep_a_process(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);
	struct mt_task thread = minor_record(MAKE, 40, "make", 2, 3);

	(void)state;
	thread.parent = (struct mt_who){ .pid = INIT, .start_ns = INIT };
	assert_int_equal(aggregate__task(agg, &thread), 0);
	take_child(agg, INIT, MAKE, 1, 5, MT_TASK_FINAL, 0);
	take_child(agg, MAKE, SH, 3, 20, 0, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 20, 1);
	thread.flags = MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &thread), 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 0, 0);
	expect_row(agg, SCOPE_TOTAL, INIT, 28, 2);
	aggregate__free(agg);
}

/* Who starts a process by way of one that ends at once: the kernel gives it to init, but init did not start it. */
static void a_daemon_is_of_who_started_it(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, INIT, MAKE, 1, 5, 0, 0);
	take_child(agg, MAKE, SH, 2, 20, 0, 0);
	take_child(agg, SH, CC, 3, 300, 0, 0);
	take_child(agg, MAKE, SH, 4, 20, MT_TASK_FINAL, 0);
	take_child(agg, INIT, CC, 5, 301, 0, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 321, 2);
	/* also when sh has been forgotten */
	aggregate__retire(agg, 5000);
	take_child(agg, INIT, CC, 5001, 302, 0, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 322, 2);
	expect_row(agg, SCOPE_TOTAL, INIT, 5, 1);
	aggregate__free(agg);
}

/* Processes that have ended are forgotten; others are not. */
static void ended_ones_are_forgotten(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, INIT, MAKE, 1, 5, MT_TASK_FINAL, 0);
	aggregate__retire(agg, 100);
	take_child(agg, MAKE, SH, 3, 20, 0, 0);
	expect_row(agg, SCOPE_TOTAL, INIT, 25, 2);
	aggregate__retire(agg, 5000);
	take_child(agg, MAKE, OTHER, 6000, 7, 0, 0);
	expect_row(agg, SCOPE_TOTAL, MAKE, 7, 1);
	aggregate__free(agg);
}

/* Processes of a made-up recording may have started each other. */
static void circles_end(void **state)
{
	struct aggregate *agg = new_by(BY_PARENT);

	(void)state;
	take_child(agg, SH, MAKE, 1, 5, MT_TASK_FINAL, 0);
	take_child(agg, MAKE, SH, 1, 5, MT_TASK_FINAL, 0);
	take_child(agg, MAKE, CC, 1, 5, 0, 0);
	assert_int_equal(aggregate__sums(agg, SCOPE_TOTAL)[MINOR], 15);
	aggregate__free(agg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_of_a_name),	    cmocka_unit_test(a_process_that_ends_leaves_its_row),
		cmocka_unit_test(rows_move_in_each_scope),  cmocka_unit_test(the_command_keeps_its_row),
		cmocka_unit_test(threads_keep_a_process),   cmocka_unit_test(a_daemon_is_of_who_started_it),
		cmocka_unit_test(ended_ones_are_forgotten), cmocka_unit_test(circles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
