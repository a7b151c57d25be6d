/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers aggregate.h except histograms: who is credited with what a task
 * counted (process, thread, comm, cgroup), absolute counters whose records are
 * lost, repeated or late, what tasks counted before the run, reuse of pids,
 * exec and moves between cgroups, the scopes, groups beyond the maximum, and
 * the order of a selection.  Rows of processes that are gone: test_retirement.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

static struct aggregate *new_by(enum group_by by)
{
	const struct aggregate_config config = { .by = by, .intervals = true, .keep_dead = true, .max_groups = 3 };
	struct aggregate *agg = aggregate__new(&config);

	assert_non_null(agg);
	return agg;
}

static struct selection *select_minor(struct aggregate *agg, enum scope scope)
{
	struct selection *sel = aggregate__select(agg, scope, &by_minor_faults);

	assert_non_null(sel);
	return sel;
}

/* Reads the row at pos, whose counts may be gone then; returns its minor faults. */
static uint64_t row_at(struct aggregate *agg, enum scope scope, size_t pos, struct entity *entity)
{
	struct selection *sel = select_minor(agg, scope);
	uint64_t minor;

	assert_true(pos < selection__nr(sel));
	assert_int_equal(selection__at(sel, pos, entity), 0);
	minor = entity->v[MINOR];
	entity->v = NULL;
	selection__free(sel);
	return minor;
}

static size_t nr_rows(struct aggregate *agg, enum scope scope)
{
	struct selection *sel = select_minor(agg, scope);
	size_t nr = selection__nr(sel);

	selection__free(sel);
	return nr;
}

static uint64_t sum_minor(struct aggregate *agg, enum scope scope)
{
	return aggregate__sums(agg, scope)[MINOR];
}

static void lost_records_cost_nothing(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct entity e;

	(void)state;
	take_minor(agg, 7, 7, "a", 1, 10);
	/* the records of 20 and 30 were lost */
	take_minor(agg, 7, 7, "a", 4, 40);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 40);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 40);
	aggregate__free(agg);
}

static void repeated_and_late_records_count_once(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = minor_record(7, 7, "a", 2, 20);
	struct entity e;

	(void)state;
	task.c[PAGES] = 5;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(aggregate__task(agg, &task), 0);
	/* written before, arrives after; in one slot it is even ahead, as counters are not read at one moment */
	task = minor_record(7, 7, "a", 1, 10);
	task.c[PAGES] = 6;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 20);
	assert_int_equal(aggregate__sums(agg, SCOPE_TOTAL)[PAGES], 6);
	take_minor(agg, 7, 7, "a", 3, 21);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 21);
	aggregate__free(agg);
}

static void late_records_change_no_name(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = minor_record(7, 7, "new", 2, 20);
	struct entity e;

	(void)state;
	task.who.cgroup_id = 22;
	task.who.uid = 33;
	assert_int_equal(aggregate__task(agg, &task), 0);
	take_minor(agg, 7, 7, "old", 1, 30);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 30);
	assert_string_equal(e.comm, "new");
	assert_int_equal(e.cgroup_id, 22);
	assert_int_equal(e.uid, 33);
	/* without news, yet with a newer name */
	take_minor(agg, 7, 7, "newest", 3, 30);
	row_at(agg, SCOPE_TOTAL, 0, &e);
	assert_string_equal(e.comm, "newest");
	aggregate__free(agg);
}

static void a_final_life_is_over(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);

	(void)state;
	take_minor(agg, 7, 7, "a", 1, 10);
	take_final(agg, 7, 7, "a", 3, 30);
	take_final(agg, 7, 7, "a", 3, 30);
	take_minor(agg, 7, 7, "a", 2, 20);
	/* neither may a life whose only record was its final one begin anew */
	take_final(agg, 8, 8, "b", 3, 5);
	take_minor(agg, 8, 8, "b", 2, 4);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 35);
	aggregate__free(agg);
}

/* The guard knows a finished life for as long as 32,767 younger ones finish. */
static void many_finish_and_the_first_stays_known(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	const uint32_t nr = 32767;
	uint32_t i;

	(void)state;
	for (i = 1; i <= nr; i++)
		take_final(agg, i, i, "a", i, 1);
	for (i = 1; i <= nr; i++)
		take_minor(agg, i, i, "a", i, 1);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), nr);
	aggregate__free(agg);
}

static void a_reused_pid_is_another_process(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = minor_record(7, 7, "second", 9, 3);
	struct entity one, two;

	(void)state;
	take_final(agg, 7, 7, "first", 1, 10);
	task.who.start_ns = 8;
	task.life = 99;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 2);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &one), 10);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &two), 3);
	assert_string_equal(one.comm, "first");
	assert_string_equal(two.comm, "second");
	assert_true(one.exited && !two.exited);
	assert_true(one.id != two.id);
	aggregate__free(agg);
}

static void threads_of_a_process_are_summed(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct entity e;

	(void)state;
	take_minor(agg, 7, 8, "a", 1, 5);
	take_minor(agg, 7, 7, "a", 2, 10);
	take_minor(agg, 7, 9, "a", 3, 1);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 1);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 16);
	assert_int_equal(e.pid, 7);
	assert_int_equal(e.tid, 7);
	take_final(agg, 7, 7, "a", 4, 10);
	row_at(agg, SCOPE_TOTAL, 0, &e);
	assert_false(e.exited);
	take_final(agg, 7, 8, "a", 5, 6);
	take_final(agg, 7, 9, "a", 6, 1);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 17);
	assert_true(e.exited);
	aggregate__free(agg);
}

static void threads_have_their_own_rows_and_names(void **state)
{
	struct aggregate *agg = new_by(BY_THREAD);
	struct mt_task task = minor_record(7, 8, "leader", 1, 5);
	struct entity e;

	(void)state;
	set_comm(task.who.tcomm, "worker");
	take_minor(agg, 7, 7, "leader", 1, 10);
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &e), 5);
	assert_string_equal(e.comm, "worker");
	assert_int_equal(e.tid, 8);
	/* an exec gives it the leader's tid; it stays the same life */
	task.who.tid = 7;
	task.hdr.time_ns = 2;
	task.c[MINOR] = 50;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 50);
	assert_int_equal(e.tid, 7);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 2);
	aggregate__free(agg);
}

static void exec_leaves_counts_with_the_old_comm(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct entity e;

	(void)state;
	take_minor(agg, 7, 7, "sh", 1, 10);
	take_minor(agg, 7, 7, "cc", 2, 13);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 10);
	assert_string_equal(e.comm, "sh");
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &e), 3);
	assert_string_equal(e.comm, "cc");
	assert_int_equal(e.pid, 0);
	aggregate__free(agg);
}

static void a_move_leaves_counts_with_the_old_cgroup(void **state)
{
	struct aggregate *agg = new_by(BY_CGROUP);
	struct mt_task task = minor_record(7, 7, "a", 1, 10);
	struct entity e;

	(void)state;
	assert_int_equal(aggregate__task(agg, &task), 0);
	task.who.cgroup_id = 2;
	task.c[MINOR] = 14;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 10);
	assert_int_equal(e.cgroup_id, 1);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &e), 4);
	assert_int_equal(e.cgroup_id, 2);
	assert_string_equal(e.comm, "");
	aggregate__free(agg);
}

static void names_end_at_their_nul_or_are_full(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct mt_task task = minor_record(7, 7, "ab", 1, 10);
	struct entity e;

	(void)state;
	assert_int_equal(aggregate__task(agg, &task), 0);
	memcpy(task.who.comm, "ab\0rest", 7);
	task.life = 8;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 1);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 20);
	take_minor(agg, 9, 9, "0123456789abcdef", 1, 30);
	row_at(agg, SCOPE_TOTAL, 0, &e);
	assert_string_equal(e.comm, "0123456789abcdef");
	aggregate__free(agg);
}

static void groups_beyond_the_maximum_are_other(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct entity e;

	(void)state;
	take_minor(agg, 1, 1, "a", 1, 1);
	take_minor(agg, 2, 2, "other", 1, 2);
	take_minor(agg, 3, 3, "c", 1, 3);
	take_minor(agg, 4, 4, "d", 1, 40);
	take_minor(agg, 5, 5, "e", 1, 50);
	take_minor(agg, 1, 1, "a", 2, 2);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 4);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 90);
	assert_true(e.other);
	/* a process that is called so is not it */
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 3, &e), 2);
	assert_string_equal(e.comm, "other");
	assert_false(e.other);
	aggregate__free(agg);
}

/* What is shown of an interval is the one that is complete, until the next one is. */
static void an_interval_stays_until_the_next_is_complete(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct entity e;

	(void)state;
	take_minor(agg, 1, 1, "a", 1, 10);
	take_minor(agg, 2, 2, "b", 1, 20);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL), 0);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL), 2);
	take_minor(agg, 1, 1, "a", 2, 13);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL), 2);
	assert_int_equal(sum_minor(agg, SCOPE_INTERVAL), 30);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL), 1);
	assert_int_equal(row_at(agg, SCOPE_INTERVAL, 0, &e), 3);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &e), 13);
	assert_int_equal(sum_minor(agg, SCOPE_INTERVAL), 3);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 33);
	aggregate__free(agg);
}

static void intervals_must_be_asked_for(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct aggregate *agg = aggregate__new(&config);

	(void)state;
	assert_non_null(agg);
	assert_null(aggregate__select(agg, SCOPE_INTERVAL, &by_minor_faults));
	assert_int_equal(errno, EINVAL);
	aggregate__free(agg);
}

static double weigh_oddly(const struct entity *entity, size_t level, void *ctx)
{
	static const double weights[] = { NAN, -1, -0.0, 0.0, 1e-300, 2, INFINITY };

	(void)level;
	(void)ctx;
	return weights[entity->pid];
}

static void a_selection_falls_by_weight(void **state)
{
	static const uint32_t expected[] = { 6, 5, 4, 2, 3, 1, 0 };
	struct aggregate *agg = new_by(BY_PROCESS);
	struct selection *sel;
	struct entity e;
	uint32_t pid;
	size_t i;

	(void)state;
	for (pid = 0; pid < 7; pid++)
		take_minor(agg, pid, pid + 1, "a", 1, 1);
	sel = aggregate__select(agg, SCOPE_TOTAL, &(struct order){ .weigh = weigh_oddly, .levels = 1 });
	assert_non_null(sel);
	for (i = 0; i < 7; i++) {
		assert_int_equal(selection__at(sel, i, &e), 0);
		assert_int_equal(e.pid, expected[i]);
	}
	assert_int_equal(selection__at(sel, 7, &e), -ERANGE);
	selection__free(sel);
	aggregate__free(agg);
}

static void ties_fall_by_pid_then_comm(void **state)
{
	static const struct {
		uint32_t pid, start;
		const char *comm;
	} rows[] = { { 9, 1, "a" },
		     { 4, 1, "kworker/u8:1-B" },
		     { 4, 3, "kworker/u8:1-A" },
		     { 4, 2, "kworker/u8:1-A" },
		     { 1, 1, "z" } };
	static const size_t expected[] = { 4, 3, 2, 1, 0 };
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task;
	struct entity e;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		task = minor_record(rows[i].pid, rows[i].pid, rows[i].comm, 1, 1);
		task.who.start_ns = rows[i].start;
		task.life = i + 1; /* 0 is nobody's */
		assert_int_equal(aggregate__task(agg, &task), 0);
	}
	for (i = 0; i < 5; i++) {
		row_at(agg, SCOPE_TOTAL, i, &e);
		assert_int_equal(e.pid, rows[expected[i]].pid);
		assert_int_equal(e.start_ns, rows[expected[i]].start);
	}
	aggregate__free(agg);
}

static void ties_of_groups_fall_by_comm(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct entity e;

	(void)state;
	take_minor(agg, 1, 1, "kworker/0:10", 1, 1);
	take_minor(agg, 2, 2, "kworker/0:1", 1, 1);
	take_minor(agg, 3, 3, "kworker/0:\xff", 1, 1);
	row_at(agg, SCOPE_TOTAL, 0, &e);
	assert_string_equal(e.comm, "kworker/0:1");
	row_at(agg, SCOPE_TOTAL, 1, &e);
	assert_string_equal(e.comm, "kworker/0:10");
	aggregate__free(agg);
}

static void the_rest_is_summed(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	uint64_t v[MT_NR_SLOTS];
	struct selection *sel;
	uint32_t pid;

	(void)state;
	for (pid = 1; pid <= 10; pid++)
		take_minor(agg, pid, pid, "a", 1, pid);
	sel = select_minor(agg, SCOPE_TOTAL);
	assert_int_equal(selection__rest(sel, 3, v), 0);
	assert_int_equal(v[MINOR], 1 + 2 + 3 + 4 + 5 + 6 + 7);
	assert_int_equal(selection__rest(sel, 10, v), 0);
	assert_int_equal(v[MINOR], 0);
	selection__free(sel);
	aggregate__free(agg);
}

static struct mt_task base_record(uint32_t pid, uint64_t time_ns, uint64_t minor)
{
	struct mt_task task = minor_record(pid, pid, "a", time_ns, minor);

	task.flags = MT_TASK_BASE;
	return task;
}

static void a_life_that_ended_before_the_run_is_nobodys(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = base_record(7, 1, 1000);

	(void)state;
	task.flags |= MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &task), 0);
	/* its record at being freed comes when the run has begun */
	task = minor_record(7, 7, "a", 2, 1003);
	task.flags = MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 0);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 0);
	aggregate__free(agg);
}

static void take_rest(struct aggregate *agg, uint32_t pid, uint64_t time_ns, uint64_t minor, uint32_t flags)
{
	struct mt_task task = minor_record(pid, pid, "a", time_ns, minor);

	task.flags = MT_TASK_FINAL | MT_TASK_REST | flags;
	assert_int_equal(aggregate__task(agg, &task), 0);
}

static void a_rest_comes_on_top_of_the_final_record(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct entity e;

	(void)state;
	take_final(agg, 7, 7, "a", 1, 100);
	take_rest(agg, 7, 2, 3, 0);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 103);
	assert_true(e.exited);
	/* whatever the order in which they are read */
	take_rest(agg, 8, 3, 5, 0);
	take_final(agg, 8, 8, "a", 2, 50);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 1, &e), 55);
	assert_true(e.exited);
	/* of a task that ended before the run */
	take_rest(agg, 9, 3, 5, MT_TASK_BASE);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 2);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 158);
	aggregate__free(agg);
}

static void what_was_counted_before_the_run_is_nobodys(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = base_record(7, 1, 1000);
	struct entity e;

	(void)state;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 0);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 0);
	/* nothing new since */
	take_minor(agg, 7, 7, "a", 2, 1000);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 0);
	take_minor(agg, 7, 7, "a", 3, 1004);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 4);
	aggregate__next_interval(agg);
	assert_int_equal(row_at(agg, SCOPE_INTERVAL, 0, &e), 4);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 4);
	/* a slot that the base had none of counts from 0 */
	task = minor_record(7, 7, "a", 4, 1004);
	task.c[PAGES] = 3;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(aggregate__sums(agg, SCOPE_TOTAL)[PAGES], 3);
	aggregate__free(agg);
}

/* Tasks give one when hooks go in and one when the run begins: the later one counts. */
static void a_second_base_moves_the_start(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = base_record(7, 1, 1000);
	struct entity e;

	(void)state;
	assert_int_equal(aggregate__task(agg, &task), 0);
	task = base_record(7, 2, 1010);
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 0);
	/* one that was written before the base and came after it */
	take_minor(agg, 7, 7, "a", 1, 1005);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 0);
	take_final(agg, 7, 7, "a", 3, 1011);
	assert_int_equal(row_at(agg, SCOPE_TOTAL, 0, &e), 1);
	aggregate__free(agg);
}

static void a_base_after_the_end_is_late(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);
	struct mt_task task = base_record(7, 1, 5);

	(void)state;
	take_final(agg, 7, 7, "a", 2, 8);
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 8);
	aggregate__free(agg);
}

static void a_record_without_counts_makes_no_row(void **state)
{
	struct aggregate *agg = new_by(BY_PROCESS);

	(void)state;
	take_minor(agg, 1, 1, "a", 1, 0);
	take_final(agg, 2, 2, "a", 1, 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 0);
	aggregate__free(NULL);
	selection__free(NULL);
	aggregate__free(agg);
}

static struct aggregate *new_for_two_tasks(void)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .keep_dead = true, .max_tasks = 2 };
	struct aggregate *agg = aggregate__new(&config);

	assert_non_null(agg);
	take_minor(agg, 1, 1, "a", 1, 10);
	take_minor(agg, 2, 2, "b", 1, 10);
	return agg;
}

static void one_task_too_many_is_refused(void **state)
{
	struct aggregate *agg = new_for_two_tasks();
	struct mt_task third = minor_record(3, 3, "c", 1, 10), thread = minor_record(1, 4, "a", 1, 10),
		       base = base_record(5, 1, 10);

	(void)state;
	assert_int_equal(aggregate__task(agg, &third), -E2BIG);
	assert_int_equal(aggregate__task(agg, &thread), -E2BIG);
	assert_int_equal(aggregate__task(agg, &base), -E2BIG);
	assert_int_equal(aggregate__lost(agg), 0);
	third.flags |= MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &third), -E2BIG);
	assert_int_equal(aggregate__lost(agg), 10);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL), 2);
	/* those that it has go on */
	take_minor(agg, 1, 1, "a", 2, 15);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 25);
	aggregate__free(agg);
}

static void a_task_that_ends_makes_room(void **state)
{
	struct aggregate *agg = new_for_two_tasks();
	struct mt_task third = minor_record(3, 3, "c", 1, 10);

	(void)state;
	take_final(agg, 2, 2, "b", 2, 12);
	/* its row waits for late records */
	assert_int_equal(aggregate__task(agg, &third), -E2BIG);
	assert_int_equal(aggregate__retire(agg, 10), 0);
	take_minor(agg, 3, 3, "c", 3, 10);
	assert_int_equal(sum_minor(agg, SCOPE_TOTAL), 32);
	aggregate__free(agg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_records_cost_nothing),
		cmocka_unit_test(repeated_and_late_records_count_once),
		cmocka_unit_test(late_records_change_no_name),
		cmocka_unit_test(a_final_life_is_over),
		cmocka_unit_test(many_finish_and_the_first_stays_known),
		cmocka_unit_test(a_reused_pid_is_another_process),
		cmocka_unit_test(threads_of_a_process_are_summed),
		cmocka_unit_test(threads_have_their_own_rows_and_names),
		cmocka_unit_test(exec_leaves_counts_with_the_old_comm),
		cmocka_unit_test(a_move_leaves_counts_with_the_old_cgroup),
		cmocka_unit_test(names_end_at_their_nul_or_are_full),
		cmocka_unit_test(groups_beyond_the_maximum_are_other),
		cmocka_unit_test(an_interval_stays_until_the_next_is_complete),
		cmocka_unit_test(intervals_must_be_asked_for),
		cmocka_unit_test(a_selection_falls_by_weight),
		cmocka_unit_test(ties_fall_by_pid_then_comm),
		cmocka_unit_test(ties_of_groups_fall_by_comm),
		cmocka_unit_test(the_rest_is_summed),
		cmocka_unit_test(a_life_that_ended_before_the_run_is_nobodys),
		cmocka_unit_test(a_rest_comes_on_top_of_the_final_record),
		cmocka_unit_test(what_was_counted_before_the_run_is_nobodys),
		cmocka_unit_test(a_second_base_moves_the_start),
		cmocka_unit_test(a_base_after_the_end_is_late),
		cmocka_unit_test(a_record_without_counts_makes_no_row),
		cmocka_unit_test(one_task_too_many_is_refused),
		cmocka_unit_test(a_task_that_ends_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
