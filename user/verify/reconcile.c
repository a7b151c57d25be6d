// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reconcile.h"

#include <stdio.h>
#include <string.h>

#define ANY REASON_WITHOUT_BOUND

/* clang-format off */

/* docs/verify.md says for each row which kernel code was read, and what may differ. */

#define LOST_TASKS \
	{ "the last counts of some tasks are missing (lost.tasks)", KERNEL_MORE, BOUND_LOST_TASKS, ANY, 0 }
#define LOST_RARE \
	{ "rare events were lost (lost.rare)", KERNEL_MORE, BOUND_LOST_RARE, ANY, 0 }
#define SKIPPED(times) \
	{ "the kernel skipped some runs of memtrace's programs (lost.recursion)", KERNEL_MORE, BOUND_SKIPPED, times, 0 }
/* The kernel's counter and memtrace's hook are some instructions apart, and a task may be between them. */
#define BETWEEN_HOOK_AND_COUNTER(side) \
	{ "a CPU was between the kernel's counter and memtrace's hook when they were read", side, BOUND_CPUS, 1, 0 }
#define VMSTAT_STALE(side) \
	{ "/proc/vmstat may lag by 125 pages a CPU and node (refresh_cpu_vm_stats())", side, BOUND_VMSTAT_STALE, 3, 0 }
#define STALE(side) \
	{ "memory.stat lags: CPUs keep some counts to themselves (mem_cgroup_flush_stats(), __count_memcg_events())", side, BOUND_STALE, 1, 0 }
/*
 * mm_account_fault() counts pgfault also for faults that fail; min_flt and maj_flt only for those that succeed.  Before
 * 6.5 handle_mm_fault() counted at its start, so once more for each attempt that was retried.
 */
#define FAILED_FAULTS \
	{ "faults that failed are in pgfault only (mm_account_fault())", KERNEL_MORE, BOUND_FAILED_FAULTS, 1, 0 }, \
	{ "pgfault counts each attempt of a fault that is retried (handle_mm_fault())", KERNEL_MORE, BOUND_RETRIED_FAULTS, 2, 0 }
/* The kernel counts for the cgroup of the memory's owner (mm->owner), memtrace for that of the task that had the fault. */
#define FOREIGN_FAULTS \
	{ "other tasks accessed memory of the cgroup's tasks (get_user_pages_remote(), count_memcg_event_mm())", \
	  KERNEL_MORE, BOUND_FOREIGN_FAULTS, 1, 0 }, \
	{ "the cgroup's tasks accessed memory of other tasks (get_user_pages_remote())", \
	  MEMTRACE_MORE, BOUND_OUTWARD_FAULTS, 1, 0 }
/*
 * PGMAJFAULT is counted before a page is read, maj_flt when the fault is done.  In between the fault may end without
 * being counted (a signal: it is taken again, and finds the page), or become a minor one (populate_vma_page_range() starts
 * again without FAULT_FLAG_TRIED).  That flag also makes a fault major whose page another task was reading already: no
 * PGMAJFAULT.
 */
#define MAJOR_FAULTS \
	{ "faults that failed, were cut short by a signal (fault_signal_pending()) or are under way are in pgmajfault only", \
	  KERNEL_MORE, BOUND_FAILED_FAULTS, 1, 0 }, \
	{ "pages that mlock() or MAP_POPULATE read are major faults in pgmajfault only (populate_vma_page_range())", \
	  KERNEL_MORE, BOUND_SILENT_FAULTS, 1, 0 }, \
	{ "a fault that waited for another task's read is major for its task only (mm_account_fault(), FAULT_FLAG_TRIED)", \
	  MEMTRACE_MORE, BOUND_MAJOR, 1, 0 }, \
	{ "a page was evicted before the fault was retried, and read again (filemap_fault(), do_swap_page())", \
	  KERNEL_MORE, BOUND_EVICTED, 1, 0 }, \
	{ "khugepaged swaps in without a fault (__collapse_huge_page_swapin())", KERNEL_MORE, BOUND_COLLAPSED, 512, 0 }
#define OPEN_EPISODES \
	{ "episodes of reclaim that are still under way are not counted yet", KERNEL_MORE, BOUND_OPEN_AT_END, ANY, 0 }, \
	{ "the start of some episodes was not seen (lost.unfinished)", KERNEL_MORE, BOUND_UNFINISHED, ANY, 0 }, \
	{ "some episodes started before verify did", MEMTRACE_MORE, BOUND_OPEN_AT_BEGIN, ANY, 0 }
#define OPEN_SESSIONS \
	{ "kswapd is still awake: its session is not counted yet", KERNEL_MORE, BOUND_SESSIONS_AT_END, ANY, 0 }, \
	{ "a session of kswapd started before verify did", MEMTRACE_MORE, BOUND_SESSIONS_AT_BEGIN, ANY, 0 }
#define OTHER_PAGES \
	{ "an episode's pages include slab pages that it freed (flush_reclaim_state())", \
	  MEMTRACE_MORE, BOUND_SLAB_EPISODE_PAGES, 1, 0 }, \
	{ "a task that dies while it waits reports 32 pages that were not reclaimed (shrink_inactive_list())", \
	  MEMTRACE_MORE, BOUND_THROTTLED, 32, 0 }
#define SOFTLIMIT(bound, times) \
	{ "soft limit reclaim is in the reclaimer's result, but not in its counter (cgroup_reclaim())", MEMTRACE_MORE, bound, times, 0 }
#define RESTARTS(bound) \
	{ "an episode that starts over is counted again (do_try_to_free_pages())", KERNEL_MORE, bound, 1, 0 }
#define KILLS \
	{ "a victim that was already dying is marked, but not counted as a kill (oom_kill_process())", \
	  MEMTRACE_MORE, BOUND_ALWAYS, ANY, 0 }, \
	{ "memory.oom.group: the first victim is counted again with its group (oom_kill_memcg_member())", \
	  KERNEL_MORE, BOUND_GROUP_KILLS, 1, 0 }

const struct counter_row counter_rows[] = {
	{ COUNTERS_RUSAGE, ABOUT_CMD, "minor", "minor", NULL, FIGURE_CMD_MINOR, NULL, {
		{ "getrusage lacks descendants that no process waited for (wait_task_zombie())",
		  MEMTRACE_MORE, BOUND_DESCENDANT_MINOR, 1, 0 },
		{ "memtrace could no longer name some tasks; no process has their counts (lost.hot)", KERNEL_MORE, BOUND_UNNAMED_MINOR, 1, 0 },
		LOST_TASKS } },
	{ COUNTERS_RUSAGE, ABOUT_CMD, "major", "major", NULL, FIGURE_CMD_MAJOR, NULL, {
		{ "getrusage lacks descendants that no process waited for (wait_task_zombie())",
		  MEMTRACE_MORE, BOUND_DESCENDANT_MAJOR, 1, 0 },
		{ "memtrace could no longer name some tasks; no process has their counts (lost.hot)", KERNEL_MORE, BOUND_UNNAMED_MAJOR, 1, 0 },
		LOST_TASKS } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgfault", "pgfault", NULL, FIGURE_FAULTS, NULL, {
		FAILED_FAULTS, LOST_TASKS, BETWEEN_HOOK_AND_COUNTER(KERNEL_MORE), BETWEEN_HOOK_AND_COUNTER(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgmajfault", "pgmajfault", NULL, FIGURE_MAJOR, NULL, {
		MAJOR_FAULTS, LOST_TASKS } },
	{ COUNTERS_TRACEPOINTS, ABOUT_MACHINE, "kmem:mm_page_alloc", "kmem:mm_page_alloc", NULL, FIGURE_ALLOCS, NULL, {
		LOST_TASKS, SKIPPED(1),
		{ "another tool's BPF program on the event may hide it from perf (trace_call_bpf())", MEMTRACE_MORE, BOUND_ALWAYS, ANY, 0 },
		BETWEEN_HOOK_AND_COUNTER(KERNEL_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgalloc_*", "pgalloc_*", NULL, FIGURE_ALLOC_PAGES, NULL, {
		{ "the bulk allocator fires no mm_page_alloc (alloc_pages_bulk())", KERNEL_MORE, BOUND_ALLOCS_SEEN, ANY, 0 },
		LOST_TASKS, SKIPPED(1024),
		{ "pages that a cgroup's limit refused are counted, then given back (__memcg_kmem_charge_page())",
		  KERNEL_MORE, BOUND_FAILED_ALLOCS, 1024, 0 },
		{ "pages that compaction captures are not in pgalloc (__alloc_pages_direct_compact())",
		  MEMTRACE_MORE, BOUND_COMPACTED, 1024, 0 },
		BETWEEN_HOOK_AND_COUNTER(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "allocstall_*", "allocstall_*", NULL, FIGURE_DIRECT_EPISODES, NULL, {
		RESTARTS(BOUND_RESTARTS),
		{ "episodes of reclaim that are still under way are not counted yet", KERNEL_MORE, BOUND_OPEN_AT_END, 4, 0 },
		{ "some episodes started before verify did", MEMTRACE_MORE, BOUND_OPEN_AT_BEGIN, 1, 0 },
		LOST_TASKS, LOST_RARE } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgscan_direct", "pgscan_direct pgscan_khugepaged pgscan_proactive", NULL,
	  FIGURE_NONE, "memtrace does not count what tasks scan", {} },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgsteal_direct",
	  "pgsteal_direct pgsteal_khugepaged pgsteal_proactive", NULL, FIGURE_DIRECT_PAGES, NULL, {
		OTHER_PAGES, SOFTLIMIT(BOUND_SOFTLIMIT_PAGES, 1), OPEN_EPISODES, LOST_TASKS, LOST_RARE,
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "pgsteal_anon + pgsteal_file", "pgsteal_anon pgsteal_file", NULL,
	  FIGURE_RECLAIMED_PAGES, NULL, {
		OTHER_PAGES, OPEN_EPISODES, OPEN_SESSIONS, LOST_TASKS, LOST_RARE,
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_KSWAPD, "pgscan_kswapd", "pgscan_kswapd", NULL, FIGURE_KSWAPD_SCANNED, NULL, {
		OPEN_SESSIONS, LOST_RARE, SOFTLIMIT(BOUND_SOFTLIMIT_EPISODES, ANY),
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_KSWAPD, "pgsteal_kswapd", "pgsteal_kswapd", NULL, FIGURE_KSWAPD_RECLAIMED, NULL, {
		OPEN_SESSIONS, LOST_RARE, SOFTLIMIT(BOUND_SOFTLIMIT_PAGES, 1),
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ COUNTERS_VMSTAT, ABOUT_KSWAPD, "pageoutrun", "pageoutrun", NULL, FIGURE_KSWAPD_ROUNDS, NULL, {
		OPEN_SESSIONS, LOST_RARE } },
	{ COUNTERS_VMSTAT, ABOUT_MACHINE, "oom_kill", "oom_kill", NULL, FIGURE_KILLS, NULL, {
		KILLS, LOST_RARE } },
	{ COUNTERS_MEMORY_STAT, ABOUT_CGROUP, "pgfault", "pgfault", "total_pgfault", FIGURE_FAULTS, NULL, {
		FAILED_FAULTS, FOREIGN_FAULTS, LOST_TASKS, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ COUNTERS_MEMORY_STAT, ABOUT_CGROUP, "pgmajfault", "pgmajfault", "total_pgmajfault", FIGURE_MAJOR, NULL, {
		MAJOR_FAULTS, FOREIGN_FAULTS, LOST_TASKS, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ COUNTERS_MEMORY_STAT, ABOUT_MACHINE, "pgsteal_direct", "pgsteal_direct pgsteal_khugepaged pgsteal_proactive", "",
	  FIGURE_TASK_PAGES, "cgroup v1's memory.stat has none", {
		OTHER_PAGES, OPEN_EPISODES, LOST_TASKS, LOST_RARE, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ COUNTERS_MEMORY_EVENTS, ABOUT_CGROUP, "oom_kill", "oom_kill", "oom_kill", FIGURE_CGROUP_KILLS, NULL, {
		KILLS,
		{ "a kill counts for the cgroup that owns the memory, which may not be the victim's (memcg_memory_event_mm())",
		  KERNEL_MORE, BOUND_KILLS_ELSEWHERE, 1, 0 },
		LOST_RARE } },
	{ COUNTERS_MEMORY_EVENTS, ABOUT_CGROUP, "max + high", "max high", "", FIGURE_MEMCG_EPISODES,
	  "cgroup v1 counts no reclaim: memory.failcnt counts several failed charges an episode", {
		{ "a charge that must not fail raises the event without reclaim (try_charge_memcg())",
		  KERNEL_MORE, BOUND_MEMCG_EPISODES, 1, 100 },
		{ "a charge that must not reclaim raises the event without reclaim (try_charge_memcg())",
		  KERNEL_MORE, BOUND_ATOMIC_ALLOCS, 1, 0 },
		{ "memory_localevents: limits of cgroups below it are only in their own files (memcg_memory_event())",
		  MEMTRACE_MORE, BOUND_LOCAL_EVENTS, ANY, 0 },
		{ "the cgroup's tasks also reclaim when an ancestor reaches its limit", MEMTRACE_MORE, BOUND_ANCESTOR_EVENTS, 1, 0 },
		{ "episodes of reclaim that are still under way are not counted yet", KERNEL_MORE, BOUND_OPEN_AT_END, 1, 0 },
		{ "some episodes started before verify did", MEMTRACE_MORE, BOUND_OPEN_AT_BEGIN, 1, 0 },
		LOST_TASKS, LOST_RARE } },
	{ COUNTERS_TASKSTATS, ABOUT_CMD, "freepages_count", "count", NULL, FIGURE_CMD_STALLS, NULL, {
		RESTARTS(BOUND_CMD_RESTARTS),
		{ "node reclaim is counted on some kernels (__node_reclaim())", KERNEL_MORE, BOUND_CMD_NODE_EPISODES, 1, 0 },
		LOST_TASKS, LOST_RARE } },
	{ COUNTERS_TASKSTATS, ABOUT_CMD, "freepages_delay_total", "delay", NULL, FIGURE_CMD_STALL_NS, NULL, {
		{ "an episode starts before the kernel's timing and ends after it (do_try_to_free_pages())",
		  MEMTRACE_MORE, BOUND_CMD_STALLS, ANY, 0 },
		{ "the kernel's clock for this is not steered by NTP (local_clock())", KERNEL_MORE, BOUND_CMD_STALL_NS, 1, 1000 },
		{ "node reclaim is counted on some kernels (__node_reclaim())", KERNEL_MORE, BOUND_CMD_NODE_NS, 1, 0 },
		LOST_TASKS, LOST_RARE } },
};
const size_t nr_counter_rows = sizeof(counter_rows) / sizeof(*counter_rows);
_Static_assert(sizeof(counter_rows) / sizeof(*counter_rows) <= COUNTER_ROWS_MAX, "COUNTER_ROWS_MAX");

/* clang-format on */

const struct bound_row bound_rows[] = {
	{ BOUND_COMPACTED, "compact_success" },
	{ BOUND_COLLAPSED, "thp_collapse_alloc" },
	{ BOUND_KILLS_ELSEWHERE, "oom_kill" },
	{ BOUND_FOREIGN_FAULTS, "pgfault" },
};
_Static_assert(sizeof(bound_rows) / sizeof(*bound_rows) == NR_BOUND_ROWS, "NR_FACT_ROWS");

const char *counter_file__name(enum counter_file file)
{
	static const char *const names[NR_COUNTER_FILES] = {
		[COUNTERS_RUSAGE] = "getrusage",
		[COUNTERS_VMSTAT] = "vmstat",
		[COUNTERS_TRACEPOINTS] = "tracepoints",
		[COUNTERS_MEMORY_STAT] = "memory.stat",
		[COUNTERS_MEMORY_EVENTS] = "memory.events",
		[COUNTERS_TASKSTATS] = "delay accounting",
	};

	return names[file];
}

const char *verdict__name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_EQUAL] = "equal",
		[VERDICT_EXPLAINED] = "explained",
		[VERDICT_UNEXPLAINED] = "unexplained",
		[VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

static void add_why(struct reconciled *result, const char *text)
{
	size_t len = strlen(result->why);

	snprintf(result->why + len, sizeof(result->why) - len, "%s%s", len ? "; " : "", text);
}

/* How much of a difference the reason covers. */
static uint64_t bound_of(const struct reason *reason, const uint64_t *bounds)
{
	uint64_t unit = bounds[reason->bound], bound;

	if (reason->times == REASON_WITHOUT_BOUND)
		return unit ? UINT64_MAX : 0;
	if (__builtin_mul_overflow(unit, reason->times, &bound))
		return UINT64_MAX;
	/* rounded up */
	return reason->per ? bound / reason->per + (bound % reason->per != 0) : bound;
}

/* Takes reasons in their order until they cover the difference. */
static void explain(const struct counter_row *row, const uint64_t *bounds, enum side side, uint64_t left,
		    struct reconciled *result)
{
	const struct reason *reason;
	uint64_t bound;

	for (reason = row->reasons; left && reason < row->reasons + REASONS_MAX && reason->text; reason++) {
		bound = reason->side == side ? bound_of(reason, bounds) : 0;
		if (!bound)
			continue;
		add_why(result, reason->text);
		left -= bound < left ? bound : left;
	}
	result->unexplained = left;
	if (left) {
		char text[80];

		snprintf(text, sizeof(text), "no known reason for %llu of it", (unsigned long long)left);
		add_why(result, text);
	}
	result->verdict = left ? VERDICT_UNEXPLAINED : VERDICT_EXPLAINED;
}

void reconcile(const struct counter_row *row, const struct kernel_figure *kernel, const struct own_figure *own,
	       const uint64_t bounds[NR_BOUNDS], struct reconciled *result)
{
	*result = (struct reconciled){ .verdict = VERDICT_EQUAL };
	if (!kernel->known || !own->known) {
		result->verdict = VERDICT_UNKNOWN;
		if (!kernel->known)
			add_why(result, kernel->why);
		if (!own->known && (kernel->known || strcmp(own->why, kernel->why)))
			add_why(result, own->why);
	} else if (own->value > kernel->high) {
		result->difference = own->value - kernel->high;
		explain(row, bounds, MEMTRACE_MORE, own->value - kernel->high, result);
	} else if (own->value < kernel->low) {
		result->difference = -(int64_t)(kernel->low - own->value);
		explain(row, bounds, KERNEL_MORE, kernel->low - own->value, result);
	}
}
