/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the rows of processes that are gone: when they leave memory, that
 * nothing is lost or doubled by it in either scope, late records of a process
 * that was retired already, and (by random) that sums, rows and what the tasks
 * counted stay equal whatever is lost, repeated, late or retired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/aggregate_impl.h"
#include "../../user/count/waiter.h"
#include "records.h"

#define LINGER_NS 100

static struct aggregate *new_by(enum group_by by, bool keep_dead)
{
	const struct aggregate_config config = {
		.by = by, .intervals = true, .keep_dead = keep_dead, .linger_ns = LINGER_NS
	};
	struct aggregate *agg = aggregate__new(&config);

	assert_non_null(agg);
	return agg;
}

static struct aggregate *new_aggregate(bool keep_dead)
{
	return new_by(BY_PROCESS, keep_dead);
}

static size_t in_memory(const struct aggregate *agg)
{
	return HASH_COUNT(agg->rows.table);
}

/* How many rows there are, with the sum of their minor faults. */
static size_t nr_rows(struct aggregate *agg, enum scope scope, uint64_t *minor)
{
	struct selection *sel = aggregate__select(agg, scope, &by_minor_faults);
	uint64_t v[MT_NR_SLOTS];
	size_t nr;

	assert_non_null(sel);
	assert_int_equal(selection__rest(sel, 0, v), 0);
	*minor = v[MINOR];
	nr = selection__nr(sel);
	selection__free(sel);
	return nr;
}

static void the_dead_are_retired_after_a_while(void **state)
{
	struct aggregate *agg = new_aggregate(true);

	(void)state;
	take_minor(agg, 1, 1, "alive", 10, 1);
	take_final(agg, 2, 2, "dead", 10, 2);
	assert_int_equal(aggregate__retire(agg, 10 + LINGER_NS - 1), 0);
	assert_int_equal(in_memory(agg), 2);
	assert_int_equal(aggregate__retire(agg, 10 + LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 1);
	/* the living may be silent for as long as they like */
	assert_int_equal(aggregate__retire(agg, 1000 * LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 1);
	aggregate__free(agg);
}

static void a_process_lives_as_long_as_a_thread_of_it(void **state)
{
	struct aggregate *agg = new_aggregate(true);

	(void)state;
	take_minor(agg, 1, 2, "a", 1, 1);
	take_final(agg, 1, 1, "a", 2, 1);
	assert_int_equal(aggregate__retire(agg, 1000 * LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 1);
	take_final(agg, 1, 2, "a", 3, 1);
	assert_int_equal(aggregate__retire(agg, 3 + LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 0);
	aggregate__free(agg);
}

static void a_thread_of_its_own_waits_for_no_leader(void **state)
{
	struct aggregate *agg = new_by(BY_THREAD, true);
	uint64_t minor;

	(void)state;
	take_minor(agg, 1, 1, "a", 1, 1);
	take_final(agg, 1, 2, "a", 1, 5);
	assert_int_equal(aggregate__retire(agg, 1 + LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 1);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 2);
	assert_int_equal(minor, 6);
	aggregate__free(agg);
}

static void a_silent_leader_does_not_keep_a_row_for_ever(void **state)
{
	struct aggregate *agg = new_aggregate(true);
	uint64_t minor;

	(void)state;
	take_final(agg, 1, 2, "a", 1, 5);
	assert_int_equal(aggregate__retire(agg, 1 + LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 1);
	assert_int_equal(aggregate__retire(agg, 1 + 10 * LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 0);
	/* it was alive after all */
	take_minor(agg, 1, 3, "a", 20 * LINGER_NS, 6);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 1);
	assert_int_equal(minor, 11);
	aggregate__free(agg);
}

static void a_retired_row_keeps_everything(void **state)
{
	struct aggregate *agg = new_aggregate(true);
	struct mt_task task = minor_record(7, 7, "0123456789abcdef", 10, 1ULL << 63);
	struct selection *sel;
	struct entity e;

	(void)state;
	task.who.cgroup_id = UINT64_MAX;
	task.who.flags = MT_WHO_KTHREAD;
	task.c[MT_NR_SLOTS - 1] = UINT64_MAX;
	task.flags = MT_TASK_FINAL;
	assert_int_equal(aggregate__task(agg, &task), 0);
	assert_int_equal(aggregate__retire(agg, 10 + LINGER_NS), 0);
	sel = aggregate__select(agg, SCOPE_TOTAL, &by_minor_faults);
	assert_non_null(sel);
	assert_int_equal(selection__nr(sel), 1);
	assert_int_equal(selection__at(sel, 0, &e), 0);
	assert_int_equal(e.pid, 7);
	assert_int_equal(e.tid, 7);
	assert_int_equal(e.start_ns, 7);
	assert_int_equal(e.uid, 1000);
	assert_int_equal(e.who_flags, MT_WHO_KTHREAD);
	assert_true(e.cgroup_id == UINT64_MAX);
	assert_string_equal(e.comm, "0123456789abcdef");
	assert_true(e.exited && !e.other);
	assert_true(e.v[MINOR] == 1ULL << 63 && e.v[MT_NR_SLOTS - 1] == UINT64_MAX);
	selection__free(sel);
	aggregate__free(agg);
}

/* Who of the one row waited in the scope. */
static uint32_t waiter_of(struct aggregate *agg, enum scope scope)
{
	struct selection *sel = aggregate__select(agg, scope, &by_minor_faults);
	struct entity e;

	assert_non_null(sel);
	assert_int_equal(selection__nr(sel), 1);
	assert_int_equal(selection__at(sel, 0, &e), 0);
	selection__free(sel);
	return e.waiter;
}

static void take_wait(struct aggregate *agg, uint32_t tid, uint64_t time_ns, uint64_t wait_ns, uint32_t flags)
{
	struct mt_task task = minor_record(1, tid, "a", time_ns, time_ns);

	task.c[MT_SLOT_stall_refault_ns] = wait_ns;
	task.flags = flags;
	assert_int_equal(aggregate__task(agg, &task), 0);
}

/* In memory, retired, and where a late record finds the row retired. */
static void who_waited_is_kept(void **state)
{
	struct aggregate *agg = new_aggregate(true);

	(void)state;
	take_wait(agg, 2, 1, 0, 0);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), WAITER_NONE);
	take_wait(agg, 1, 2, 5, 0);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), 1);
	aggregate__next_interval(agg);
	assert_int_equal(waiter_of(agg, SCOPE_INTERVAL), 1);
	take_wait(agg, 2, 3, 0, MT_TASK_FINAL);
	take_wait(agg, 1, 3, 5, MT_TASK_FINAL);
	aggregate__next_interval(agg);
	assert_int_equal(waiter_of(agg, SCOPE_INTERVAL), WAITER_NONE);
	assert_int_equal(aggregate__retire(agg, 3 + LINGER_NS), 0);
	assert_int_equal(in_memory(agg), 0);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), 1);
	take_wait(agg, 3, 4 + LINGER_NS, 0, MT_TASK_FINAL);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), 1);
	assert_int_equal(aggregate__retire(agg, 100 * LINGER_NS), 0);
	take_wait(agg, 4, 101 * LINGER_NS, 1, MT_TASK_FINAL);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), WAITER_SEVERAL);
	assert_int_equal(aggregate__retire(agg, 200 * LINGER_NS), 0);
	assert_int_equal(waiter_of(agg, SCOPE_TOTAL), WAITER_SEVERAL);
	aggregate__free(agg);
}

static void retirement_changes_no_interval(void **state)
{
	struct aggregate *agg = new_aggregate(true);
	uint64_t minor;

	(void)state;
	take_minor(agg, 1, 1, "a", 1, 10);
	aggregate__next_interval(agg);
	take_final(agg, 1, 1, "a", 2, 13);
	assert_int_equal(aggregate__retire(agg, 1000), 0);
	assert_int_equal(in_memory(agg), 0);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL, &minor), 1);
	assert_int_equal(minor, 10);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL, &minor), 1);
	assert_int_equal(minor, 3);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 1);
	assert_int_equal(minor, 13);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL, &minor), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 1);
	aggregate__free(agg);
}

static void without_keep_dead_only_the_sums_remain(void **state)
{
	struct aggregate *agg = new_aggregate(false);
	uint64_t minor;

	(void)state;
	take_final(agg, 1, 1, "a", 1, 10);
	assert_int_equal(aggregate__retire(agg, 1000), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 0);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL, &minor), 1);
	assert_int_equal(minor, 10);
	assert_int_equal(aggregate__sums(agg, SCOPE_TOTAL)[MINOR], 10);
	aggregate__free(agg);
}

/* Threads 2 to 4 of a process are first heard of after it was retired, each again retired before the next. */
static void late_records_of_the_retired_make_one_row(void **state)
{
	struct aggregate *agg = new_aggregate(true);
	struct selection *sel;
	char comm[MT_COMM_LEN];
	struct entity e;
	uint64_t minor;
	uint32_t tid;

	(void)state;
	take_final(agg, 1, 1, "a", 1, 10);
	take_final(agg, 9, 9, "b", 1, 10000);
	assert_int_equal(aggregate__retire(agg, 1000), 0);
	for (tid = 2; tid <= 4; tid++) {
		snprintf(comm, sizeof(comm), "a%u", tid);
		take_final(agg, 1, tid, comm, tid, 10);
		/* the later ones are merged in the file, not in memory */
		if (tid == 2)
			assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 2);
		assert_int_equal(aggregate__retire(agg, 100 * LINGER_NS), 0);
	}
	assert_int_equal(in_memory(agg), 0);
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 2);
	assert_int_equal(minor, 10040);
	aggregate__next_interval(agg);
	assert_int_equal(nr_rows(agg, SCOPE_INTERVAL, &minor), 2);
	assert_int_equal(minor, 10040);
	sel = aggregate__select(agg, SCOPE_TOTAL, &by_minor_faults);
	assert_non_null(sel);
	assert_int_equal(selection__at(sel, 1, &e), 0);
	assert_int_equal(e.v[MINOR], 40);
	assert_string_equal(e.comm, "a4");
	assert_true(e.exited);
	selection__free(sel);
	aggregate__free(agg);
}

static void many_short_lives_leave_memory(void **state)
{
	struct aggregate *agg = new_aggregate(true);
	uint64_t minor;
	uint32_t pid;

	(void)state;
	for (pid = 1; pid <= 20000; pid++) {
		take_minor(agg, pid, pid, "a", pid, 1);
		take_final(agg, pid, pid, "a", pid, 2);
		assert_int_equal(aggregate__retire(agg, pid), 0);
		assert_true(in_memory(agg) <= LINGER_NS);
		assert_int_equal(HASH_COUNT(agg->task_counts.table), 0);
	}
	assert_int_equal(nr_rows(agg, SCOPE_TOTAL, &minor), 20000);
	assert_int_equal(minor, 40000);
	aggregate__free(agg);
}

/* What a thread has counted, and what is on its way to user space. */
#define NR_TASKS   60
#define NR_DELAYED 16

struct machine {
	struct aggregate *agg;
	struct mt_task tasks[NR_TASKS];	    /* as they are */
	bool over[NR_TASKS];		    /* its final record was delivered */
	struct mt_task delayed[NR_DELAYED]; /* delivered at some later time */
	uint64_t now;
};

static void deliver(struct machine *m, const struct mt_task *task)
{
	assert_int_equal(aggregate__task(m->agg, task), 0);
}

/* Counts something; its record is delivered, lost, repeated or delayed. */
static void step(struct machine *m)
{
	size_t i = (size_t)rand() % NR_TASKS, d = (size_t)rand() % NR_DELAYED;
	struct mt_task *task = &m->tasks[i];

	m->now += (uint64_t)(rand() % 20);
	if (m->over[i])
		return;
	task->hdr.time_ns = m->now;
	task->c[rand() % MT_NR_SLOTS] += (uint64_t)(rand() % 1000);
	switch (rand() % 8) {
	case 0:
		break;
	case 1:
		deliver(m, task);
		deliver(m, task);
		break;
	case 2:
		if (m->delayed[d].hdr.id)
			deliver(m, &m->delayed[d]);
		m->delayed[d] = *task;
		break;
	case 3:
		task->flags |= rand() % 4 ? 0 : MT_TASK_FINAL;
		m->over[i] = task->flags & MT_TASK_FINAL;
		/* fall through */
	default:
		deliver(m, task);
	}
}

static void maintain(struct machine *m)
{
	uint64_t minor;

	if (rand() % 20 == 0)
		assert_int_equal(aggregate__retire(m->agg, m->now), 0);
	if (rand() % 100 == 0)
		aggregate__next_interval(m->agg);
	if (rand() % 200 == 0)
		nr_rows(m->agg, rand() % 2 ? SCOPE_TOTAL : SCOPE_INTERVAL, &minor);
}

static void expect_sums(struct machine *m, enum scope scope)
{
	struct selection *sel = aggregate__select(m->agg, scope, &by_minor_faults);
	uint64_t v[MT_NR_SLOTS];

	assert_non_null(sel);
	assert_int_equal(selection__rest(sel, 0, v), 0);
	assert_memory_equal(v, aggregate__sums(m->agg, scope), sizeof(v));
	selection__free(sel);
}

static void start(struct machine *m, unsigned int seed)
{
	uint32_t i;

	srand(seed);
	*m = (struct machine){ .agg = new_aggregate(true) };
	for (i = 0; i < NR_TASKS; i++)
		m->tasks[i] = task_record(i / 3 + 1, i + 1, "a", 0);
	/* the leader of a process has its pid */
	for (i = 0; i < NR_TASKS; i += 3)
		m->tasks[i].who.tid = m->tasks[i].who.pid;
}

/* At the end each task's last record is delivered. */
static void settle(struct machine *m)
{
	uint64_t sums[MT_NR_SLOTS] = { 0 };
	size_t i, slot;

	for (i = 0; i < NR_TASKS; i++) {
		deliver(m, &m->tasks[i]);
		for (slot = 0; slot < MT_NR_SLOTS; slot++)
			sums[slot] += m->tasks[i].c[slot];
	}
	for (i = 0; i < NR_DELAYED; i++)
		if (m->delayed[i].hdr.id)
			deliver(m, &m->delayed[i]);
	assert_memory_equal(sums, aggregate__sums(m->agg, SCOPE_TOTAL), sizeof(sums));
}

static void whatever_happens_the_sums_agree(void **state)
{
	struct machine m;
	unsigned int seed;
	uint64_t minor;
	int i;

	(void)state;
	for (seed = 1; seed <= 40; seed++) {
		start(&m, seed);
		for (i = 0; i < 2000; i++) {
			step(&m);
			maintain(&m);
		}
		settle(&m);
		expect_sums(&m, SCOPE_TOTAL);
		expect_sums(&m, SCOPE_INTERVAL);
		expect_sums(&m, SCOPE_OPEN);
		assert_true(nr_rows(m.agg, SCOPE_TOTAL, &minor) <= NR_TASKS / 3);
		assert_int_equal(aggregate__lost(m.agg), 0);
		aggregate__free(m.agg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dead_are_retired_after_a_while),
		cmocka_unit_test(a_process_lives_as_long_as_a_thread_of_it),
		cmocka_unit_test(a_thread_of_its_own_waits_for_no_leader),
		cmocka_unit_test(a_silent_leader_does_not_keep_a_row_for_ever),
		cmocka_unit_test(a_retired_row_keeps_everything),
		cmocka_unit_test(who_waited_is_kept),
		cmocka_unit_test(retirement_changes_no_interval),
		cmocka_unit_test(without_keep_dead_only_the_sums_remain),
		cmocka_unit_test(late_records_of_the_retired_make_one_row),
		cmocka_unit_test(many_short_lives_leave_memory),
		cmocka_unit_test(whatever_happens_the_sums_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
