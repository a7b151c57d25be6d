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
#include "../../user/verify/stall_counts.h"

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

/* A run with the probe stall in which CMD waited, in what each of the causes took. */
struct stalled_run {
	struct options options;
	struct source source;
	struct session session;
	struct checkpoint checkpoint;
	struct own_counts own;
};

static void wait_for(struct stalled_run *run, enum mt_stall_cause cause, uint64_t count, uint64_t ns)
{
	run->own.cmd[MT_SLOT_stall_memcg_count + 2 * cause] = count;
	run->own.cmd[MT_SLOT_stall_memcg_ns + 2 * cause] = ns;
}

static void make_stalled(struct stalled_run *run)
{
	struct probe_status *status;

	memset(run, 0, sizeof(*run));
	status = &run->source.probes[MT_PROBE_stall];
	run->session.options = &run->options;
	run->session.source = &run->source;
	run->session.view.probes = run->source.probes;
	run->session.view.asked = UINT32_MAX;
	run->session.view.checkpoint = &run->checkpoint;
	run->own.session = &run->session;
	status->attached = status->hooked = true;
	wait_for(run, MT_STALL_MEMCG, 1, 1000);
	wait_for(run, MT_STALL_HIGH, 2, 20000);
	wait_for(run, MT_STALL_DIRECT, 4, 300000);
	wait_for(run, MT_STALL_COMPACT, 8, 4000000);
	wait_for(run, MT_STALL_SWAPIN, 16, 50000000);
	wait_for(run, MT_STALL_REFAULT, 32, 600000000);
	wait_for(run, MT_STALL_OTHER, 64, 7000000000);
	run->own.cmd[MT_SLOT_stall_high_penalty_ns] = 5000;
}

static struct own_figure stalled_figure(const struct stalled_run *run, enum figure figure)
{
	const struct counter_row row = { .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .figure = figure };
	struct own_figure result;

	own_counts__figure(&run->own, &row, &result);
	return result;
}

static void stalls_are_summed_as_delay_accounting_does(void **state)
{
	struct stalled_run run;

	(void)state;
	make_stalled(&run);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_RECLAIM_WAIT_NS).value, 316000);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_COMPACTIONS).value, 8);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_COMPACTION_NS).value, 4000000);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_THRASHES).value, 32);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_THRASH_NS).value, 600000000);
	run.own.rules.swapins_thrash = true;
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_THRASHES).value, 48);
	assert_int_equal(stalled_figure(&run, FIGURE_CMD_THRASH_NS).value, 650000000);
	assert_true(stalled_figure(&run, FIGURE_CMD_THRASHES).known);
}

/* Between begin and end; unknown where a device in memory may take pages without a request. */
static void swap_is_known_only_with_all_of_it(void **state)
{
	struct stalled_run run;

	(void)state;
	make_stalled(&run);
	run.source.probes[MT_PROBE_swap].attached = run.source.probes[MT_PROBE_swap].hooked = true;
	run.own.begin.slots[MT_SLOT_swap_in_pages] = 10;
	run.own.end.slots[MT_SLOT_swap_in_pages] = 110;
	run.own.begin.slots[MT_SLOT_swap_out_pages] = 7;
	run.own.end.slots[MT_SLOT_swap_out_pages] = 1007;
	assert_true(stalled_figure(&run, FIGURE_SWAPPED_IN).known);
	assert_int_equal(stalled_figure(&run, FIGURE_SWAPPED_IN).value, 100);
	assert_int_equal(stalled_figure(&run, FIGURE_SWAPPED_OUT).value, 1000);
	run.source.probes[MT_PROBE_swap].lacks[MT_SLOT_swap_in_pages] = true;
	assert_false(stalled_figure(&run, FIGURE_SWAPPED_IN).known);
	assert_non_null(strstr(stalled_figure(&run, FIGURE_SWAPPED_OUT).why, "swap in memory"));
}

/* Also if delay accounting tells of refaults: that would be compared with itself. */
static void a_part_of_the_stalls_is_not_compared(void **state)
{
	static const enum figure figures[] = {
		FIGURE_CMD_RECLAIM_WAIT_NS, FIGURE_CMD_THRASHES,   FIGURE_CMD_THRASH_NS, FIGURE_CMD_COMPACTIONS,
		FIGURE_CMD_COMPACTION_NS,   FIGURE_STALLED_BY_CPU, FIGURE_STALLED
	};
	struct stalled_run run;
	size_t i;

	(void)state;
	make_stalled(&run);
	run.source.probes[MT_PROBE_stall].lacks[MT_SLOT_stall_other_ns] = true;
	for (i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		struct own_figure figure = stalled_figure(&run, figures[i]);

		assert_false(figure.known);
		assert_non_null(strstr(figure.why, "only reclaim and compaction are seen"));
	}
}

static void sample(struct stalled_run *run, enum sample_id id, uint64_t begin, uint64_t end)
{
	struct sample_extent *extent = &run->session.samples.extents[SCOPE_TOTAL][id];

	run->session.samples.any = true;
	sample_extent__begin(extent, begin);
	sample_extent__widen(extent, end);
}

static struct kernel_figure kernels(const struct stalled_run *run, enum counter_file file)
{
	const struct counter_row row = { .file = file, .about = ABOUT_MACHINE };
	struct kernel_figure result;

	stall_counts__kernel(&run->session, &row, &result);
	return result;
}

static void the_machines_stalls_are_those_of_the_samples(void **state)
{
	struct stalled_run run;

	(void)state;
	make_stalled(&run);
	sample(&run, SAMPLE_pressure_memory_some_total, 100, 1100);
	sample(&run, SAMPLE_stalls_some, 10, 1510);
	sample(&run, SAMPLE_stalls_explained, 5, 1495);
	sample(&run, SAMPLE_stalls_union, 7, 1017);
	assert_int_equal(kernels(&run, COUNTERS_PSI).low, 1000);
	assert_int_equal(kernels(&run, COUNTERS_PSI).high, 1000);
	assert_int_equal(kernels(&run, COUNTERS_PSI_CPUS).low, 1500);
	assert_int_equal(stalled_figure(&run, FIGURE_STALLED).value, 1010);
	assert_int_equal(stalled_figure(&run, FIGURE_STALLED_BY_CPU).value, 1490);
	assert_true(kernels(&run, COUNTERS_PSI).known && stalled_figure(&run, FIGURE_STALLED).known);
}

static void what_no_sample_has_is_unknown(void **state)
{
	struct stalled_run run;

	(void)state;
	make_stalled(&run);
	assert_false(kernels(&run, COUNTERS_PSI).known);
	assert_non_null(strstr(kernels(&run, COUNTERS_PSI_CPUS).why, "no PSI"));
	sample(&run, SAMPLE_pressure_memory_some_total, 100, 1100);
	sample(&run, SAMPLE_stalls_some, 0, MT_UNKNOWN_U64);
	sample(&run, SAMPLE_stalls_union, 0, MT_UNKNOWN_U64);
	assert_true(kernels(&run, COUNTERS_PSI).known);
	assert_non_null(strstr(kernels(&run, COUNTERS_PSI_CPUS).why, "system_group_pcpu"));
	assert_false(kernels(&run, COUNTERS_PSI_CPUS).known);
	assert_false(stalled_figure(&run, FIGURE_STALLED).known);
	assert_non_null(strstr(stalled_figure(&run, FIGURE_STALLED).why, "atomic"));
}

static void bounds_of_stalls_are_what_was_measured(void **state)
{
	const struct fault_exceptions exceptions = { 0 };
	uint64_t bounds[NR_BOUNDS] = { 0 };
	bool many = sysconf(_SC_NPROCESSORS_CONF) > 1;
	struct stalled_run run;

	(void)state;
	make_stalled(&run);
	run.own.cmd[MT_SLOT_reclaim_memcg_ns] = 316300;
	run.own.end.slots[MT_SLOT_stall_memcg_count] = 9;
	run.own.begin.slots[MT_SLOT_stall_memcg_count] = 2;
	run.checkpoint.now_ns = 10000000000;
	sample(&run, SAMPLE_stalls_explained, 0, 300000);
	own_counts__bounds(&run.own, &exceptions, bounds);
	assert_int_equal(bounds[BOUND_STALL_CLOCKS], (many ? 6000 : 3000) + 7 * 5000 + 20000000);
	assert_int_equal(bounds[BOUND_STALLED_ON_CPUS], many ? 300000 : 0);
	assert_int_equal(bounds[BOUND_STALL_PERIODS], 17);
	assert_int_equal(bounds[BOUND_STALLS_PREEMPTED], 0);
	run.own.rules.preempts = true;
	own_counts__bounds(&run.own, &exceptions, bounds);
	assert_int_equal(bounds[BOUND_STALLS_PREEMPTED], 7);
	assert_int_equal(bounds[BOUND_CMD_STALL_CLOCKS], 7654321000 / 100 * (many ? 2 : 1) + 127 * 5000 + 20000000);
	assert_int_equal(bounds[BOUND_CMD_RECLAIMS], 7);
	assert_int_equal(bounds[BOUND_CMD_UNSTALLED_NS], 300);
	assert_int_equal(bounds[BOUND_CMD_NO_RECLAIM_NS], 7654000000);
	assert_int_equal(bounds[BOUND_CMD_REFAULTS], 32);
	assert_int_equal(bounds[BOUND_CMD_REFAULT_NS], 600000000);
	assert_int_equal(bounds[BOUND_CMD_NO_THRASHES], 127 - 32);
	assert_int_equal(bounds[BOUND_CMD_NO_THRASH_NS], 7054321000);
	assert_int_equal(bounds[BOUND_CMD_NO_COMPACTIONS], 127 - 8);
	assert_int_equal(bounds[BOUND_CMD_NO_COMPACTION_NS], 7650321000);
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
		cmocka_unit_test(stalls_are_summed_as_delay_accounting_does),
		cmocka_unit_test(swap_is_known_only_with_all_of_it),
		cmocka_unit_test(a_part_of_the_stalls_is_not_compared),
		cmocka_unit_test(the_machines_stalls_are_those_of_the_samples),
		cmocka_unit_test(what_no_sample_has_is_unknown),
		cmocka_unit_test(bounds_of_stalls_are_what_was_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
