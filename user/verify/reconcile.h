/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Compares what the kernel counted with what memtrace counted: which counter with which figure, what may make them
 * differ, and by how much.  Pure: reads nothing from the kernel, knows no session.
 */
#ifndef MEMTRACE_VERIFY_RECONCILE_H
#define MEMTRACE_VERIFY_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a counter of the kernel is read. */
enum counter_file {
	COUNTERS_RUSAGE,	/* wait4() of CMD */
	COUNTERS_VMSTAT,	/* /proc/vmstat */
	COUNTERS_TRACEPOINTS,	/* perf's count of an event: whether memtrace's programs saw each */
	COUNTERS_MEMORY_STAT,	/* of the cgroup */
	COUNTERS_MEMORY_EVENTS, /* of the cgroup; v1: memory.oom_control */
	COUNTERS_TASKSTATS,	/* delay accounting of CMD's own process */
	COUNTERS_PSI_CPUS,	/* the kernel's own times of stalls, added up over CPUs */
	COUNTERS_PSI,		/* /proc/pressure/memory */
	NR_COUNTER_FILES
};

/* What a counter covers: a run with -c counts only one cgroup's tasks, and kswapd always. */
enum counter_subject {
	ABOUT_CMD,
	ABOUT_MACHINE,
	ABOUT_CGROUP, /* without -c the root cgroup: the machine */
	ABOUT_KSWAPD,
};

/* What memtrace counted. */
enum figure {
	FIGURE_NONE, /* it does not count that */
	FIGURE_CMD_MINOR,
	FIGURE_CMD_MAJOR,
	FIGURE_FAULTS,
	FIGURE_MAJOR,
	FIGURE_ALLOCS, /* and attempts that failed */
	FIGURE_ALLOC_PAGES,
	FIGURE_DIRECT_EPISODES,
	FIGURE_MEMCG_EPISODES,
	FIGURE_DIRECT_PAGES,
	FIGURE_TASK_PAGES,	/* that tasks reclaimed themselves */
	FIGURE_RECLAIMED_PAGES, /* that, and kswapd's */
	FIGURE_KSWAPD_ROUNDS,
	FIGURE_KSWAPD_SCANNED,
	FIGURE_KSWAPD_RECLAIMED,
	FIGURE_SWAPPED_IN,
	FIGURE_SWAPPED_OUT,
	FIGURE_KILLS,
	FIGURE_CGROUP_KILLS,
	FIGURE_CMD_STALLS,
	FIGURE_CMD_STALL_NS,
	/* Of stalls, in ns unless they are counts: */
	FIGURE_CMD_RECLAIM_WAIT_NS,
	FIGURE_CMD_THRASHES,
	FIGURE_CMD_THRASH_NS,
	FIGURE_CMD_COMPACTIONS,
	FIGURE_CMD_COMPACTION_NS,
	FIGURE_STALLED_BY_CPU,
	FIGURE_STALLED,
	NR_FIGURES
};

/* Measured conditions that reasons depend on. */
enum bound {
	BOUND_ALWAYS,		/* 1 */
	BOUND_CPUS,		/* online */
	BOUND_STALE,		/* events that memory.stat may be behind by */
	BOUND_VMSTAT_STALE,	/* pages that a counter of /proc/vmstat may be behind by */
	BOUND_DESCENDANT_MINOR, /* of CMD's descendants, CMD itself not among them */
	BOUND_DESCENDANT_MAJOR,
	BOUND_UNNAMED_MINOR, /* of tasks that memtrace could no longer name: they are in no process's row */
	BOUND_UNNAMED_MAJOR,
	BOUND_LOST_TASKS,     /* whose last counts did not come */
	BOUND_LOST_RARE,      /* rare events */
	BOUND_SKIPPED,	      /* runs of programs */
	BOUND_UNFINISHED,     /* episodes without a begin or an end */
	BOUND_FAILED_FAULTS,  /* at most: exceptions beyond accounted faults, and OOM kills */
	BOUND_SILENT_FAULTS,  /* at most: accounted faults without an exception */
	BOUND_OUTWARD_FAULTS, /* the same, where a cgroup is watched: these may be on other tasks' memory */
	BOUND_FOREIGN_FAULTS, /* the same of the whole machine, where a cgroup is watched */
	BOUND_RETRIED_FAULTS, /* at most, where the kernel counts each attempt */
	BOUND_MAJOR,	      /* major faults */
	BOUND_EVICTED,	      /* the lesser of major faults and reclaimed pages */
	BOUND_COLLAPSED,      /* huge pages that khugepaged allocated to collapse into */
	BOUND_COMPACTED,      /* allocations that compaction served */
	BOUND_ALLOCS_SEEN,    /* 1: memtrace saw each allocation that has an event, or these were not counted */
	BOUND_FAILED_ALLOCS,
	BOUND_ATOMIC_ALLOCS, /* allocations that must not reclaim */
	BOUND_RESTARTS,	     /* at most, of direct reclaim's episodes */
	BOUND_THROTTLED,     /* waits of reclaim, or, where they have no event, OOM kills */
	BOUND_OPEN_AT_BEGIN, /* episodes of reclaim under way */
	BOUND_OPEN_AT_END,
	BOUND_SESSIONS_AT_BEGIN, /* of kswapd, under way */
	BOUND_SESSIONS_AT_END,
	BOUND_SLAB_EPISODE_PAGES, /* pages of episodes whose count includes freed slab pages */
	BOUND_SOFTLIMIT_PAGES,	  /* of soft limit reclaim, where vmstat does not count it for its reclaimer */
	BOUND_SOFTLIMIT_EPISODES, /* the same */
	BOUND_MEMCG_EPISODES,
	BOUND_ANCESTOR_EVENTS, /* events at the limits of the cgroup's ancestors */
	BOUND_LOCAL_EVENTS,    /* 1: memory.events has only the cgroup's own events */
	BOUND_GROUP_KILLS,     /* kills where memory.oom.group is set, or may have been */
	BOUND_KILLS_ELSEWHERE, /* that the kernel counted, beyond those in the cgroup */
	BOUND_CMD_RESTARTS,    /* as BOUND_RESTARTS, of CMD's episodes */
	BOUND_CMD_STALLS,
	BOUND_CMD_STALL_NS,
	BOUND_CMD_NODE_EPISODES,
	BOUND_CMD_NODE_NS,
	/* Of stalls: */
	BOUND_STALL_CLOCKS,	/* ns by which the moments differ at which both sides read their clocks */
	BOUND_STALLS_PREEMPTED, /* stalls of tasks, on kernels that preempt */
	BOUND_STALL_PERIODS,	/* of PSI, at least */
	BOUND_STALLED_ON_CPUS,	/* ns in which some task was stalled; 0 on a machine with one CPU */
	BOUND_CMD_STALL_CLOCKS, /* as BOUND_STALL_CLOCKS, of CMD's stalls */
	BOUND_CMD_PREEMPTED,	/* times that CMD and descendants lost their CPU */
	BOUND_CMD_RECLAIMS,	/* stalls */
	BOUND_CMD_UNSTALLED_NS, /* reclaim beyond the stalls for it */
	BOUND_CMD_REFAULTS,
	BOUND_CMD_REFAULT_NS,
	BOUND_CMD_NO_RECLAIM_NS, /* stalls for anything but reclaim, and so on */
	BOUND_CMD_NO_THRASHES,
	BOUND_CMD_NO_THRASH_NS,
	BOUND_CMD_NO_COMPACTIONS,
	BOUND_CMD_NO_COMPACTION_NS,
	NR_BOUNDS
};

/* A bound from the kernel's counters that could not be read; memtrace's own numbers complete it. */
#define BOUND_UNKNOWN UINT64_MAX

/* Page faults that the kernel does not account to a task, or not as the task's exception. */
struct fault_exceptions {
	bool known;
	uint64_t unaccounted; /* exceptions at most: of faults that failed, were cut short, or are under way */
	uint64_t accounted;   /* at least: exceptions that ended as a minor or a major fault */
};

enum side { KERNEL_MORE, MEMTRACE_MORE };

#define REASON_WITHOUT_BOUND 0
#define REASONS_MAX	     12

/*
 * Explains a difference to one side, up to bounds[bound] * times / per.  Without a bound it explains any difference,
 * if bounds[bound] is not 0.
 */
struct reason {
	const char *text; /* NULL: none */
	enum side side;
	enum bound bound;
	uint32_t times; /* or REASON_WITHOUT_BOUND */
	uint32_t per;	/* 0: 1 */
};

struct counter_row {
	enum counter_file file;
	enum counter_subject about;
	const char *name;     /* as people know it */
	const char *names;    /* the lines that it sums up */
	const char *names_v1; /* the lines on cgroup v1, if they differ; "": v1 has none */
	enum figure figure;
	const char *none_why; /* reason for FIGURE_NONE, or for a counter that v1 lacks */
	struct reason reasons[REASONS_MAX];
};

extern const struct counter_row counter_rows[];
extern const size_t nr_counter_rows;
#define COUNTER_ROWS_MAX 32

/* Bounds that are differences of lines of /proc/vmstat. */
struct bound_row {
	enum bound bound;
	const char *names;
};
extern const struct bound_row bound_rows[];
#define NR_BOUND_ROWS 4

const char *counter_file__name(enum counter_file file);

/* The true count of the time that memtrace watched is between low and high. */
struct kernel_figure {
	bool known;
	const char *why; /* why it is not known */
	uint64_t low, high;
};

struct own_figure {
	bool known;
	const char *why;
	uint64_t value;
};

enum verdict {
	VERDICT_EQUAL,
	VERDICT_EXPLAINED,
	VERDICT_UNEXPLAINED,
	VERDICT_UNKNOWN, /* one of the two is not known */
};

struct reconciled {
	enum verdict verdict;
	int64_t difference;   /* memtrace's figure less the nearest value that the kernel's can have */
	uint64_t unexplained; /* how much of it no reason covers */
	char why[400];	      /* the reasons, or why a figure is not known; "" */
};

const char *verdict__name(enum verdict verdict);
void reconcile(const struct counter_row *row, const struct kernel_figure *kernel, const struct own_figure *own,
	       const uint64_t bounds[NR_BOUNDS], struct reconciled *result);

#endif
