/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the aggregate, series and names for stacks when memory runs out: at
 * each allocation in turn, once or from then on for a while.  Rows and sums
 * stay consistent, what could not be stored comes with the next record or is in
 * lost, names are right or missing, and nothing leaks.  Needs the linker's
 * --wrap for malloc, calloc and realloc; without it the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/core/series.h"
#include "../../user/kernel/proc_maps.h"
#include "../../user/kernel/symbols.h"
#include "records.h"

void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t nr, size_t size) __attribute__((weak));
void *__real_realloc(void *p, size_t size) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);

/* Allocations since the workload began; those from first on, for nr of them, fail. */
static size_t allocations, first, nr_failing;

static int fails(void)
{
	size_t i = allocations++;

	return i >= first && i - first < nr_failing;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

static int is_wrapped(void)
{
	return __real_malloc && __real_calloc && __real_realloc;
}

/* Failures stop when this returns. */
static void stop_failing(void)
{
	first = SIZE_MAX;
}

#define NR_TASKS 24

static void expect_consistent(struct aggregate *agg, enum scope scope)
{
	struct selection *sel = aggregate__select(agg, scope, weigh_minor, NULL);
	uint64_t v[MT_NR_SLOTS];

	assert_non_null(sel);
	assert_int_equal(selection__rest(sel, 0, v), 0);
	assert_memory_equal(v, aggregate__sums(agg, scope), sizeof(v));
	selection__free(sel);
}

static void take(struct aggregate *agg, uint32_t tid, uint64_t time_ns, uint64_t minor, uint32_t flags)
{
	char comm[MT_COMM_LEN];
	struct mt_task task;
	int err;

	snprintf(comm, sizeof(comm), "c%u", tid % 8);
	task = minor_record((tid & ~1u) + 2, tid + 2, comm, time_ns, minor);
	task.c[ORDER0] = minor;
	task.flags = flags;
	err = aggregate__task(agg, &task);
	assert_true(err == 0 || err == -ENOMEM);
}

static void take_event(struct aggregate *agg, uint32_t tid)
{
	struct mt_reclaim rec = { .hdr = { .id = MT_REC_reclaim, .size = sizeof(rec) }, .duration_ns = 5 };
	struct folds folds = { .reclaim[1].count[1] = tid };

	snprintf(rec.who.comm, sizeof(rec.who.comm), "c%u", tid % 8);
	aggregate__event(agg, &event_rows[MT_REC_reclaim], &rec, NULL);
	aggregate__folds(agg, &folds);
}

static void work(struct aggregate *agg)
{
	struct hist_entry *list;
	uint32_t tid;
	size_t nr;

	for (tid = 0; tid < NR_TASKS; tid++) {
		take(agg, tid, tid, 10, 0);
		take(agg, tid, tid + 1, 200, 0);
		take_event(agg, tid);
		if (tid % 3)
			take(agg, tid, tid + 2, 20000, MT_TASK_FINAL);
		if (tid % 5 == 0)
			aggregate__bury(agg, tid);
		if (tid % 10 == 0)
			aggregate__next_interval(agg);
	}
	selection__free(aggregate__select(agg, SCOPE_TOTAL, weigh_minor, NULL));
	if (!aggregate__histograms(agg, SCOPE_TOTAL, &list, &nr))
		free(list);
}

/* Each task's last record comes when there is memory again. */
static void settle(struct aggregate *agg)
{
	uint64_t sum, lost = aggregate__lost(agg);
	uint32_t tid;

	for (tid = 0; tid < NR_TASKS; tid++)
		take(agg, tid, 1000, 20000, MT_TASK_FINAL);
	sum = aggregate__sums(agg, SCOPE_TOTAL)[MINOR];
	assert_true(sum <= NR_TASKS * 20000);
	if (!lost)
		assert_int_equal(sum, NR_TASKS * 20000);
}

/* Returns how many allocations it took. */
static size_t run(enum group_by by, size_t fail_first, size_t fail_nr)
{
	const struct aggregate_config config = {
		.by = by, .hist_by = BY_COMM, .intervals = true, .keep_dead = true, .max_groups = 5
	};
	struct aggregate *agg;
	size_t used;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	agg = aggregate__new(&config);
	if (!agg) {
		assert_int_equal(errno, ENOMEM);
		used = allocations;
		stop_failing();
		return used;
	}
	work(agg);
	used = allocations;
	stop_failing();
	expect_consistent(agg, SCOPE_TOTAL);
	expect_consistent(agg, SCOPE_INTERVAL);
	settle(agg);
	expect_consistent(agg, SCOPE_TOTAL);
	aggregate__free(agg);
	return used;
}

static void run_all(enum group_by by)
{
	static const size_t lengths[] = { 1, 7, 50 };
	size_t nr, i, l;

	if (!is_wrapped())
		skip();
	nr = run(by, SIZE_MAX, 0);
	for (l = 0; l < 3; l++)
		for (i = 0; i < nr; i++)
			run(by, i, lengths[l]);
}

static void processes_survive(void **state)
{
	(void)state;
	run_all(BY_PROCESS);
}

static void groups_survive(void **state)
{
	(void)state;
	run_all(BY_COMM);
}

static size_t run_series(size_t fail_first, size_t fail_nr)
{
	uint64_t i, sum = 0, round;
	struct series_set *set;
	char name[8];
	size_t used;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	set = series__new(20, 1);
	for (round = 1; set && round <= 3; round++) {
		series__begin(set);
		for (i = 0; i < 30; i++) {
			snprintf(name, sizeof(name), "n%u", (unsigned int)i);
			series__offer(set, name, (double)i, &(uint64_t){ i * round });
		}
		if (round == 3)
			stop_failing();
		series__end(set);
	}
	used = allocations;
	stop_failing();
	for (i = 0; set && i < series__nr(set); i++)
		sum += series__values(set, i)[0];
	assert_true(sum <= 3 * 29 * 30 / 2);
	series__free(set);
	return used;
}

static void series_survive(void **state)
{
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_series(SIZE_MAX, 0);
	for (i = 0; i < nr; i++) {
		run_series(i, 1);
		run_series(i, 9);
	}
}

static void look_up(struct symbols *symbols)
{
	struct maps_access access = { .pids = { (uint32_t)getpid() }, .nr = 1, .facts = symbols__facts(symbols) };
	uint64_t address = (uint64_t)(uintptr_t)look_up;
	struct stack_frame frame;
	struct proc_maps *maps;
	char *text;

	proc_maps__read_with((uint32_t)getpid(), &access, &maps);
	symbols__user(symbols, maps, &address, 1, &frame);
	assert_true(!frame.symbol || !strcmp(frame.symbol, "look_up"));
	text = stack__fold(&frame, 1, NULL, 0);
	free(text);
	proc_maps__free(maps);
}

static size_t run_names(size_t fail_first, size_t fail_nr)
{
	struct symbols *symbols;

	allocations = 0;
	first = fail_first;
	nr_failing = fail_nr;
	symbols = symbols__new("/nonexistent", 1 << 24);
	if (symbols)
		look_up(symbols);
	stop_failing();
	symbols__free(symbols);
	return allocations;
}

static void names_survive(void **state)
{
	size_t nr, i;

	(void)state;
	if (!is_wrapped())
		skip();
	nr = run_names(SIZE_MAX, 0);
	assert_true(nr > 10);
	for (i = 0; i < nr; i++) {
		run_names(i, 1);
		run_names(i, 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_survive),
		cmocka_unit_test(groups_survive),
		cmocka_unit_test(series_survive),
		cmocka_unit_test(names_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
