/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the kernel counted beside what memtrace counted: which counter is
 * compared with which figure, and what may make them differ, by how much.
 * Pure: knows no kernel, no session.
 */
#ifndef MEMTRACE_VERIFY_RECONCILE_H
#define MEMTRACE_VERIFY_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the kernel says it. */
enum counter_file {
	COUNTERS_RUSAGE,	/* wait4() of CMD */
	COUNTERS_VMSTAT,	/* /proc/vmstat */
	COUNTERS_TRACEPOINTS,	/* perf's count of an event: whether memtrace's programs saw each */
	COUNTERS_MEMORY_STAT,	/* of the cgroup */
	COUNTERS_MEMORY_EVENTS, /* of the cgroup; v1: memory.oom_control */
	COUNTERS_TASKSTATS,	/* delay accounting of CMD's own process */
	NR_COUNTER_FILES
};

/* Whom a counter is about: a run with -c counts one cgroup's tasks alone, and kswapd always. */
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
	FIGURE_KILLS,
	FIGURE_CGROUP_KILLS,
	FIGURE_CMD_STALLS,
	FIGURE_CMD_STALL_NS,
	NR_FIGURES
};

/* Measured conditions that reasons depend on. */
enum fact {
	FACT_ALWAYS,	       /* 1 */
	FACT_CPUS,	       /* online */
	FACT_STALE,	       /* events that memory.stat may be behind by */
	FACT_VMSTAT_STALE,     /* pages that a counter of /proc/vmstat may be behind by */
	FACT_DESCENDANT_MINOR, /* of CMD's descendants, CMD itself not among them */
	FACT_DESCENDANT_MAJOR,
	FACT_UNNAMED_MINOR, /* of tasks that memtrace could no longer name: they are in no process's row */
	FACT_UNNAMED_MAJOR,
	FACT_LOST_TASKS,     /* whose last counts did not come */
	FACT_LOST_RARE,	     /* rare events */
	FACT_SKIPPED,	     /* runs of programs */
	FACT_UNFINISHED,     /* episodes without a begin or an end */
	FACT_FAILED_FAULTS,  /* at most: exceptions beyond accounted faults, and OOM kills */
	FACT_SILENT_FAULTS,  /* at most: accounted faults without an exception */
	FACT_OUTWARD_FAULTS, /* likewise, where a cgroup is watched: those may be on others' memory */
	FACT_FOREIGN_FAULTS, /* likewise of the whole machine, where a cgroup is watched */
	FACT_RETRIED_FAULTS, /* at most, where the kernel counts each attempt */
	FACT_MAJOR,	     /* major faults */
	FACT_EVICTED,	     /* the lesser of major faults and reclaimed pages */
	FACT_COLLAPSED,	     /* huge pages that khugepaged allocated to collapse into */
	FACT_COMPACTED,	     /* allocations that compaction served */
	FACT_ALLOCS_SEEN,    /* 1: memtrace saw each allocation that has an event, or nobody counted them */
	FACT_FAILED_ALLOCS,
	FACT_ATOMIC_ALLOCS, /* allocations that must not reclaim */
	FACT_RESTARTS,	    /* at most, of direct reclaim's episodes */
	FACT_THROTTLED,	    /* waits of reclaim, or, where they have no event, OOM kills */
	FACT_OPEN_AT_BEGIN, /* episodes of reclaim under way */
	FACT_OPEN_AT_END,
	FACT_SESSIONS_AT_BEGIN, /* of kswapd, likewise */
	FACT_SESSIONS_AT_END,
	FACT_SLAB_EPISODE_PAGES, /* pages of those episodes in whose count freed slab pages are */
	FACT_SOFTLIMIT_PAGES,	 /* of soft limit reclaim, where vmstat does not have it as its reclaimer's */
	FACT_SOFTLIMIT_EPISODES, /* likewise */
	FACT_MEMCG_EPISODES,
	FACT_ANCESTOR_EVENTS, /* limits that ancestors of the cgroup ran into themselves */
	FACT_LOCAL_EVENTS,    /* 1: memory.events has the cgroup's own alone */
	FACT_GROUP_KILLS,     /* kills where memory.oom.group is set, or may have been */
	FACT_KILLS_ELSEWHERE, /* that the kernel counted, beyond those in the cgroup */
	FACT_CMD_RESTARTS,    /* as FACT_RESTARTS, of CMD's episodes */
	FACT_CMD_STALLS,
	FACT_CMD_STALL_NS,
	FACT_CMD_NODE_EPISODES,
	FACT_CMD_NODE_NS,
	NR_FACTS
};

/* A fact that the kernel's counters would have, but these could not be read; completed by memtrace's own. */
#define FACT_UNKNOWN UINT64_MAX

/* What the kernel says of page faults that it does not account to a task, or not as the task's exception. */
struct fault_exceptions {
	bool known;
	uint64_t unaccounted; /* exceptions at most: of faults that failed, were cut short, or are under way */
	uint64_t accounted;   /* at least: exceptions that ended as a minor or a major fault */
};

enum side { KERNEL_MORE, MEMTRACE_MORE };

#define REASON_WITHOUT_BOUND 0
#define REASONS_MAX	     12

/* It explains a difference to one side, up to facts[fact] * times / per; without bound any, if the fact is not 0. */
struct reason {
	const char *text; /* NULL: none */
	enum side side;
	enum fact fact;
	uint32_t times; /* or REASON_WITHOUT_BOUND */
	uint32_t per;	/* 0: 1 */
};

struct counter_row {
	enum counter_file file;
	enum counter_subject about;
	const char *name;     /* as people know it */
	const char *names;    /* the lines that it is the sum of */
	const char *names_v1; /* where cgroup v1 has others; "": it has none */
	enum figure figure;
	const char *none_why; /* of FIGURE_NONE, and what v1 lacks */
	struct reason reasons[REASONS_MAX];
};

extern const struct counter_row counter_rows[];
extern const size_t nr_counter_rows;
#define COUNTER_ROWS_MAX 32

/* Facts that are differences of lines of /proc/vmstat. */
struct fact_row {
	enum fact fact;
	const char *names;
};
extern const struct fact_row fact_rows[];
#define NR_FACT_ROWS 4

const char *counter_file__name(enum counter_file file);

/* The true count of the time that memtrace watched is between low and high. */
struct kernel_figure {
	bool known;
	const char *why; /* of its not being known */
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
	int64_t difference;   /* memtrace's figure less the nearest that the kernel's can be */
	uint64_t unexplained; /* how much of it no reason covers */
	char why[400];	      /* the reasons, or why a figure is not known; "" */
};

const char *verdict__name(enum verdict verdict);
void reconcile(const struct counter_row *row, const struct kernel_figure *kernel, const struct own_figure *own,
	       const uint64_t facts[NR_FACTS], struct reconciled *result);

#endif
