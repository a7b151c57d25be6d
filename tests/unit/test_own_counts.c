/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memtrace verify: events as they are summed up, and which cgroup's a kill is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/kernel/oom_group.h"
#include "../../user/verify/own_counts.h"

static const char *const paths[] = { "-", "/", "/a", "/a/b", "/ab", "/c" };

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return paths[id];
}

/* How many of one kill in each of the paths are the cgroup's. */
static uint64_t kills_of(const char *cgroup, bool below)
{
	struct session session = { .names = { .cgroup = name_cgroup } };
	struct own_counts own = { .session = &session, .cgroup = cgroup, .below = below };
	uint64_t id;

	for (id = 1; id < sizeof(paths) / sizeof(*paths); id++) {
		struct mt_oom oom = { .victim.cgroup_id = id };

		own_counts__event(&own, &event_rows[MT_REC_oom], &oom);
	}
	assert_int_equal(own.events.kills, 5);
	assert_int_equal(own.events.placeless_kills, 0);
	return own.events.cgroup_kills;
}

static void a_kill_belongs_to_its_cgroup_and_to_those_above(void **state)
{
	(void)state;
	assert_int_equal(kills_of("/", true), 5);
	assert_int_equal(kills_of("/a", true), 2);
	assert_int_equal(kills_of("/a/b", true), 1);
	assert_int_equal(kills_of("/d", true), 0);
	assert_int_equal(kills_of("/", false), 1);
	assert_int_equal(kills_of("/a", false), 1);
}

static void a_kill_without_a_place_is_nobodys(void **state)
{
	struct session session = { .names = { .cgroup = name_cgroup } };
	struct own_counts own = { .session = &session, .cgroup = "/a", .below = true };
	struct mt_oom oom = { .victim.cgroup_id = 0 };

	(void)state;
	own_counts__event(&own, &event_rows[MT_REC_oom], &oom);
	assert_int_equal(own.events.kills, 1);
	assert_int_equal(own.events.cgroup_kills, 0);
	assert_int_equal(own.events.placeless_kills, 1);
}

static void kswapd(struct own_counts *own, int node, uint64_t scanned, uint64_t reclaimed)
{
	struct mt_kswapd session = {
		.rounds = 2, .node = node, .scanned_pages = scanned, .reclaimed_pages = reclaimed
	};

	own_counts__event(own, &event_rows[MT_REC_kswapd], &session);
}

static struct counter_row row_of(enum figure figure)
{
	return (struct counter_row){ .file = COUNTERS_VMSTAT, .about = ABOUT_KSWAPD, .figure = figure };
}

/* What is between the begin and now, with all probes attached. */
static struct own_figure figure_now(const struct own_counts *own, enum figure figure)
{
	struct options options = { .all = true };
	struct session session = { .options = &options, .names = { .cgroup = name_cgroup } };
	struct source source = { 0 };
	const struct counter_row row = row_of(figure);
	struct own_counts now = *own;
	struct own_figure result;
	int i;

	for (i = 0; i < MT_NR_PROBES; i++)
		source.probes[i].attached = true;
	session.source = &source;
	session.view.asked = UINT32_MAX;
	now.session = &session;
	now.end.events = own->events;
	own_counts__figure(&now, &row, &result);
	return result;
}

static void sessions_add_up_and_others_do_not_count(void **state)
{
	struct own_counts own = { .cgroup = "/" };
	struct mt_reclaim reclaim = { .reclaimed_pages = 1000 };

	(void)state;
	kswapd(&own, 0, 30, 20);
	kswapd(&own, 1, 30, 20);
	own_counts__event(&own, &event_rows[MT_REC_reclaim], &reclaim);
	assert_int_equal(own.events.rounds, 4);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_SCANNED).value, 60);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_RECLAIMED).value, 40);
	assert_int_equal(own.events.kills, 0);
}

static void sessions_whose_pages_are_never_told_leave_them_unknown(void **state)
{
	struct own_counts own = { .cgroup = "/" };

	(void)state;
	kswapd(&own, 0, MT_UNKNOWN_U64, MT_UNKNOWN_U64);
	assert_int_equal(own.events.rounds, 2);
	assert_false(figure_now(&own, FIGURE_KSWAPD_SCANNED).known);
	assert_false(figure_now(&own, FIGURE_KSWAPD_RECLAIMED).known);
	/* another node's say nothing of this one's */
	kswapd(&own, 1, 30, 20);
	assert_false(figure_now(&own, FIGURE_KSWAPD_SCANNED).known);
}

/* The first session scanned nothing; that the kernel would have said so is known from the second on. */
static void a_session_before_the_first_that_was_told_had_no_pages(void **state)
{
	struct own_counts own = { .cgroup = "/" };

	(void)state;
	kswapd(&own, 0, MT_UNKNOWN_U64, MT_UNKNOWN_U64);
	kswapd(&own, 0, 30, MT_UNKNOWN_U64);
	assert_true(figure_now(&own, FIGURE_KSWAPD_SCANNED).known);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_SCANNED).value, 30);
	assert_false(figure_now(&own, FIGURE_KSWAPD_RECLAIMED).known);
	kswapd(&own, 0, 10, 5);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_RECLAIMED).value, 5);
	assert_true(figure_now(&own, FIGURE_KSWAPD_RECLAIMED).known);
}

static void a_session_of_no_node_is_not_written_anywhere(void **state)
{
	struct own_counts own = { .cgroup = "/" };

	(void)state;
	kswapd(&own, -1, 30, 20);
	kswapd(&own, MT_MAX_NODES, 30, 20);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_SCANNED).value, 0);
}

/* CONFIG_NODES_SHIFT is at most 10 (its range in the architectures' Kconfig). */
static void sessions_of_any_node_that_can_be_count(void **state)
{
	struct own_counts own = { .cgroup = "/" };

	(void)state;
	kswapd(&own, 64, 30, 20);
	kswapd(&own, 1023, 30, 20);
	assert_int_equal(figure_now(&own, FIGURE_KSWAPD_SCANNED).value, 60);
}

/* Where the counters are the nodes', reclaim for a cgroup is in pgsteal_direct, and soft limits are no exception. */
static void pages_of_reclaim_are_those_of_its_counter(void **state)
{
	struct options options = { .all = true };
	struct session session = { .options = &options };
	struct own_counts own = { .session = &session };
	const struct fault_exceptions exceptions = { .known = false };
	uint64_t bounds[NR_BOUNDS] = { 0 };

	(void)state;
	own.end.slots[MT_SLOT_reclaim_direct_pages] = 100;
	own.end.slots[MT_SLOT_reclaim_node_pages] = 20;
	own.end.slots[MT_SLOT_reclaim_memcg_pages] = 7;
	own.end.slots[MT_SLOT_reclaim_softlimit_pages] = 3;
	assert_int_equal(figure_now(&own, FIGURE_DIRECT_PAGES).value, 120);
	own_counts__bounds(&own, &exceptions, bounds);
	assert_int_equal(bounds[BOUND_SOFTLIMIT_PAGES], 3);
	assert_int_equal(bounds[BOUND_SLAB_EPISODE_PAGES], 120);
	own.rules.node_reclaim_counters = own.rules.cgroup_slab_pages = true;
	assert_int_equal(figure_now(&own, FIGURE_DIRECT_PAGES).value, 127);
	memset(bounds, 0, sizeof(bounds));
	own_counts__bounds(&own, &exceptions, bounds);
	assert_int_equal(bounds[BOUND_SOFTLIMIT_PAGES], 0);
	assert_int_equal(bounds[BOUND_SLAB_EPISODE_PAGES], 127);
}

/* memory.reclaim of the root frees slabs for the whole machine; where the target is not told it may be that. */
static void reclaim_for_a_known_limit_frees_no_slabs(void **state)
{
	struct options options = { .all = true };
	struct session session = { .options = &options };
	struct own_counts own = { .session = &session, .unified = "/sys/fs/cgroup" };
	const struct fault_exceptions exceptions = { .known = false };
	const uint64_t targets[] = { 0, 1, 4711, 4712 };
	uint64_t bounds[NR_BOUNDS] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct mt_reclaim episode = { .kind = MT_RECLAIM_MEMCG,
					      .reclaimed_pages = 10,
					      .target_cgroup_id = targets[i] };

		own_counts__event(&own, &event_rows[MT_REC_reclaim], &episode);
	}
	own.end.events = own.events;
	own.end.slots[MT_SLOT_reclaim_memcg_pages] = 40;
	own_counts__bounds(&own, &exceptions, bounds);
	assert_int_equal(bounds[BOUND_SLAB_EPISODE_PAGES], 20);
}

/* A scratch hierarchy: /grp has it set, /grp/in below it and /alone do not. */
static void kills_of_groups_are_told_apart(void **state)
{
	static const char *const paths_of[] = { "-", "/grp", "/grp/in", "/alone", "/gone", "[gone:5]" };
	char root[] = "/tmp/test_own_counts.XXXXXX", path[128];
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 1; i <= 3; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s%s", root, paths_of[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		strcat(path, "/memory.oom.group");
		file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, "%d\n", i == 1);
		fclose(file);
	}
	assert_true(oom_group__may_be_set(root, "/grp"));
	assert_true(oom_group__may_be_set(root, "/grp/in"));
	assert_false(oom_group__may_be_set(root, "/alone"));
	assert_false(oom_group__may_be_set(root, "/"));
	assert_true(oom_group__may_be_set(root, "/gone"));
	assert_true(oom_group__may_be_set(root, "[gone:5]"));
	for (i = 3; i >= 1; i--) {
		snprintf(path, sizeof(path), "%s%s/memory.oom.group", root, paths_of[i]);
		unlink(path);
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	rmdir(root);
}

/* 60 exceptions, 50 accounted faults, one kill; what the kernel says of exceptions, and whether a cgroup is watched. */
static void fault_bounds(bool known, bool of_cgroup, uint64_t bounds[NR_BOUNDS])
{
	struct options options = { .cgroups.nr = of_cgroup };
	struct session session = { .options = &options };
	const struct fault_exceptions exceptions = { .known = known, .unaccounted = 15, .accounted = 43 };
	struct own_counts own = { .session = &session, .end.events.kills = 1 };

	own.end.slots[MT_SLOT_fault_user] = 40;
	own.end.slots[MT_SLOT_fault_kernel] = 20;
	own.end.slots[MT_SLOT_fault_minor] = 48;
	own.end.slots[MT_SLOT_fault_major] = 2;
	own_counts__bounds(&own, &exceptions, bounds);
}

static void what_the_kernel_says_of_exceptions_comes_before_an_estimate(void **state)
{
	uint64_t bounds[NR_BOUNDS] = { 0 };

	(void)state;
	fault_bounds(true, false, bounds);
	assert_int_equal(bounds[BOUND_FAILED_FAULTS], 16);
	assert_int_equal(bounds[BOUND_SILENT_FAULTS], 7);
	fault_bounds(false, false, bounds);
	assert_int_equal(bounds[BOUND_FAILED_FAULTS], 11);
	assert_int_equal(bounds[BOUND_SILENT_FAULTS], 0);
	fault_bounds(true, true, bounds);
	assert_int_equal(bounds[BOUND_FAILED_FAULTS], 16);
	assert_int_equal(bounds[BOUND_SILENT_FAULTS], 0);
}

/* The machine had 100 faults, of which 43 at least were exceptions. */
static void memory_of_others_matters_where_a_cgroup_is_watched(void **state)
{
	uint64_t bounds[NR_BOUNDS] = { [BOUND_FOREIGN_FAULTS] = 100 };

	(void)state;
	fault_bounds(true, true, bounds);
	assert_int_equal(bounds[BOUND_FOREIGN_FAULTS], 57);
	bounds[BOUND_FOREIGN_FAULTS] = 100;
	fault_bounds(false, true, bounds);
	assert_int_equal(bounds[BOUND_FOREIGN_FAULTS], 50);
	fault_bounds(true, false, bounds);
	assert_int_equal(bounds[BOUND_FOREIGN_FAULTS], 0);
	assert_int_equal(bounds[BOUND_OUTWARD_FAULTS], 0);
}

static void all_allocations_are_seen_but_for_one_a_cpu(void **state)
{
	struct options options = { .all = true };
	struct session session = { .options = &options };
	struct own_counts own = { .session = &session };
	struct kernel_figure kernel = { .known = true, .low = 100000, .high = 100000 };

	(void)state;
	own.end.slots[MT_SLOT_alloc_count] = 90000;
	own.end.slots[MT_SLOT_alloc_failed] = 1;
	own.end.totals.machine[MT_MACHINE_alloc_atomic_count] = 9990;
	own.end.totals.machine[MT_MACHINE_alloc_atomic_failed] = 9;
	assert_true(own_counts__has(&own, FIGURE_ALLOCS, &kernel));
	own.end.slots[MT_SLOT_alloc_count] -= 8192;
	assert_false(own_counts__has(&own, FIGURE_ALLOCS, &kernel));
	kernel.known = false;
	assert_true(own_counts__has(&own, FIGURE_ALLOCS, &kernel));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_belongs_to_its_cgroup_and_to_those_above),
		cmocka_unit_test(a_kill_without_a_place_is_nobodys),
		cmocka_unit_test(sessions_add_up_and_others_do_not_count),
		cmocka_unit_test(sessions_whose_pages_are_never_told_leave_them_unknown),
		cmocka_unit_test(a_session_before_the_first_that_was_told_had_no_pages),
		cmocka_unit_test(a_session_of_no_node_is_not_written_anywhere),
		cmocka_unit_test(sessions_of_any_node_that_can_be_count),
		cmocka_unit_test(pages_of_reclaim_are_those_of_its_counter),
		cmocka_unit_test(reclaim_for_a_known_limit_frees_no_slabs),
		cmocka_unit_test(kills_of_groups_are_told_apart),
		cmocka_unit_test(what_the_kernel_says_of_exceptions_comes_before_an_estimate),
		cmocka_unit_test(memory_of_others_matters_where_a_cgroup_is_watched),
		cmocka_unit_test(all_allocations_are_seen_but_for_one_a_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
