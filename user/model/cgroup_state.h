/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Memory cgroups as readings of their files found them: what the command state shows of them.  MT_UNKNOWN_U64 is what
 * the kernel does not tell.  Names are as the file system has them: any bytes but 0 and /.
 */
#ifndef MEMTRACE_MODEL_CGROUP_STATE_H
#define MEMTRACE_MODEL_CGROUP_STATE_H

#include "samples.h"

/* Cgroups that are looked at; of more it is only known that they are there. */
#define CGROUP_STATES_MAX    16384
#define CGROUP_PROCESSES_MAX 4096
#define CGROUP_LEVELS_MAX    16

/* What memory.stat says of a cgroup, under these names: what it is charged for, by kind, and more. */
enum cgroup_stat {
	CGROUP_STAT_ANON,
	CGROUP_STAT_FILE, /* with shared memory */
	CGROUP_STAT_SHMEM,
	CGROUP_STAT_SLAB_RECLAIMABLE,
	CGROUP_STAT_SLAB_UNRECLAIMABLE,
	CGROUP_STAT_KERNEL_STACK,
	CGROUP_STAT_PAGETABLES,
	CGROUP_STAT_SEC_PAGETABLES,
	CGROUP_STAT_PERCPU,
	CGROUP_STAT_VMALLOC,
	CGROUP_STAT_ZSWAP,
	CGROUP_STAT_KERNEL, /* all of the kernel, those above in it */
	CGROUP_STAT_SOCK,
	CGROUP_STAT_HUGETLB,
	CGROUP_STAT_INACTIVE_FILE,
	CGROUP_STAT_ACTIVE_FILE,
	CGROUP_STAT_DIRTY,
	CGROUP_STAT_UNEVICTABLE,
	CGROUP_STAT_ZSWAPPED, /* what zswap holds of it, before it was compressed */
	CGROUP_STAT_ZSWPIN,   /* pages, since it was made, as the next two */
	CGROUP_STAT_ZSWPOUT,
	CGROUP_STAT_ZSWPWB,
	NR_CGROUP_STATS
};

struct cgroup_reading {
	uint64_t time_ns; /* boot time clock; 0: there is none */
	uint64_t values[NR_CGROUP_SAMPLES];
	uint64_t stats[NR_CGROUP_STATS]; /* in bytes, if not said otherwise; of those that are shown alone */
};

struct cgroup_state {
	const char *path; /* below the mount; "/": the root */
	uint64_t id;
	uint64_t nr_links; /* of its directory; 2: nothing is below it */
	bool gone;
	struct cgroup_reading before, now; /* the last two readings */
};

struct cgroup_states {
	enum cgroup_version version;
	struct cgroup_state **list;
	size_t nr, nr_read; /* so many were read once at least */
	size_t left_out;    /* that found no room */
	uint64_t dying;	    /* that were removed, and still hold memory */
	uint64_t turn_ns;   /* CPU time of the longest turn */
	uint64_t spent_ns;  /* all of them */
};

struct cgroup_process {
	uint32_t pid;
	char comm[64];
	uint64_t anon, file, shmem, swap; /* resident, swapped out; bytes */
};

/* A cgroup on the way to the root, or itself, with what limits it. */
struct cgroup_level {
	char path[256]; /* cut at its begin, if it is longer */
	uint64_t current, max, high;
};

/* What fills one cgroup. */
struct cgroup_filling {
	struct cgroup_state *own;
	struct cgroup_level levels[CGROUP_LEVELS_MAX]; /* itself first */
	struct cgroup_process *processes;	       /* those that hold most first; owned */
	size_t nr_levels, nr_processes;
	uint64_t swappiness; /* its own, of v1 */
	size_t processes_left_out;
};

#endif
