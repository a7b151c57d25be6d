// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reconcile.h"

#include <stdio.h>
#include <string.h>

#define ANY	 REASON_WITHOUT_BOUND
#define SLICE_NS 10000000 /* what others run until the task has its CPU again */
#define JIFFY_NS 10000000 /* at most: HZ is 100 or more */

/* clang-format off */

/* docs/verify.md says for each row which kernel code was read, and what may differ. */

#define LOST_TASKS \
	{ .text = "the last counts of some tasks are missing (lost.tasks)", \
	  .side = KERNEL_MORE, .bound = BOUND_LOST_TASKS, .times = ANY }
#define LOST_RARE \
	{ .text = "rare events were lost (lost.rare)", .side = KERNEL_MORE, .bound = BOUND_LOST_RARE, .times = ANY }
#define SKIPPED(times_) \
	{ .text = "the kernel skipped some runs of memtrace's programs (lost.recursion)", \
	  .side = KERNEL_MORE, .bound = BOUND_SKIPPED, .times = times_ }
/*
 * A request is made some instructions after the kernel's counter, of a huge page at most; 7.x first gathers that much, and a
 * task that is preempted then keeps it: where one CPU has several tasks in reclaim, each may.
 */
#define SWAP_REASONS \
	LOST_TASKS, LOST_RARE, SKIPPED(ANY), \
	{ .text = "tasks were between the kernel's counter and the request when they were read", \
	  .side = KERNEL_MORE, .bound = BOUND_CPUS, .times = 2048 }
/* The kernel's counter and memtrace's hook are some instructions apart, and a task may be between them. */
#define BETWEEN_HOOK_AND_COUNTER(side_) \
	{ .text = "a CPU was between the kernel's counter and memtrace's hook when they were read", \
	  .side = side_, .bound = BOUND_CPUS, .times = 1 }
#define VMSTAT_STALE(side_) \
	{ .text = "/proc/vmstat may lag by 125 pages a CPU and node (refresh_cpu_vm_stats())", \
	  .side = side_, .bound = BOUND_VMSTAT_STALE, .times = 3 }
#define STALE(side_) \
	{ .text = "memory.stat lags: CPUs keep some counts to themselves (mem_cgroup_flush_stats(), __count_memcg_events())", \
	  .side = side_, .bound = BOUND_STALE, .times = 1 }
/*
 * mm_account_fault() counts pgfault also for faults that fail; min_flt and maj_flt only for those that succeed.  Before
 * 6.5 handle_mm_fault() counted at its start, so once more for each attempt that was retried.
 */
#define FAILED_FAULTS \
	{ .text = "faults that failed are in pgfault only (mm_account_fault())", \
	  .side = KERNEL_MORE, .bound = BOUND_FAILED_FAULTS, .times = 1 }, \
	{ .text = "pgfault counts each attempt of a fault that is retried (handle_mm_fault())", \
	  .side = KERNEL_MORE, .bound = BOUND_RETRIED_FAULTS, .times = 2 }
/* The kernel counts for the cgroup of who owns the memory (mm->owner), memtrace for that of the task that had the fault. */
#define FOREIGN_FAULTS \
	{ .text = "other tasks accessed memory of the cgroup's tasks (get_user_pages_remote(), count_memcg_event_mm())", \
	  .side = KERNEL_MORE, .bound = BOUND_FOREIGN_FAULTS, .times = 1 }, \
	{ .text = "the cgroup's tasks accessed memory of other tasks (get_user_pages_remote())", \
	  .side = MEMTRACE_MORE, .bound = BOUND_OUTWARD_FAULTS, .times = 1 }
/*
 * PGMAJFAULT is counted before a page is read, maj_flt when the fault is done.  In between the fault may end without
 * being counted (a signal: it is taken again, and finds the page), or become a minor one (populate_vma_page_range() starts
 * again without FAULT_FLAG_TRIED).  That flag also makes a fault major whose page another task was reading already: no
 * PGMAJFAULT.
 */
#define MAJOR_FAULTS \
	{ .text = "faults that failed, were cut short by a signal (fault_signal_pending()) or are under way are in pgmajfault only", \
	  .side = KERNEL_MORE, .bound = BOUND_FAILED_FAULTS, .times = 1 }, \
	{ .text = "pages that mlock() or MAP_POPULATE read are major faults in pgmajfault only (populate_vma_page_range())", \
	  .side = KERNEL_MORE, .bound = BOUND_SILENT_FAULTS, .times = 1 }, \
	{ .text = "a fault that waited for another task's read is major for its task only (mm_account_fault(), FAULT_FLAG_TRIED)", \
	  .side = MEMTRACE_MORE, .bound = BOUND_MAJOR, .times = 1 }, \
	{ .text = "a page was evicted before the fault was retried, and read again (filemap_fault(), do_swap_page())", \
	  .side = KERNEL_MORE, .bound = BOUND_EVICTED, .times = 1 }, \
	{ .text = "khugepaged swaps in without a fault (__collapse_huge_page_swapin())", \
	  .side = KERNEL_MORE, .bound = BOUND_COLLAPSED, .times = 512 }
#define OPEN_EPISODES \
	{ .text = "episodes of reclaim that are still under way are not counted yet", \
	  .side = KERNEL_MORE, .bound = BOUND_OPEN_AT_END, .times = ANY }, \
	{ .text = "the start of some episodes was not seen (lost.unfinished)", \
	  .side = KERNEL_MORE, .bound = BOUND_UNFINISHED, .times = ANY }, \
	{ .text = "some episodes started before verify did", .side = MEMTRACE_MORE, .bound = BOUND_OPEN_AT_BEGIN, .times = ANY }
#define OPEN_SESSIONS \
	{ .text = "kswapd is still awake: its session is not counted yet", \
	  .side = KERNEL_MORE, .bound = BOUND_SESSIONS_AT_END, .times = ANY }, \
	{ .text = "a session of kswapd started before verify did", \
	  .side = MEMTRACE_MORE, .bound = BOUND_SESSIONS_AT_BEGIN, .times = ANY }
#define OTHER_PAGES \
	{ .text = "an episode's pages include slab pages that it freed (flush_reclaim_state())", \
	  .side = MEMTRACE_MORE, .bound = BOUND_SLAB_EPISODE_PAGES, .times = 1 }, \
	{ .text = "a task that dies while it waits reports 32 pages that were not reclaimed (shrink_inactive_list())", \
	  .side = MEMTRACE_MORE, .bound = BOUND_THROTTLED, .times = 32 }
#define SOFTLIMIT(bound_, times_) \
	{ .text = "soft limit reclaim is in the reclaimer's result, but not in its counter (cgroup_reclaim())", \
	  .side = MEMTRACE_MORE, .bound = bound_, .times = times_ }
#define RESTARTS(bound_) \
	{ .text = "an episode that starts over is counted again (do_try_to_free_pages())", \
	  .side = KERNEL_MORE, .bound = bound_, .times = 1 }
#define KILLS \
	{ .text = "a victim that was already dying is marked, but not counted as a kill (oom_kill_process())", \
	  .side = MEMTRACE_MORE, .bound = BOUND_ALWAYS, .times = ANY }, \
	{ .text = "memory.oom.group: the first victim is counted again with its group (oom_kill_memcg_member())", \
	  .side = KERNEL_MORE, .bound = BOUND_GROUP_KILLS, .times = 1 }
/*
 * Stalls.  On both sides a stall is between two readings of a clock, some instructions apart, between which the task may
 * be preempted; and the clocks are not the same.
 */
#define STALL_CLOCKS(bound_) \
	{ .text = "both read their clocks at different moments: 1 % (2 % on several CPUs), 5 us a stall, 20 ms", \
	  .side = KERNEL_MORE, .bound = bound_, .times = 1 }, \
	{ .text = "both read their clocks at different moments: 1 % (2 % on several CPUs), 5 us a stall, 20 ms", \
	  .side = MEMTRACE_MORE, .bound = bound_, .times = 1 }
#define ALL_STALL_CLOCKS \
	STALL_CLOCKS(BOUND_STALL_CLOCKS), \
	{ .text = "tasks may lose their CPU between the two clocks (psi_memstall_leave() is such a moment)", \
	  .side = KERNEL_MORE, .bound = BOUND_STALLS_PREEMPTED, .times = SLICE_NS }, \
	{ .text = "tasks may lose their CPU between the two clocks (psi_memstall_leave() is such a moment)", \
	  .side = MEMTRACE_MORE, .bound = BOUND_STALLS_PREEMPTED, .times = SLICE_NS }
#define CMD_STALL_CLOCKS \
	STALL_CLOCKS(BOUND_CMD_STALL_CLOCKS), \
	{ .text = "CMD lost its CPU between the two clocks (psi_memstall_leave() is such a moment)", \
	  .side = KERNEL_MORE, .bound = BOUND_CMD_PREEMPTED, .times = SLICE_NS }, \
	{ .text = "CMD lost its CPU between the two clocks (psi_memstall_leave() is such a moment)", \
	  .side = MEMTRACE_MORE, .bound = BOUND_CMD_PREEMPTED, .times = SLICE_NS }
#define MISSED_STALLS \
	SKIPPED(ANY), \
	{ .text = "the kernel skipped some runs of memtrace's programs (lost.recursion)", \
	  .side = MEMTRACE_MORE, .bound = BOUND_SKIPPED, .times = ANY }, \
	{ .text = "the begin or the end of some stalls was not seen (lost.unfinished)", \
	  .side = KERNEL_MORE, .bound = BOUND_UNFINISHED, .times = ANY }, \
	{ .text = "the begin or the end of some stalls was not seen (lost.unfinished)", \
	  .side = MEMTRACE_MORE, .bound = BOUND_UNFINISHED, .times = ANY }
#define THRASHES(bound_, beside_, times_) \
	{ .text = "sending out reads of the working set is a stall, but no thrashing (read_pages(), filemap_read_folio())", \
	  .side = MEMTRACE_MORE, .bound = bound_, .times = 1 }, \
	{ .text = "waits inside of stalls for another cause belong to these", \
	  .side = KERNEL_MORE, .bound = beside_, .times = times_ }
#define COMPACTIONS(beside_) \
	{ .text = "compaction inside of another stall, or that gives no event, has another cause (try_to_compact_pages())", \
	  .side = KERNEL_MORE, .bound = beside_, .times = 1 }

const struct counter_row counter_rows[] = {
	{ .file = COUNTERS_RUSAGE, .about = ABOUT_CMD, .name = "minor", .names = "minor", .figure = FIGURE_CMD_MINOR,
	  .reasons = {
		{ .text = "getrusage lacks descendants that no process waited for (wait_task_zombie())",
		  .side = MEMTRACE_MORE, .bound = BOUND_DESCENDANT_MINOR, .times = 1 },
		{ .text = "memtrace could no longer name some tasks; no process has their counts (lost.hot)",
		  .side = KERNEL_MORE, .bound = BOUND_UNNAMED_MINOR, .times = 1 },
		LOST_TASKS } },
	{ .file = COUNTERS_RUSAGE, .about = ABOUT_CMD, .name = "major", .names = "major", .figure = FIGURE_CMD_MAJOR,
	  .reasons = {
		{ .text = "getrusage lacks descendants that no process waited for (wait_task_zombie())",
		  .side = MEMTRACE_MORE, .bound = BOUND_DESCENDANT_MAJOR, .times = 1 },
		{ .text = "memtrace could no longer name some tasks; no process has their counts (lost.hot)",
		  .side = KERNEL_MORE, .bound = BOUND_UNNAMED_MAJOR, .times = 1 },
		LOST_TASKS } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgfault", .names = "pgfault",
	  .figure = FIGURE_FAULTS,
	  .reasons = {
		FAILED_FAULTS, LOST_TASKS, BETWEEN_HOOK_AND_COUNTER(KERNEL_MORE), BETWEEN_HOOK_AND_COUNTER(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgmajfault", .names = "pgmajfault",
	  .figure = FIGURE_MAJOR,
	  .reasons = { MAJOR_FAULTS, LOST_TASKS } },
	{ .file = COUNTERS_TRACEPOINTS, .about = ABOUT_MACHINE, .name = "kmem:mm_page_alloc",
	  .names = "kmem:mm_page_alloc", .figure = FIGURE_ALLOCS,
	  .reasons = {
		LOST_TASKS, SKIPPED(1),
		{ .text = "another tool's BPF program on the event may hide it from perf (trace_call_bpf())",
		  .side = MEMTRACE_MORE, .bound = BOUND_ALWAYS, .times = ANY },
		BETWEEN_HOOK_AND_COUNTER(KERNEL_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgalloc_*", .names = "pgalloc_*",
	  .figure = FIGURE_ALLOC_PAGES,
	  .reasons = {
		{ .text = "the bulk allocator fires no mm_page_alloc (alloc_pages_bulk())",
		  .side = KERNEL_MORE, .bound = BOUND_ALLOCS_SEEN, .times = ANY },
		LOST_TASKS, SKIPPED(1024),
		{ .text = "pages that a cgroup's limit refused are counted, then given back (__memcg_kmem_charge_page())",
		  .side = KERNEL_MORE, .bound = BOUND_FAILED_ALLOCS, .times = 1024 },
		{ .text = "pages that compaction captures are not in pgalloc (__alloc_pages_direct_compact())",
		  .side = MEMTRACE_MORE, .bound = BOUND_COMPACTED, .times = 1024 },
		BETWEEN_HOOK_AND_COUNTER(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "allocstall_*", .names = "allocstall_*",
	  .figure = FIGURE_DIRECT_EPISODES,
	  .reasons = {
		RESTARTS(BOUND_RESTARTS),
		{ .text = "episodes of reclaim that are still under way are not counted yet",
		  .side = KERNEL_MORE, .bound = BOUND_OPEN_AT_END, .times = 4 },
		{ .text = "some episodes started before verify did",
		  .side = MEMTRACE_MORE, .bound = BOUND_OPEN_AT_BEGIN, .times = 1 },
		LOST_TASKS, LOST_RARE } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgscan_direct",
	  .names = "pgscan_direct pgscan_khugepaged pgscan_proactive", .figure = FIGURE_NONE,
	  .none_why = "reclaim_yield of stat has what tasks scan; it is not compared here" },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgsteal_direct",
	  .names = "pgsteal_direct pgsteal_khugepaged pgsteal_proactive", .figure = FIGURE_DIRECT_PAGES,
	  .reasons = {
		OTHER_PAGES, SOFTLIMIT(BOUND_SOFTLIMIT_PAGES, 1), OPEN_EPISODES, LOST_TASKS, LOST_RARE,
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pgsteal_anon + pgsteal_file",
	  .names = "pgsteal_anon pgsteal_file", .figure = FIGURE_RECLAIMED_PAGES,
	  .reasons = {
		OTHER_PAGES, OPEN_EPISODES, OPEN_SESSIONS, LOST_TASKS, LOST_RARE,
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_KSWAPD, .name = "pgscan_kswapd", .names = "pgscan_kswapd",
	  .figure = FIGURE_KSWAPD_SCANNED,
	  .reasons = {
		OPEN_SESSIONS, LOST_RARE, SOFTLIMIT(BOUND_SOFTLIMIT_EPISODES, ANY),
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_KSWAPD, .name = "pgsteal_kswapd", .names = "pgsteal_kswapd",
	  .figure = FIGURE_KSWAPD_RECLAIMED,
	  .reasons = {
		OPEN_SESSIONS, LOST_RARE, SOFTLIMIT(BOUND_SOFTLIMIT_PAGES, 1),
		VMSTAT_STALE(KERNEL_MORE), VMSTAT_STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_KSWAPD, .name = "pageoutrun", .names = "pageoutrun",
	  .figure = FIGURE_KSWAPD_ROUNDS,
	  .reasons = { OPEN_SESSIONS, LOST_RARE } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pswpin", .names = "pswpin",
	  .figure = FIGURE_SWAPPED_IN,
	  .reasons = { SWAP_REASONS } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "pswpout", .names = "pswpout",
	  .figure = FIGURE_SWAPPED_OUT,
	  .reasons = { SWAP_REASONS } },
	{ .file = COUNTERS_VMSTAT, .about = ABOUT_MACHINE, .name = "oom_kill", .names = "oom_kill",
	  .figure = FIGURE_KILLS,
	  .reasons = { KILLS, LOST_RARE } },
	{ .file = COUNTERS_MEMORY_STAT, .about = ABOUT_CGROUP, .name = "pgfault", .names = "pgfault",
	  .names_v1 = "total_pgfault", .figure = FIGURE_FAULTS,
	  .reasons = { FAILED_FAULTS, FOREIGN_FAULTS, LOST_TASKS, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_MEMORY_STAT, .about = ABOUT_CGROUP, .name = "pgmajfault", .names = "pgmajfault",
	  .names_v1 = "total_pgmajfault", .figure = FIGURE_MAJOR,
	  .reasons = { MAJOR_FAULTS, FOREIGN_FAULTS, LOST_TASKS, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_MEMORY_STAT, .about = ABOUT_MACHINE, .name = "pgsteal_direct",
	  .names = "pgsteal_direct pgsteal_khugepaged pgsteal_proactive", .names_v1 = "", .figure = FIGURE_TASK_PAGES,
	  .none_why = "cgroup v1's memory.stat has none",
	  .reasons = { OTHER_PAGES, OPEN_EPISODES, LOST_TASKS, LOST_RARE, STALE(KERNEL_MORE), STALE(MEMTRACE_MORE) } },
	{ .file = COUNTERS_MEMORY_EVENTS, .about = ABOUT_CGROUP, .name = "oom_kill", .names = "oom_kill",
	  .names_v1 = "oom_kill", .figure = FIGURE_CGROUP_KILLS,
	  .reasons = {
		KILLS,
		{ .text = "a kill counts for the cgroup that owns the memory, which may not be the victim's (memcg_memory_event_mm())",
		  .side = KERNEL_MORE, .bound = BOUND_KILLS_ELSEWHERE, .times = 1 },
		LOST_RARE } },
	{ .file = COUNTERS_MEMORY_EVENTS, .about = ABOUT_CGROUP, .name = "max + high", .names = "max high",
	  .names_v1 = "", .figure = FIGURE_MEMCG_EPISODES,
	  .none_why = "cgroup v1 counts no reclaim: memory.failcnt counts several failed charges an episode",
	  .reasons = {
		{ .text = "a charge that must not fail raises the event without reclaim (try_charge_memcg())",
		  .side = KERNEL_MORE, .bound = BOUND_MEMCG_EPISODES, .times = 1, .per = 100 },
		{ .text = "a charge that must not reclaim raises the event without reclaim (try_charge_memcg())",
		  .side = KERNEL_MORE, .bound = BOUND_ATOMIC_ALLOCS, .times = 1 },
		{ .text = "memory_localevents: limits of cgroups below it are only in their own files (memcg_memory_event())",
		  .side = MEMTRACE_MORE, .bound = BOUND_LOCAL_EVENTS, .times = ANY },
		{ .text = "the cgroup's tasks also reclaim when an ancestor reaches its limit",
		  .side = MEMTRACE_MORE, .bound = BOUND_ANCESTOR_EVENTS, .times = 1 },
		{ .text = "episodes of reclaim that are still under way are not counted yet",
		  .side = KERNEL_MORE, .bound = BOUND_OPEN_AT_END, .times = 1 },
		{ .text = "some episodes started before verify did",
		  .side = MEMTRACE_MORE, .bound = BOUND_OPEN_AT_BEGIN, .times = 1 },
		LOST_TASKS, LOST_RARE } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "freepages_count", .names = "count",
	  .figure = FIGURE_CMD_STALLS,
	  .reasons = {
		RESTARTS(BOUND_CMD_RESTARTS),
		{ .text = "node reclaim is counted on some kernels (__node_reclaim())",
		  .side = KERNEL_MORE, .bound = BOUND_CMD_NODE_EPISODES, .times = 1 },
		LOST_TASKS, LOST_RARE } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "freepages_delay_total", .names = "delay",
	  .figure = FIGURE_CMD_STALL_NS,
	  .reasons = {
		{ .text = "an episode starts before the kernel's timing and ends after it (do_try_to_free_pages())",
		  .side = MEMTRACE_MORE, .bound = BOUND_CMD_STALLS, .times = ANY },
		{ .text = "the kernel's clock for this is not steered by NTP (local_clock())",
		  .side = KERNEL_MORE, .bound = BOUND_CMD_STALL_NS, .times = 1, .per = 1000 },
		{ .text = "node reclaim is counted on some kernels (__node_reclaim())",
		  .side = KERNEL_MORE, .bound = BOUND_CMD_NODE_NS, .times = 1 },
		LOST_TASKS, LOST_RARE } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "freepages_delay_total (stalls)", .names = "delay",
	  .figure = FIGURE_CMD_RECLAIM_WAIT_NS,
	  .reasons = {
		CMD_STALL_CLOCKS,
		{ .text = "a stall begins before the kernel's timing and ends after it (do_try_to_free_pages())",
		  .side = MEMTRACE_MORE, .bound = BOUND_CMD_RECLAIMS, .times = ANY },
		{ .text = "memory.reclaim and limits that are written reclaim without a stall (memory_max_write())",
		  .side = KERNEL_MORE, .bound = BOUND_CMD_UNSTALLED_NS, .times = 1 },
		{ .text = "reclaim inside of stalls for another cause belongs to these",
		  .side = KERNEL_MORE, .bound = BOUND_CMD_NO_RECLAIM_NS, .times = 1 },
		MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "thrashing_count", .names = "count",
	  .figure = FIGURE_CMD_THRASHES,
	  .reasons = { THRASHES(BOUND_CMD_REFAULTS, BOUND_CMD_NO_THRASHES, ANY), MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "thrashing_delay_total", .names = "delay",
	  .figure = FIGURE_CMD_THRASH_NS,
	  .reasons = {
		CMD_STALL_CLOCKS,
		THRASHES(BOUND_CMD_REFAULT_NS, BOUND_CMD_NO_THRASH_NS, 1), MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "compact_count", .names = "count",
	  .figure = FIGURE_CMD_COMPACTIONS,
	  .reasons = { COMPACTIONS(BOUND_CMD_NO_COMPACTIONS), MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "compact_delay_total", .names = "delay",
	  .figure = FIGURE_CMD_COMPACTION_NS,
	  .reasons = {
		CMD_STALL_CLOCKS,
		COMPACTIONS(BOUND_CMD_NO_COMPACTION_NS), MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_TASKSTATS, .about = ABOUT_CMD, .name = "swapin_delay_total", .names = "delay",
	  .figure = FIGURE_NONE,
	  .none_why = "reads of pages that are no working set are in it, which are no stalls (swap_read_folio())" },
	{ .file = COUNTERS_PSI_CPUS, .about = ABOUT_MACHINE, .name = "memory some", .names = "some",
	  .figure = FIGURE_STALLED_BY_CPU,
	  .reasons = { ALL_STALL_CLOCKS, MISSED_STALLS, LOST_TASKS } },
	{ .file = COUNTERS_PSI, .about = ABOUT_MACHINE, .name = "memory some", .names = "some", .figure = FIGURE_STALLED,
	  .reasons = {
		ALL_STALL_CLOCKS,
		{ .text = "on several CPUs PSI weighs each by how busy it was (collect_percpu_times())",
		  .side = MEMTRACE_MORE, .bound = BOUND_STALLED_ON_CPUS, .times = 1 },
		{ .text = "PSI drops what is below a jiffy in a period, and each reader ends one (collect_percpu_times())",
		  .side = MEMTRACE_MORE, .bound = BOUND_STALL_PERIODS, .times = JIFFY_NS },
		MISSED_STALLS, LOST_TASKS } },
};
const size_t nr_counter_rows = sizeof(counter_rows) / sizeof(*counter_rows);
_Static_assert(sizeof(counter_rows) / sizeof(*counter_rows) <= COUNTER_ROWS_MAX, "COUNTER_ROWS_MAX");

/* clang-format on */

const struct bound_row bound_rows[] = {
	{ .bound = BOUND_COMPACTED, .names = "compact_success" },
	{ .bound = BOUND_COLLAPSED, .names = "thp_collapse_alloc" },
	{ .bound = BOUND_KILLS_ELSEWHERE, .names = "oom_kill" },
	{ .bound = BOUND_FOREIGN_FAULTS, .names = "pgfault" },
};
_Static_assert(sizeof(bound_rows) / sizeof(*bound_rows) == NR_BOUND_ROWS, "NR_BOUND_ROWS");

const char *counter_file__name(enum counter_file file)
{
	static const char *const names[NR_COUNTER_FILES] = {
		[COUNTERS_RUSAGE] = "getrusage",
		[COUNTERS_VMSTAT] = "vmstat",
		[COUNTERS_TRACEPOINTS] = "tracepoints",
		[COUNTERS_MEMORY_STAT] = "memory.stat",
		[COUNTERS_MEMORY_EVENTS] = "memory.events",
		[COUNTERS_TASKSTATS] = "delay accounting",
		[COUNTERS_PSI_CPUS] = "psi_group_cpu",
		[COUNTERS_PSI] = "/proc/pressure/memory",
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
