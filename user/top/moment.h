/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What `top` shows, as it was at one moment: what each thread counted in the interval that ended then, the memory of
 * each process, the machine and cgroups as samples.  Whoever makes one (a run, a recording) knows where it comes from;
 * whoever shows one does not.
 *
 * MT_UNKNOWN_U64 is what is not known.
 */
#ifndef MEMTRACE_TOP_MOMENT_H
#define MEMTRACE_TOP_MOMENT_H

#include <stdbool.h>

#include "../model/samples.h"

#define TOP_ORDERS 11

/* What is known of a task: counts of the interval, times in ns, memory in bytes. */
enum top_value {
	TOP_MINOR,
	TOP_MAJOR,
	TOP_USER_MODE,
	TOP_KERNEL_MODE,
	TOP_WRITE,
	TOP_EXEC,
	TOP_ALLOCATED,
	TOP_ALLOCATIONS,
	TOP_FOR_USER,
	TOP_FOR_KERNEL,
	TOP_UNMOVABLE,
	TOP_HIGH_ORDER, /* of order 4 and above */
	TOP_FAILED,
	TOP_ORDER_0,
	TOP_ORDER_LAST = TOP_ORDER_0 + TOP_ORDERS - 1,
	TOP_STALLED,
	TOP_MEMCG,
	TOP_HIGH,
	TOP_DIRECT,
	TOP_COMPACT,
	TOP_SWAPIN,
	TOP_REFAULT,
	TOP_OTHER,
	TOP_FILE,
	TOP_DIRTY,
	TOP_MMAP_LOCK,
	TOP_OOM_WAIT,
	TOP_RECLAIMED,
	/* of processes, as they are then */
	TOP_RSS,
	TOP_ANON,
	TOP_FILE_RSS,
	TOP_SHMEM,
	TOP_SWAP,
	TOP_PAGE_TABLES,
	NR_TOP_VALUES
};

#define TOP_FIRST_MEMORY TOP_RSS

_Static_assert(NR_TOP_VALUES <= 64, "a bit for each value");

struct top_value_row {
	const char *name;	   /* for people */
	const enum mt_slot *slots; /* whose sum it is; NULL: of the probe "memory" */
	size_t nr_slots;
	enum unit unit; /* UNIT_PAGES of counters are bytes in here */
};

extern const struct top_value_row top_value_rows[NR_TOP_VALUES];

/* A thread that counted something. */
struct top_task {
	uint32_t pid, tid, uid;
	uint64_t start_ns; /* of the process */
	uint64_t cgroup_id;
	bool kthread, exited;
	char comm[MT_COMM_LEN + 1];
	uint64_t v[TOP_FIRST_MEMORY];
};

/* A process with memory of its own. */
struct top_process {
	uint32_t pid, uid;
	uint64_t start_ns, cgroup_id;
	bool exited; /* what it had last */
	int32_t oom_score_adj;
	char comm[MT_COMM_LEN + 1];
	uint64_t v[NR_TOP_VALUES - TOP_FIRST_MEMORY];
};

struct top_cgroup {
	uint64_t id;
	uint64_t values[NR_CGROUP_SAMPLES];
};

struct top_moment {
	uint64_t time_ns; /* when the interval ended, boot time clock; 0: there is none yet */
	int64_t wall_offset_ns;
	uint64_t duration_ns; /* of the interval */
	uint64_t known;	      /* a bit for each value that is counted */
	uint64_t page_size;
	uint64_t samples[NR_SAMPLES], growth[NR_SAMPLES]; /* as they are; of counters, how far they grew */
	double own_cpu;					  /* memtrace's own, of one CPU; below 0: not known */
	uint64_t events_lost;				  /* since the start */
	char lost[320];					  /* the same in words */
	char unavailable[128];				  /* probes that are missing, or "" */
	struct top_task *tasks;				  /* owned, as the others */
	struct top_process *processes;
	struct top_cgroup *cgroups;
	size_t nr_tasks, nr_processes, nr_cgroups;
	uint64_t left_out; /* tasks that found no room */
};

/* Leaves it all zero. */
void top_moment__free(struct top_moment *moment);

static inline bool top_moment__knows(const struct top_moment *moment, enum top_value value)
{
	return moment->known >> value & 1;
}

#endif
