/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers timeline.h: what came is in the order in which it began, each event has the cause that a rule of
 * timeline_rules.def tells (each rule is told at least once), what was not seen has a line, runs stand in one line,
 * gaps are named, the window is bounded and what comes after it says so, what finds no memory is counted.  Records are
 * made up; times are milliseconds.  Needs the linker's --wrap for malloc and reallocarray (see Makefile).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/timeline_impl.h"

#define MS	  1000000ULL
#define MAX_LINES 256
#define HOLD	  3000
#define MEMCG	  3 /* enum oom_constraint */

static const char *const paths[] = { NULL, "/", "/a", "/a/b", "/c", "/ab" };

enum { ROOT = 1, A, A_B, C, AB };

struct made_up {
	struct timeline *timeline;
	struct event_names names;
	struct timeline_entry lines[MAX_LINES];
	size_t nr;
	int refuse; /* what emit() returns */
};

static bool no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_reallocarray(void *p, size_t nr, size_t size);
void *__wrap_reallocarray(void *p, size_t nr, size_t size);

void *__wrap_malloc(size_t size)
{
	return no_memory ? NULL : __real_malloc(size);
}

void *__wrap_reallocarray(void *p, size_t nr, size_t size)
{
	return no_memory ? NULL : __real_reallocarray(p, nr, size);
}

static bool told[64]; /* by a rule's place in its table */

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id < sizeof(paths) / sizeof(*paths) ? paths[id] : NULL;
}

/* A rule that stands in the table twice counts as told at both places. */
static void mark_told(const struct timeline_rule *rule)
{
	const struct timeline_rule_row *row;

	for (row = timeline_rules; row->rule.name; row++)
		if (strcmp(row->rule.name, rule->name) == 0 && row->rule.cause == rule->cause &&
		    row->rule.effect == rule->effect && row->near == ((const struct timeline_rule_row *)rule)->near)
			told[row - timeline_rules] = true;
}

static int keep(void *ctx, const struct timeline_entry *entry)
{
	struct made_up *m = ctx;

	assert_in_range(m->nr, 0, MAX_LINES - 1);
	m->lines[m->nr++] = *entry;
	if (entry->rule)
		mark_told(entry->rule);
	return m->refuse;
}

static struct made_up *begin(void **state, size_t max, bool has_reclaim)
{
	struct made_up *m = *state;
	const struct timeline_config config = {
		.names = &m->names,
		.page_size = 4096,
		.has_reclaim = has_reclaim,
		.hold_ns = HOLD * MS,
		.max = max,
		.emit = keep,
		.ctx = m,
	};

	m->names.cgroup = name_cgroup;
	timeline__free(m->timeline);
	m->timeline = timeline__new(&config);
	assert_non_null(m->timeline);
	m->nr = 0;
	return m;
}

static int make_up(void **state)
{
	*state = calloc(1, sizeof(struct made_up));
	return *state ? 0 : -1;
}

static int forget(void **state)
{
	struct made_up *m = *state;

	timeline__free(m->timeline);
	free(m);
	return 0;
}

static struct mt_who task(uint32_t tid)
{
	struct mt_who who = { .pid = tid, .tid = tid, .start_ns = tid, .cgroup_id = A_B };

	snprintf(who.comm, sizeof(who.comm), "task%u", tid);
	memcpy(who.tcomm, who.comm, sizeof(who.tcomm));
	return who;
}

static struct mt_reclaim reclaim(enum mt_reclaim_kind kind, uint32_t tid, uint64_t start, uint64_t ms)
{
	return (struct mt_reclaim){
		.hdr = { .id = MT_REC_reclaim, .time_ns = (start + ms) * MS },
		.who = task(tid),
		.start_ns = start * MS,
		.duration_ns = ms * MS,
		.reclaimed_pages = 32,
		.kind = kind,
	};
}

static void give(struct made_up *m, enum mt_rec_id id, const void *record)
{
	assert_int_equal(timeline__event(m->timeline, &event_rows[id], record), 0);
}

static void direct(struct made_up *m, uint32_t tid, uint64_t start, uint64_t ms, uint64_t pages)
{
	struct mt_reclaim record = reclaim(MT_RECLAIM_DIRECT, tid, start, ms);

	record.reclaimed_pages = pages;
	give(m, MT_REC_reclaim, &record);
}

static void memcg(struct made_up *m, uint32_t tid, uint64_t start, uint64_t ms, uint64_t pages, uint64_t target)
{
	struct mt_reclaim record = reclaim(MT_RECLAIM_MEMCG, tid, start, ms);

	record.reclaimed_pages = pages;
	record.target_cgroup_id = target;
	give(m, MT_REC_reclaim, &record);
}

static void other_reclaim(struct made_up *m, enum mt_reclaim_kind kind, uint32_t tid, uint64_t start, uint64_t ms)
{
	struct mt_reclaim record = reclaim(kind, tid, start, ms);

	give(m, MT_REC_reclaim, &record);
}

/* waker 0: none was seen. */
static void kswapd(struct made_up *m, int32_t node, uint32_t waker, uint64_t start, uint64_t ms)
{
	struct mt_kswapd record = {
		.hdr = { .id = MT_REC_kswapd, .time_ns = (start + ms) * MS },
		.start_ns = start * MS,
		.duration_ns = ms * MS,
		.scanned_pages = 1000,
		.reclaimed_pages = 100,
		.node = node,
		.waker_order = waker ? 0 : MT_UNKNOWN_S32,
	};

	if (waker)
		record.waker = task(waker);
	give(m, MT_REC_kswapd, &record);
}

static void stall(struct made_up *m, enum mt_stall_cause cause, const char *function, uint32_t tid, uint64_t start,
		  uint64_t ms)
{
	struct mt_stall record = {
		.hdr = { .id = MT_REC_stall, .time_ns = (start + ms) * MS },
		.who = task(tid),
		.start_ns = start * MS,
		.duration_ns = ms * MS,
		.cause = cause,
	};

	snprintf(record.function, sizeof(record.function), "%s", function);
	give(m, MT_REC_stall, &record);
}

static void kill_for(struct made_up *m, uint32_t tid, uint64_t at, int32_t constraint, uint64_t limit, int32_t order)
{
	struct mt_oom record = {
		.hdr = { .id = MT_REC_oom, .time_ns = at * MS },
		.victim = task(1000),
		.trigger = task(tid),
		.constraint = constraint,
		.limit_cgroup_id = limit,
		.order = order,
	};

	give(m, MT_REC_oom, &record);
}

static void end(struct made_up *m)
{
	assert_int_equal(timeline__finish(m->timeline), 0);
}

static const struct timeline_entry *line(const struct made_up *m, size_t at, enum timeline_kind kind, uint64_t ms)
{
	assert_in_range(at, 0, m->nr - 1);
	assert_string_equal(timeline_kind_names[m->lines[at].kind], timeline_kind_names[kind]);
	assert_int_equal(m->lines[at].place, ms * MS);
	return &m->lines[at];
}

/* The line has that other one as its cause, by that rule. */
static void caused(const struct made_up *m, size_t effect, size_t cause, const char *rule)
{
	assert_int_equal(m->lines[effect].cause, m->lines[cause].id);
	assert_non_null(m->lines[effect].rule);
	assert_string_equal(m->lines[effect].rule->name, rule);
	assert_int_equal(m->lines[effect].rule->cause, m->lines[cause].kind);
}

static void uncaused(const struct made_up *m, size_t at)
{
	assert_int_equal(m->lines[at].cause, 0);
	assert_null(m->lines[at].rule);
	assert_int_equal(m->lines[at].depth, 0);
}

/* They come as they end. */
static void events_are_in_the_order_of_their_begins(void **state)
{
	struct made_up *m = begin(state, 100, true);

	stall(m, MT_STALL_OTHER, "f", 1, 500, 10);
	stall(m, MT_STALL_OTHER, "f", 2, 400, 200);
	stall(m, MT_STALL_OTHER, "f", 3, 100, 2000);
	assert_int_equal(m->nr, 0);
	end(m);
	assert_int_equal(m->nr, 3);
	assert_int_equal(line(m, 0, TIMELINE_stall, 100)->duration_ns, 2000 * MS);
	line(m, 1, TIMELINE_stall, 400);
	line(m, 2, TIMELINE_stall, 500);
	assert_false(m->lines[0].late || m->lines[1].late || m->lines[2].late);
}

static void what_waited_long_enough_is_told_before_the_end(void **state)
{
	struct made_up *m = begin(state, 100, true);
	const uint64_t waits = HOLD + TIMELINE_RUN_NS / MS;

	stall(m, MT_STALL_OTHER, "f", 1, 100, 10);
	stall(m, MT_STALL_OTHER, "f", 2, 90 + waits, 9);
	assert_int_equal(m->nr, 0);
	stall(m, MT_STALL_OTHER, "f", 2, 99 + waits, 1);
	assert_int_equal(m->nr, 1);
	line(m, 0, TIMELINE_stall, 100);
}

static void what_took_longer_than_the_window_is_told_late(void **state)
{
	struct made_up *m = begin(state, 100, true);

	stall(m, MT_STALL_OTHER, "f", 1, 5000, 10);
	stall(m, MT_STALL_OTHER, "f", 2, 20000, 10);
	assert_int_equal(m->nr, 1);
	stall(m, MT_STALL_OTHER, "f", 3, 100, 20000);
	end(m);
	assert_int_equal(m->nr, 3);
	assert_true(line(m, 1, TIMELINE_stall, 100)->late);
	assert_false(line(m, 2, TIMELINE_stall, 20000)->late);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_stall)->late, 1);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_stall)->lines, 3);
}

/* Each task is another one, so that nothing folds. */
static void the_window_is_bounded(void **state)
{
	struct made_up *m = begin(state, 10, true);
	uint32_t i;

	for (i = 0; i < 100; i++)
		stall(m, MT_STALL_OTHER, "f", 1 + i, 100 + i, 1);
	assert_int_equal(m->nr, 100 - 10 - 10);
	end(m);
	assert_int_equal(m->nr, 100);
	for (i = 0; i < 100; i++)
		line(m, i, TIMELINE_stall, 100 + i);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_stall)->events, 100);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_stall)->left_out, 0);
}

static void kswapd_is_woken_as_memory_is_low(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 500);
	end(m);
	assert_int_equal(m->nr, 3);
	assert_false(line(m, 0, TIMELINE_low, 1000)->seen);
	uncaused(m, 0);
	assert_int_equal(line(m, 1, TIMELINE_wake, 1000)->who.tid, 7);
	caused(m, 1, 0, "below_low");
	assert_int_equal(m->lines[1].depth, 1);
	assert_int_equal(line(m, 2, TIMELINE_kswapd, 1000)->duration_ns, 500 * MS);
	caused(m, 2, 1, "woken");
	assert_int_equal(m->lines[2].depth, 2);
	assert_true(m->lines[1].seen && m->lines[2].seen);
}

static void who_woke_kswapd_may_be_unseen(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 0, 1000, 500);
	end(m);
	assert_false(line(m, 1, TIMELINE_wake, 1000)->seen);
	assert_int_equal(m->lines[1].who.tid, 0);
	assert_true(line(m, 2, TIMELINE_kswapd, 1000)->seen);
}

/* A session that was under way was not woken in the run. */
static void a_session_under_way_has_no_wake_up(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_kswapd record = { .hdr.time_ns = 900 * MS,
				    .start_ns = 100 * MS,
				    .duration_ns = 800 * MS,
				    .partial = 1,
				    .waker_order = MT_UNKNOWN_S32 };

	give(m, MT_REC_kswapd, &record);
	end(m);
	assert_int_equal(m->nr, 1);
	assert_true(line(m, 0, TIMELINE_kswapd, 100)->partial);
	uncaused(m, 0);
}

static void nodes_are_kept_apart(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 500);
	kswapd(m, 1, 8, 1100, 100);
	end(m);
	assert_int_equal(m->nr, 5);
	caused(m, 2, 1, "woken");
	line(m, 3, TIMELINE_wake, 1100);
	line(m, 4, TIMELINE_kswapd, 1100);
	caused(m, 4, 3, "woken");
	assert_int_equal(m->lines[4].node, 1);
	assert_int_equal(m->lines[3].cause, m->lines[0].id);
}

static void a_task_reclaims_as_kswapd_is_behind(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 500);
	direct(m, 8, 1100, 10, 32);
	end(m);
	line(m, 3, TIMELINE_direct, 1100);
	caused(m, 3, 2, "kswapd_behind");
	assert_int_equal(m->lines[3].depth, 3);
}

/* A short session on another node does not hide the one that still runs. */
static void the_session_that_lasts_is_the_cause(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 900);
	kswapd(m, 1, 7, 1100, 10);
	direct(m, 8, 1800, 10, 32);
	end(m);
	line(m, 2, TIMELINE_kswapd, 1000);
	line(m, 5, TIMELINE_direct, 1800);
	caused(m, 5, 2, "kswapd_behind");
}

static void a_session_long_ago_is_no_cause(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 500);
	direct(m, 8, 1601, 10, 32);
	end(m);
	assert_int_equal(m->nr, 5);
	assert_false(line(m, 3, TIMELINE_min, 1601)->seen);
	caused(m, 4, 3, "below_min");
}

/* The state lasts as long as it has effects: two seconds after the last one. */
static void an_unseen_state_has_one_line(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1000, 10, 32);
	direct(m, 2, 2900, 10, 32);
	direct(m, 3, 4900, 10, 32);
	direct(m, 4, 6911, 10, 32);
	end(m);
	assert_int_equal(m->nr, 6);
	line(m, 0, TIMELINE_min, 1000);
	caused(m, 1, 0, "below_min");
	caused(m, 2, 0, "below_min");
	caused(m, 3, 0, "below_min");
	line(m, 4, TIMELINE_min, 6911);
	caused(m, 5, 4, "below_min");
}

static void fruitless_reclaim_is_tried_again(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1000, 10, 0);
	direct(m, 1, 1020, 10, 5);
	direct(m, 1, 1040, 10, 5);
	memcg(m, 2, 2000, 10, 0, A);
	memcg(m, 2, 2020, 10, 5, A);
	memcg(m, 2, 2040, 10, 5, A);
	end(m);
	caused(m, 2, 1, "retried");
	assert_int_equal(m->lines[2].depth, m->lines[1].depth);
	caused(m, 3, 0, "below_min");
	caused(m, 6, 5, "retried");
	caused(m, 7, 4, "at_limit");
}

static void another_request_is_no_retry(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record = reclaim(MT_RECLAIM_DIRECT, 1, 1020, 10);

	direct(m, 1, 1000, 10, 0);
	record.order = 3;
	give(m, MT_REC_reclaim, &record);
	memcg(m, 2, 2000, 10, 0, A);
	memcg(m, 2, 2020, 10, 0, C);
	end(m);
	caused(m, 2, 0, "below_min");
	line(m, 5, TIMELINE_limit, 2020);
	caused(m, 6, 5, "at_limit");
}

static void a_task_reclaims_inside_a_wait(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1010, 10, 32);
	stall(m, MT_STALL_SWAPIN, "do_swap_page", 1, 1000, 100);
	memcg(m, 2, 2010, 10, 32, A);
	stall(m, MT_STALL_SWAPIN, "do_swap_page", 2, 2000, 100);
	direct(m, 3, 3010, 10, 32);
	stall(m, MT_STALL_REFAULT, "f", 3, 3000, 100);
	memcg(m, 4, 4010, 10, 32, A);
	stall(m, MT_STALL_REFAULT, "f", 4, 4000, 100);
	end(m);
	assert_int_equal(m->nr, 8);
	line(m, 0, TIMELINE_swapin, 1000);
	line(m, 4, TIMELINE_refault, 3000);
	caused(m, 1, 0, "waited_in");
	caused(m, 3, 2, "waited_in");
	caused(m, 5, 4, "waited_in");
	caused(m, 7, 6, "waited_in");
}

static void after_a_wait_is_not_inside_it(void **state)
{
	struct made_up *m = begin(state, 100, true);

	stall(m, MT_STALL_SWAPIN, "do_swap_page", 1, 1000, 100);
	direct(m, 1, 1101, 10, 32);
	stall(m, MT_STALL_SWAPIN, "do_swap_page", 2, 2000, 100);
	direct(m, 3, 2050, 10, 32);
	end(m);
	caused(m, 2, 1, "below_min");
	caused(m, 4, 1, "below_min");
}

static void compaction_and_reclaim_take_turns(void **state)
{
	struct made_up *m = begin(state, 100, true);

	stall(m, MT_STALL_COMPACT, "f", 1, 1000, 20);
	direct(m, 1, 1021, 10, 32);
	stall(m, MT_STALL_COMPACT, "f", 1, 1032, 20);
	end(m);
	assert_int_equal(m->nr, 3);
	uncaused(m, 0);
	caused(m, 1, 0, "compacted_first");
	caused(m, 2, 1, "after_reclaim");
	assert_int_equal(m->lines[2].depth, 2);
}

static void a_task_compacts_as_kswapd_is_behind(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kswapd(m, 0, 7, 1000, 500);
	stall(m, MT_STALL_COMPACT, "f", 1, 1100, 20);
	end(m);
	caused(m, 3, 2, "kswapd_behind");
}

static void soft_limit_reclaim_is_inside_of_direct(void **state)
{
	struct made_up *m = begin(state, 100, true);

	other_reclaim(m, MT_RECLAIM_SOFTLIMIT, 1, 1010, 5);
	direct(m, 1, 1000, 50, 32);
	other_reclaim(m, MT_RECLAIM_NODE, 2, 2000, 5);
	end(m);
	line(m, 2, TIMELINE_softlimit, 1010);
	caused(m, 2, 1, "soft_limit_first");
	line(m, 3, TIMELINE_node, 2000);
	uncaused(m, 3);
}

/* A part of the episode, and no more than all of it. */
static void sleeps_in_reclaim_are_part_of_it(void **state)
{
	static const enum timeline_kind kinds[] = { TIMELINE_direct, TIMELINE_memcg, TIMELINE_softlimit,
						    TIMELINE_node };
	static const uint64_t none[] = { 0, MT_UNKNOWN_U64, 51 * MS };
	struct mt_reclaim record;
	struct made_up *m;
	uint32_t kind, i;

	for (kind = 0; kind < MT_NR_RECLAIM_KINDS; kind++) {
		m = begin(state, 100, true);
		record = reclaim(kind, 1, 1000, 50);
		record.throttled_ns = 50 * MS;
		give(m, MT_REC_reclaim, &record);
		end(m);
		line(m, m->nr - 2, kinds[kind], 1000);
		assert_int_equal(line(m, m->nr - 1, TIMELINE_throttled, 1000)->duration_ns, 50 * MS);
		caused(m, m->nr - 1, m->nr - 2, "part_of");
	}
	for (i = 0; i < 3; i++) {
		m = begin(state, 100, true);
		record = reclaim(MT_RECLAIM_NODE, 1, 1000, 50);
		record.throttled_ns = none[i];
		give(m, MT_REC_reclaim, &record);
		end(m);
		assert_int_equal(m->nr, 1);
	}
}

static void a_limit_that_was_not_seen_has_a_line(void **state)
{
	struct made_up *m = begin(state, 100, true);

	memcg(m, 1, 1000, 10, 32, A);
	memcg(m, 2, 1020, 10, 32, C);
	end(m);
	assert_int_equal(m->nr, 4);
	assert_int_equal(line(m, 0, TIMELINE_limit, 1000)->cgroup_id, A);
	assert_false(m->lines[0].seen || m->lines[0].above);
	caused(m, 1, 0, "at_limit");
	assert_int_equal(line(m, 2, TIMELINE_limit, 1020)->cgroup_id, C);
	caused(m, 3, 2, "at_limit");
}

/* A high order is missed although much may be free. */
static void a_watermark_may_be_missed_for_the_order(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record = reclaim(MT_RECLAIM_DIRECT, 1, 1000, 10);

	record.order = 7;
	give(m, MT_REC_reclaim, &record);
	record = reclaim(MT_RECLAIM_MEMCG, 2, 1020, 10);
	record.order = 7;
	give(m, MT_REC_reclaim, &record);
	end(m);
	assert_int_equal(line(m, 0, TIMELINE_min, 1000)->order, 7);
	assert_int_equal(line(m, 2, TIMELINE_limit, 1020)->order, MT_UNKNOWN_S32);
	m = begin(state, 100, true);
	direct(m, 1, 1000, 10, 32);
	end(m);
	assert_int_equal(line(m, 0, TIMELINE_min, 1000)->order, MT_UNKNOWN_S32);
}

/* The kernel does not tell whose limit it was: the task's cgroup's, or one above it. */
static void a_limit_may_be_of_a_cgroup_above(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record = reclaim(MT_RECLAIM_MEMCG, 3, 3000, 10);

	memcg(m, 1, 1000, 10, 32, 0);
	memcg(m, 2, 1020, 10, 32, 0);
	record.who.cgroup_id = 0;
	give(m, MT_REC_reclaim, &record);
	end(m);
	assert_int_equal(m->nr, 4);
	assert_int_equal(line(m, 0, TIMELINE_limit, 1000)->cgroup_id, A_B);
	assert_true(m->lines[0].above);
	caused(m, 1, 0, "at_limit");
	caused(m, 2, 0, "at_limit");
	uncaused(m, 3);
}

static void memory_high_reclaims_and_then_the_task_sleeps(void **state)
{
	struct made_up *m = begin(state, 100, true);

	memcg(m, 1, 1010, 20, 0, A_B);
	stall(m, MT_STALL_HIGH, "reclaim_high", 1, 1000, 40);
	stall(m, MT_STALL_HIGH, "__mem_cgroup_handle_over_high", 1, 1050, 500);
	memcg(m, 2, 3000, 20, 0, A);
	stall(m, MT_STALL_HIGH, "mem_cgroup_handle_over_high", 2, 3050, 500);
	stall(m, MT_STALL_HIGH, "mem_cgroup_handle_over_high", 3, 6000, 500);
	stall(m, MT_STALL_HIGH, "mem_cgroup_handle_over_high", 3, 6600, 500);
	end(m);
	assert_int_equal(line(m, 0, TIMELINE_above_high, 1000)->cgroup_id, A_B);
	line(m, 1, TIMELINE_high, 1000);
	caused(m, 1, 0, "over_high");
	line(m, 2, TIMELINE_memcg, 1010);
	caused(m, 2, 1, "high_reclaims");
	line(m, 3, TIMELINE_penalty, 1050);
	caused(m, 3, 1, "still_over_high");
	line(m, 6, TIMELINE_penalty, 3050);
	caused(m, 6, 5, "still_over_high");
	line(m, 7, TIMELINE_above_high, 6000);
	line(m, 8, TIMELINE_penalty, 6000);
	caused(m, 8, 7, "over_high");
	caused(m, 9, 8, "still_over_high");
	assert_int_equal(m->lines[9].depth, m->lines[8].depth);
}

static void a_kill_is_for_the_limit_that_was_reclaimed_for(void **state)
{
	struct made_up *m = begin(state, 100, true);

	memcg(m, 1, 1000, 10, 0, A);
	kill_for(m, 1, 1011, MEMCG, A, 0);
	kill_for(m, 2, 1015, MEMCG, A, 0);
	kill_for(m, 1, 1020, MEMCG, C, 0);
	end(m);
	assert_int_equal(m->nr, 6);
	line(m, 2, TIMELINE_memcg_kill, 1011);
	caused(m, 2, 1, "found_nothing");
	caused(m, 3, 1, "found_nothing");
	assert_ptr_not_equal(m->lines[2].rule, m->lines[3].rule);
	assert_false(line(m, 4, TIMELINE_limit, 1020)->seen);
	caused(m, 5, 4, "at_limit");
	assert_int_equal(m->lines[5].victim.pid, 1000);
}

/* A task sleeps for the limit of a cgroup above its own; /ab is not below /a. */
static void a_task_is_slowed_down_for_a_cgroup_above(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_stall record = { .hdr.time_ns = 1040 * MS,
				   .who = task(1),
				   .start_ns = 1000 * MS,
				   .duration_ns = 40 * MS,
				   .cause = MT_STALL_HIGH,
				   .target_cgroup_id = A,
				   .function = "reclaim_high" };

	give(m, MT_REC_stall, &record);
	stall(m, MT_STALL_HIGH, "mem_cgroup_handle_over_high", 2, 1100, 20);
	record = (struct mt_stall){ .hdr.time_ns = 1240 * MS,
				    .who = task(3),
				    .start_ns = 1200 * MS,
				    .duration_ns = 40 * MS,
				    .cause = MT_STALL_HIGH,
				    .function = "reclaim_high" };
	record.who.cgroup_id = AB;
	give(m, MT_REC_stall, &record);
	end(m);
	assert_int_equal(line(m, 0, TIMELINE_above_high, 1000)->cgroup_id, A);
	line(m, 2, TIMELINE_penalty, 1100);
	caused(m, 2, 0, "over_high");
	assert_int_equal(line(m, 3, TIMELINE_above_high, 1200)->cgroup_id, AB);
	caused(m, 4, 3, "over_high");
}

/* What is told late may have begun before all that is remembered. */
static void a_cause_did_not_begin_later(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 5000, 10, 0);
	direct(m, 2, 20000, 10, 32);
	direct(m, 1, 100, 20000, 32);
	end(m);
	assert_true(line(m, 3, TIMELINE_direct, 100)->late);
	assert_int_equal(line(m, 2, TIMELINE_min, 100)->id, m->lines[3].cause);
}

/* /ab is not below /a, but /a/b is. */
static void a_cgroup_above_is_a_cause_another_one_is_not(void **state)
{
	struct made_up *m = begin(state, 100, true);

	memcg(m, 1, 1000, 10, 0, A);
	kill_for(m, 2, 1015, MEMCG, AB, 0);
	end(m);
	line(m, 2, TIMELINE_limit, 1015);
	caused(m, 3, 2, "at_limit");
}

static void a_kill_of_the_machine_has_its_causes(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1000, 10, 0);
	kill_for(m, 1, 1012, 0, 0, 0);
	kill_for(m, 2, 1014, 0, 0, 0);
	stall(m, MT_STALL_COMPACT, "f", 3, 4000, 10);
	kill_for(m, 3, 4012, 0, 0, 3);
	kill_for(m, 4, 9000, 0, 0, 0);
	end(m);
	assert_int_equal(m->nr, 8);
	caused(m, 2, 1, "found_nothing");
	caused(m, 3, 1, "found_nothing");
	assert_ptr_not_equal(m->lines[2].rule, m->lines[3].rule);
	caused(m, 5, 4, "found_nothing");
	assert_false(line(m, 6, TIMELINE_min, 9000)->seen);
	caused(m, 7, 6, "below_min");
}

/* Sysrq-f: nothing was short. */
static void a_kill_that_was_asked_for_has_no_cause(void **state)
{
	struct made_up *m = begin(state, 100, true);

	kill_for(m, 4, 1000, 0, 0, -1);
	end(m);
	assert_int_equal(m->nr, 1);
	uncaused(m, 0);
}

static void a_kill_without_details_is_for_what_its_task_reclaimed_for(void **state)
{
	struct made_up *m = begin(state, 100, true);

	memcg(m, 1, 1000, 10, 0, 0);
	kill_for(m, 1, 1012, MT_UNKNOWN_S32, 0, MT_UNKNOWN_S32);
	memcg(m, 2, 2000, 10, 0, 0);
	kill_for(m, 2, 2012, 0, 0, 0);
	end(m);
	line(m, 2, TIMELINE_kill, 1012);
	caused(m, 2, 1, "found_nothing");
	line(m, 5, TIMELINE_kill, 2012);
	caused(m, 5, 4, "below_min");
}

static void a_gap_before_a_kill_is_named(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1000, 10, 32);
	stall(m, MT_STALL_OTHER, "f", 2, 1200, 1);
	kill_for(m, 1, 1305, 0, 0, 0);
	end(m);
	assert_int_equal(m->nr, 5);
	assert_int_equal(line(m, 2, TIMELINE_gap, 1010)->duration_ns, 295 * MS);
	assert_int_equal(m->lines[2].who.tid, 1);
	assert_int_equal(m->lines[2].cause, m->lines[1].id);
	line(m, 3, TIMELINE_stall, 1200);
	caused(m, 4, 1, "found_nothing");
}

/* Up to the newest event of the task, of whichever kind; what is short is none. */
static void a_gap_ends_at_the_tasks_last_event(void **state)
{
	struct made_up *m = begin(state, 100, true);

	direct(m, 1, 1000, 10, 32);
	stall(m, MT_STALL_OTHER, "f", 1, 1200, 6);
	kill_for(m, 1, 1305, 0, 0, 0);
	end(m);
	assert_int_equal(m->nr, 4);
	line(m, 2, TIMELINE_stall, 1200);
	line(m, 3, TIMELINE_kill, 1305);
}

static void a_run_stands_in_one_line(void **state)
{
	struct made_up *m = begin(state, 100, true);
	uint64_t i;

	for (i = 0; i < 10; i++)
		memcg(m, 1, 1000 + 10 * i, 5, 32, A);
	memcg(m, 2, 1003, 5, 32, A);
	end(m);
	assert_int_equal(m->nr, 6);
	line(m, 1, TIMELINE_memcg, 1000);
	assert_int_equal(line(m, 2, TIMELINE_memcg, 1003)->who.tid, 2);
	line(m, 3, TIMELINE_memcg, 1010);
	line(m, 4, TIMELINE_memcg, 1020);
	assert_int_equal(line(m, 5, TIMELINE_memcg, 1030)->events, 7);
	assert_int_equal(m->lines[5].duration_ns, 35 * MS);
	assert_int_equal(m->lines[5].end_ns, 1095 * MS);
	assert_int_equal(m->lines[5].reclaimed_pages, 7 * 32);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_memcg)->events, 11);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_memcg)->lines, 5);
}

/* What it causes must not stand above it. */
static void what_comes_late_is_in_no_line_that_began_after_it(void **state)
{
	struct made_up *m = begin(state, 100, true);
	uint64_t i;

	for (i = 0; i < 6; i++)
		memcg(m, 1, 5000 + 10 * i, 5, 0, A);
	stall(m, MT_STALL_OTHER, "f", 2, 8200, 1);
	assert_int_equal(m->nr, 0);
	memcg(m, 1, 1000, 7300, 0, A);
	end(m);
	assert_int_equal(line(m, 1, TIMELINE_memcg, 1000)->events, 1);
	assert_int_equal(line(m, 6, TIMELINE_memcg, 5030)->events, 3);
}

/* A process's threads have one run, whose thread is then unknown. */
static void threads_have_a_run_together(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record;
	uint64_t i;

	for (i = 0; i < 6; i++) {
		record = reclaim(MT_RECLAIM_DIRECT, 1, 1000 + 10 * i, 5);
		record.who.tid = 1 + (uint32_t)i;
		give(m, MT_REC_reclaim, &record);
	}
	end(m);
	assert_int_equal(m->nr, 5);
	assert_int_equal(m->lines[4].events, 3);
	assert_int_equal(m->lines[4].who.pid, 1);
	assert_int_equal(m->lines[4].who.tid, 0);
	assert_int_equal(m->lines[4].who.tcomm[0], '\0');
	assert_int_equal(m->lines[3].who.tid, 3);
}

static void runs_for_two_cgroups_are_two(void **state)
{
	struct made_up *m = begin(state, 100, true);
	uint64_t i;

	for (i = 0; i < 12; i++)
		memcg(m, 1, 1000 + 10 * i, 5, 32, i % 2 ? A : C);
	end(m);
	assert_int_equal(m->nr, 2 + 2 * 4);
	assert_int_equal(line(m, 8, TIMELINE_memcg, 1060)->events, 3);
	assert_int_equal(m->lines[8].cgroup_id, C);
	assert_int_equal(line(m, 9, TIMELINE_memcg, 1070)->events, 3);
	assert_int_equal(m->lines[9].cgroup_id, A);
}

/* What is caused by one of them is caused by their line. */
static void a_run_causes_what_its_last_one_caused(void **state)
{
	struct made_up *m = begin(state, 100, true);
	uint64_t i;

	for (i = 0; i < 10; i++)
		memcg(m, 1, 1000 + 10 * i, 5, 0, A);
	kill_for(m, 1, 1100, MEMCG, A, 0);
	end(m);
	assert_int_equal(m->nr, 6);
	caused(m, 5, 4, "found_nothing");
	assert_int_equal(m->lines[4].events, 7);
}

static void a_run_ends_after_a_pause_or_when_its_line_is_out(void **state)
{
	struct made_up *m = begin(state, 100, true);
	uint64_t i;

	for (i = 0; i < 8; i++)
		memcg(m, 1, 1000 + 10 * i, 5, 32, A);
	memcg(m, 1, 1075 + TIMELINE_RUN_NS / MS + 1, 5, 32, A);
	for (i = 0; i < 100; i++)
		memcg(m, 2, 10000 + 100 * i, 5, 32, C);
	end(m);
	assert_int_equal(line(m, 4, TIMELINE_memcg, 1030)->events, 5);
	line(m, 5, TIMELINE_limit, 3076);
	assert_int_equal(line(m, 6, TIMELINE_memcg, 3076)->events, 1);
	/* a line stands for what came while it waited */
	assert_int_equal(line(m, 11, TIMELINE_memcg, 10300)->events, 21);
	assert_int_equal(line(m, 12, TIMELINE_memcg, 12400)->events, 21);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_memcg)->events, 109);
}

/* Where reclaim has no records of its own, its stalls stand for it; else they would be there twice. */
static void stalls_stand_for_reclaim_that_is_not_traced(void **state)
{
	struct made_up *m = begin(state, 100, false);

	stall(m, MT_STALL_MEMCG, "try_charge_memcg", 1, 1000, 50);
	stall(m, MT_STALL_DIRECT, "f", 2, 1100, 50);
	end(m);
	line(m, 1, TIMELINE_memcg, 1000);
	line(m, 3, TIMELINE_direct, 1100);
	assert_int_equal(m->lines[1].reclaimed_pages, MT_UNKNOWN_U64);
	m = begin(state, 100, true);
	stall(m, MT_STALL_MEMCG, "try_charge_memcg", 1, 1000, 50);
	stall(m, MT_STALL_DIRECT, "f", 2, 1100, 50);
	end(m);
	assert_int_equal(m->nr, 0);
}

static void other_events_and_odd_ones_have_no_line(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record = reclaim(MT_NR_RECLAIM_KINDS, 1, 1000, 10);
	struct mt_fault fault = { .hdr.time_ns = 1 };
	struct mt_stall odd = { .cause = MT_NR_STALL_CAUSES };

	give(m, MT_REC_reclaim, &record);
	give(m, MT_REC_fault, &fault);
	give(m, MT_REC_stall, &odd);
	end(m);
	assert_int_equal(m->nr, 0);
}

/* A recording may have any numbers. */
static void times_that_wrap_are_no_harm(void **state)
{
	struct made_up *m = begin(state, 100, true);
	struct mt_reclaim record = reclaim(MT_RECLAIM_DIRECT, 1, 1000, 10);

	record.duration_ns = UINT64_MAX;
	give(m, MT_REC_reclaim, &record);
	record.start_ns = UINT64_MAX;
	give(m, MT_REC_reclaim, &record);
	direct(m, 2, 1000, 10, 32);
	end(m);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_direct)->lines, 3);
	while (m->nr--)
		assert_in_range(m->lines[m->nr].end_ns, m->lines[m->nr].start_ns, UINT64_MAX);
}

/* Also of a cause that would have had a line. */
static void what_finds_no_memory_is_counted(void **state)
{
	struct made_up *m = begin(state, 100, true);

	no_memory = true;
	direct(m, 1, 1000, 10, 32);
	no_memory = false;
	direct(m, 2, 1020, 10, 32);
	no_memory = true;
	end(m);
	no_memory = false;
	assert_int_equal(m->nr, 0);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_direct)->events, 2);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_direct)->left_out, 2);
	assert_int_equal(timeline__count(m->timeline, TIMELINE_min)->left_out, 1);
	direct(m, 3, 1040, 10, 32);
	end(m);
	assert_int_equal(m->nr, 2);
	line(m, 1, TIMELINE_direct, 1040);
}

static void an_error_of_the_output_stops(void **state)
{
	struct made_up *m = begin(state, 100, true);

	m->refuse = -32;
	direct(m, 1, 1000, 10, 32);
	direct(m, 2, 1000, 10, 32);
	assert_int_equal(timeline__finish(m->timeline), -32);
	assert_int_equal(m->nr, 1);
	m->refuse = 0;
}

static void each_rule_was_told(void **state)
{
	const struct timeline_rule_row *row;
	size_t missing = 0;

	(void)state;
	for (row = timeline_rules; row->rule.name; row++) {
		/* samples tell it: test_timeline_states.c */
		if (row->rule.effect == TIMELINE_dirty ||
		    (row->rule.cause == TIMELINE_above_high && row->rule.effect == TIMELINE_memcg))
			continue;
		if (!told[row - timeline_rules])
			print_error("%s: %s for %s was never told\n", row->rule.name,
				    timeline_kind_names[row->rule.cause], timeline_kind_names[row->rule.effect]);
		missing += !told[row - timeline_rules];
	}
	assert_int_equal(missing, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_in_the_order_of_their_begins),
		TEST(what_waited_long_enough_is_told_before_the_end),
		TEST(what_took_longer_than_the_window_is_told_late),
		TEST(the_window_is_bounded),
		TEST(kswapd_is_woken_as_memory_is_low),
		TEST(who_woke_kswapd_may_be_unseen),
		TEST(a_session_under_way_has_no_wake_up),
		TEST(nodes_are_kept_apart),
		TEST(a_task_reclaims_as_kswapd_is_behind),
		TEST(the_session_that_lasts_is_the_cause),
		TEST(a_session_long_ago_is_no_cause),
		TEST(an_unseen_state_has_one_line),
		TEST(fruitless_reclaim_is_tried_again),
		TEST(another_request_is_no_retry),
		TEST(a_task_reclaims_inside_a_wait),
		TEST(after_a_wait_is_not_inside_it),
		TEST(compaction_and_reclaim_take_turns),
		TEST(a_task_compacts_as_kswapd_is_behind),
		TEST(soft_limit_reclaim_is_inside_of_direct),
		TEST(sleeps_in_reclaim_are_part_of_it),
		TEST(a_limit_that_was_not_seen_has_a_line),
		TEST(a_watermark_may_be_missed_for_the_order),
		TEST(a_limit_may_be_of_a_cgroup_above),
		TEST(memory_high_reclaims_and_then_the_task_sleeps),
		TEST(a_kill_is_for_the_limit_that_was_reclaimed_for),
		TEST(a_task_is_slowed_down_for_a_cgroup_above),
		TEST(a_cause_did_not_begin_later),
		TEST(a_cgroup_above_is_a_cause_another_one_is_not),
		TEST(a_kill_of_the_machine_has_its_causes),
		TEST(a_kill_that_was_asked_for_has_no_cause),
		TEST(a_kill_without_details_is_for_what_its_task_reclaimed_for),
		TEST(a_gap_before_a_kill_is_named),
		TEST(a_gap_ends_at_the_tasks_last_event),
		TEST(a_run_stands_in_one_line),
		TEST(what_comes_late_is_in_no_line_that_began_after_it),
		TEST(threads_have_a_run_together),
		TEST(runs_for_two_cgroups_are_two),
		TEST(a_run_causes_what_its_last_one_caused),
		TEST(a_run_ends_after_a_pause_or_when_its_line_is_out),
		TEST(stalls_stand_for_reclaim_that_is_not_traced),
		TEST(other_events_and_odd_ones_have_no_line),
		TEST(times_that_wrap_are_no_harm),
		TEST(what_finds_no_memory_is_counted),
		TEST(an_error_of_the_output_stops),
		cmocka_unit_test(each_rule_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
