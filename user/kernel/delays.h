/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Task delay accounting: the kernel's own times of a process, reported when it ends (taskstats over netlink). */
#ifndef MEMTRACE_KERNEL_DELAYS_H
#define MEMTRACE_KERNEL_DELAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct delays {
	int fd;		 /* 0: closed */
	const char *why; /* why it is not available; NULL: it is */
};

struct delay {
	uint64_t count, total_ns;
};

/* What a process waited for itself. */
struct task_delays {
	struct delay reclaim;	 /* direct, of nodes and for memory cgroups */
	struct delay thrashing;	 /* pages of the working set that were evicted; from 6.1 on also if to swap */
	struct delay swapin;	 /* reading what was swapped out, also what is no working set */
	struct delay compaction; /* direct; only if has_compaction */
	bool has_compaction;	 /* from 5.18 on */
};

/* Whether the kernel accounts delays of tasks that are born now, as far as it has that. */
bool delays__are_on(void);
/* Starts listening for the ends of tasks; why has the reason if it cannot. */
void delays__open(struct delays *delays);
void delays__close(struct delays *delays);
/* The report of a process that has ended; false, with why, if there was none. */
bool delays__take(struct delays *delays, pid_t pid, struct task_delays *result);

#endif
