/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers aggregate__histograms(): buckets at powers of two, labels, groups by
 * comm and cgroup and their maximum, events that belong to no task, lower
 * bounds and unknown values, folded events, histograms made of slots, scopes, order, one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/model/task_refs.h"
#include "records.h"

struct listing {
	struct hist_entry *list;
	size_t nr;
};

static struct aggregate *new_by(enum group_by hist_by)
{
	const struct aggregate_config config = {
		.by = BY_PROCESS, .hist_by = hist_by, .intervals = true, .max_groups = 2
	};
	struct aggregate *agg = aggregate__new(&config);

	assert_non_null(agg);
	return agg;
}

static void take_reclaim(struct aggregate *agg, const char *comm, uint32_t kind, uint64_t duration_ns)
{
	struct mt_reclaim rec = {
		.hdr = { .id = MT_REC_reclaim, .size = sizeof(rec) },
		.who = { .pid = 1, .tid = 1, .cgroup_id = (uint64_t)comm[0] },
		.kind = kind,
		.duration_ns = duration_ns,
	};

	set_comm(rec.who.comm, comm);
	assert_int_equal(aggregate__event(agg, &event_rows[MT_REC_reclaim], &rec, NULL), 0);
}

static void take_kswapd(struct aggregate *agg, int32_t node, uint64_t duration_ns, uint32_t partial)
{
	struct mt_kswapd rec = {
		.hdr = { .id = MT_REC_kswapd, .size = sizeof(rec) },
		.node = node,
		.duration_ns = duration_ns,
		.partial = partial,
		.waker = { .pid = 1, .tid = 1, .comm = "waker" },
	};

	assert_int_equal(aggregate__event(agg, &event_rows[MT_REC_kswapd], &rec, NULL), 0);
}

static struct listing list(struct aggregate *agg, enum scope scope)
{
	struct listing l;

	assert_int_equal(aggregate__histograms(agg, scope, &l.list, &l.nr), 0);
	return l;
}

static void powers_of_two_are_upper_bounds(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;
	unsigned int i;

	(void)state;
	for (i = 1; i < 63; i++) {
		take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 1ULL << i);
		take_reclaim(agg, "a", MT_RECLAIM_DIRECT, (1ULL << i) + 1);
	}
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 0);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	assert_int_equal(l.list[0].counts[0], 1);
	assert_int_equal(l.list[0].counts[1], 1);
	for (i = 2; i < 63; i++)
		assert_int_equal(l.list[0].counts[i], 2);
	assert_int_equal(l.list[0].counts[63], 1);
	assert_int_equal(l.list[0].count, 125);
	free(l.list);
	aggregate__free(agg);
}

static void labels_are_apart_and_in_order(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;

	(void)state;
	take_kswapd(agg, 3, 5, 0);
	take_reclaim(agg, "a", MT_RECLAIM_MEMCG, 7);
	take_reclaim(agg, "b", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "c", MT_RECLAIM_MEMCG, 8);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 3);
	assert_string_equal(l.list[0].row->name, "reclaim_latency");
	assert_int_equal(l.list[0].label, MT_RECLAIM_DIRECT);
	assert_int_equal(l.list[1].label, MT_RECLAIM_MEMCG);
	assert_int_equal(l.list[1].count, 2);
	assert_int_equal(l.list[1].sum, 15);
	assert_string_equal(l.list[2].row->name, "kswapd_session");
	assert_int_equal(l.list[2].label, 3);
	free(l.list);
	aggregate__free(agg);
}

static void absurd_labels_are_one(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;
	uint32_t i;

	(void)state;
	for (i = 0; i < 5000; i++)
		take_reclaim(agg, "a", UINT32_MAX - i * 100000, 1);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	assert_int_equal(l.list[0].label, MT_UNKNOWN_S32);
	assert_int_equal(l.list[0].count, 5000);
	free(l.list);
	aggregate__free(agg);
}

static void groups_are_bounded(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct listing l;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "other", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "c", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "d", MT_RECLAIM_DIRECT, 1);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 3);
	assert_string_equal(l.list[0].comm, "a");
	assert_int_equal(l.list[0].count, 3);
	assert_true(l.list[1].other);
	assert_int_equal(l.list[1].count, 2);
	assert_string_equal(l.list[2].comm, "other");
	assert_false(l.list[2].other);
	free(l.list);
	aggregate__free(agg);
}

static void cgroups_are_groups(void **state)
{
	struct aggregate *agg = new_by(BY_CGROUP);
	struct listing l;

	(void)state;
	take_reclaim(agg, "b", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 1);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 2);
	assert_int_equal(l.list[0].cgroup_id, 'a');
	assert_int_equal(l.list[1].cgroup_id, 'b');
	assert_string_equal(l.list[0].comm, "");
	free(l.list);
	aggregate__free(agg);
}

static void take_thread(struct aggregate *agg, uint32_t pid, uint32_t tid, uint64_t start_ns, const char *tcomm)
{
	struct mt_reclaim rec = { .duration_ns = 1, .who = { .pid = pid, .tid = tid, .start_ns = start_ns } };

	set_comm(rec.who.comm, "process");
	set_comm(rec.who.tcomm, tcomm);
	assert_int_equal(aggregate__event(agg, &event_rows[MT_REC_reclaim], &rec, NULL), 0);
}

/* A pid that is used again is another process; a new name is the same one's. */
static void processes_and_threads_are_groups(void **state)
{
	static const enum group_by kinds[] = { BY_PROCESS, BY_THREAD };
	struct listing l;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const struct aggregate_config config = { .by = BY_COMM, .hist_by = kinds[i], .max_groups = 9 };
		struct aggregate *agg = aggregate__new(&config);
		bool threads = kinds[i] == BY_THREAD;

		assert_non_null(agg);
		take_thread(agg, 5, 5, 1, "first");
		take_thread(agg, 5, 5, 1, "renamed");
		take_thread(agg, 5, 5, 1, "renamed");
		take_thread(agg, 5, 6, 1, "second");
		take_thread(agg, 5, 5, 2, "later");
		l = list(agg, SCOPE_TOTAL);
		assert_int_equal(l.nr, threads ? 3 : 2);
		assert_int_equal(l.list[0].count, threads ? 3 : 4);
		assert_int_equal(l.list[0].pid, 5);
		assert_int_equal(l.list[0].tid, threads ? 5 : 0);
		assert_string_equal(l.list[0].comm, threads ? "renamed" : "process");
		free(l.list);
		aggregate__free(agg);
	}
}

/* Who woke kswapd does not pay for it. */
static void kswapd_belongs_to_no_group(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct listing l;

	(void)state;
	take_kswapd(agg, 0, 5, 0);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	assert_string_equal(l.list[0].comm, "");
	assert_false(l.list[0].other);
	free(l.list);
	aggregate__free(agg);
}

static void bounds_and_unknown_values_count_nowhere(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;

	(void)state;
	take_kswapd(agg, 0, 5, 1);
	take_kswapd(agg, 0, MT_UNKNOWN_U64, 0);
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, MT_UNKNOWN_U64);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 0);
	free(l.list);
	aggregate__free(agg);
}

static void take_folded(struct aggregate *agg, enum mt_reclaim_kind kind, size_t slot, uint64_t count, uint64_t sum)
{
	uint64_t slots[MT_HIST_SLOTS] = { 0 };

	slots[slot] = count;
	assert_int_equal(aggregate__folded(agg, MT_REC_reclaim, kind, 0, slots, sum), 0);
}

static void folded_events_are_nobodys(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct listing l;

	(void)state;
	take_reclaim(agg, "a", MT_RECLAIM_MEMCG, 4);
	take_folded(agg, MT_RECLAIM_MEMCG, 10, 5, 5000);
	aggregate__next_interval(agg);
	take_folded(agg, MT_RECLAIM_MEMCG, 10, 2, 2000);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 2);
	assert_true(l.list[0].other);
	assert_int_equal(l.list[0].label, MT_RECLAIM_MEMCG);
	assert_int_equal(l.list[0].counts[10], 7);
	assert_int_equal(l.list[0].count, 7);
	assert_int_equal(l.list[0].sum, 7000);
	free(l.list);
	l = list(agg, SCOPE_INTERVAL);
	assert_int_equal(l.list[0].count, 5);
	free(l.list);
	aggregate__next_interval(agg);
	l = list(agg, SCOPE_INTERVAL);
	assert_int_equal(l.nr, 1);
	assert_int_equal(l.list[0].count, 2);
	assert_int_equal(l.list[0].sum, 2000);
	free(l.list);
	aggregate__free(agg);
}

static void one_group_takes_folded_events_too(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;

	(void)state;
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 4);
	take_folded(agg, MT_RECLAIM_DIRECT, 3, 5, 40);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	assert_int_equal(l.list[0].count, 6);
	assert_false(l.list[0].other);
	free(l.list);
	aggregate__free(agg);
}

static void take_orders(struct aggregate *agg, const char *comm, uint32_t tid, uint64_t first, uint64_t last)
{
	struct mt_task task = task_record(tid, tid, comm, 1);

	task.c[MT_SLOT_alloc_order0] = first;
	task.c[MT_SLOT_alloc_order10] = last;
	assert_int_equal(aggregate__task(agg, &task), 0);
}

static void slots_are_buckets_of_all(void **state)
{
	struct aggregate *agg = new_by(BY_ALL);
	struct listing l;

	(void)state;
	take_orders(agg, "a", 1, 5, 2);
	take_orders(agg, "b", 2, 1, 0);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	assert_string_equal(l.list[0].row->name, "alloc_order");
	assert_int_equal(l.list[0].counts[0], 6);
	assert_int_equal(l.list[0].counts[10], 2);
	assert_int_equal(l.list[0].count, 8);
	assert_int_equal(l.list[0].sum, 20);
	free(l.list);
	aggregate__free(agg);
}

static void slots_are_buckets_of_groups(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct listing l;

	(void)state;
	take_orders(agg, "a", 1, 5, 2);
	aggregate__next_interval(agg);
	take_orders(agg, "a", 1, 6, 2);
	take_orders(agg, "b", 2, 1, 0);
	take_orders(agg, "c", 3, 1, 0);
	take_orders(agg, "d", 4, 2, 0);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 3);
	assert_string_equal(l.list[0].comm, "a");
	assert_int_equal(l.list[0].counts[0], 6);
	assert_int_equal(l.list[0].counts[10], 2);
	assert_true(l.list[1].other);
	assert_int_equal(l.list[1].counts[0], 3);
	assert_string_equal(l.list[2].comm, "b");
	free(l.list);
	l = list(agg, SCOPE_INTERVAL);
	assert_int_equal(l.nr, 1);
	assert_int_equal(l.list[0].counts[0], 5);
	free(l.list);
	aggregate__next_interval(agg);
	l = list(agg, SCOPE_INTERVAL);
	assert_int_equal(l.nr, 3);
	assert_true(l.list[0].other);
	assert_int_equal(l.list[1].counts[0], 1);
	assert_int_equal(l.list[1].counts[10], 0);
	free(l.list);
	aggregate__free(agg);
}

static void the_interval_must_be_asked_for(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct aggregate *agg = aggregate__new(&config);
	struct listing l;

	(void)state;
	assert_non_null(agg);
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 1);
	aggregate__next_interval(agg);
	assert_int_equal(aggregate__histograms(agg, SCOPE_INTERVAL, &l.list, &l.nr), -EINVAL);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 1);
	free(l.list);
	aggregate__free(agg);
}

static int count_one(void *ctx, const struct hist_entry *entry)
{
	struct listing *all = ctx, left = *all;
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (!memcmp(&all->list[i], entry, sizeof(*entry))) {
			all->list[i] = left.list[--all->nr];
			return 0;
		}
	return -ENOENT;
}

static int refuse(void *ctx, const struct hist_entry *entry)
{
	assert_true(entry->count > 0);
	return --*(int *)ctx ? 0 : -EPERM;
}

/* One by one each comes once, as the list has it; who takes them may stop. */
static void one_by_one_is_what_the_list_has(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct listing l;
	int left;

	(void)state;
	take_orders(agg, "a", 1, 5, 2);
	take_orders(agg, "b", 2, 1, 0);
	take_orders(agg, "c", 3, 1, 0);
	take_reclaim(agg, "a", MT_RECLAIM_DIRECT, 1);
	take_reclaim(agg, "d", MT_RECLAIM_DIRECT, 7);
	take_kswapd(agg, 0, 4, 0);
	l = list(agg, SCOPE_TOTAL);
	assert_int_equal(l.nr, 6);
	assert_int_equal(aggregate__each_histogram(agg, SCOPE_TOTAL, count_one, &l), 0);
	assert_int_equal(l.nr, 0);
	free(l.list);
	for (left = 1; left <= 6; left++) {
		int nr = left;

		assert_int_equal(aggregate__each_histogram(agg, SCOPE_TOTAL, refuse, &nr), -EPERM);
		assert_int_equal(nr, 0);
	}
	assert_int_equal(aggregate__each_histogram(agg, SCOPE_INTERVAL, refuse, &left), 0);
	aggregate__free(agg);
}

/* A record of single events names its task by a reference alone. */
static void referred_tasks(void **state)
{
	struct aggregate *agg = new_by(BY_COMM);
	struct mt_minor rec = { .duration_ns = 1000, .backing = MT_BACKING_FILE, .who.id = 7 };
	struct mt_who_is is = { .ref.id = 7, .who.comm = "known" };
	const struct event_row *row = &event_rows[MT_REC_minor];
	struct task_refs task_refs = { 0 };
	struct hist_entry *entries;
	size_t nr;

	(void)state;
	assert_int_equal(task_refs__learn(&task_refs, &is), 0);
	assert_int_equal(aggregate__event(agg, row, &rec, &task_refs), 0);
	assert_int_equal(aggregate__event(agg, row, &rec, &task_refs), 0);
	rec.who.id = 8;
	assert_int_equal(aggregate__event(agg, row, &rec, &task_refs), 0);
	assert_int_equal(aggregate__event(agg, row, &rec, NULL), 0);
	rec.backing = MT_UNKNOWN_S32;
	assert_int_equal(aggregate__event(agg, row, &rec, NULL), 0);
	assert_int_equal(aggregate__histograms(agg, SCOPE_TOTAL, &entries, &nr), 0);
	assert_int_equal(nr, 5);
	/* by label, then by falling count */
	assert_int_equal(entries[0].label, MT_UNKNOWN_S32);
	assert_true(entries[0].other);
	/* all of one kind */
	assert_true(entries[3].row->by_kind && entries[4].row->by_kind);
	assert_int_equal(entries[3].count + entries[4].count, 5);
	assert_int_equal(entries[1].label, MT_BACKING_FILE);
	assert_int_equal(entries[1].count + entries[2].count, 4);
	assert_int_equal(entries[1].count, 2);
	assert_string_equal(entries[1].other ? entries[2].comm : entries[1].comm, "known");
	free(entries);
	task_refs__free(&task_refs);
	aggregate__free(agg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_of_two_are_upper_bounds),
		cmocka_unit_test(labels_are_apart_and_in_order),
		cmocka_unit_test(absurd_labels_are_one),
		cmocka_unit_test(groups_are_bounded),
		cmocka_unit_test(cgroups_are_groups),
		cmocka_unit_test(processes_and_threads_are_groups),
		cmocka_unit_test(kswapd_belongs_to_no_group),
		cmocka_unit_test(bounds_and_unknown_values_count_nowhere),
		cmocka_unit_test(folded_events_are_nobodys),
		cmocka_unit_test(one_group_takes_folded_events_too),
		cmocka_unit_test(slots_are_buckets_of_all),
		cmocka_unit_test(slots_are_buckets_of_groups),
		cmocka_unit_test(the_interval_must_be_asked_for),
		cmocka_unit_test(one_by_one_is_what_the_list_has),
		cmocka_unit_test(referred_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
