/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Task delay accounting: what the kernel itself timed of a process, told when it ends (taskstats over netlink). */
#ifndef MEMTRACE_KERNEL_DELAYS_H
#define MEMTRACE_KERNEL_DELAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct delays {
	int fd;		 /* 0: closed */
	const char *why; /* it cannot be had; NULL: it can */
};

/* Of reclaim that a process did itself, direct and of memory cgroups. */
struct reclaim_delay {
	uint64_t count, total_ns;
};

/* Listens for the ends of tasks from here on; what hinders is in why. */
void delays__open(struct delays *delays);
void delays__close(struct delays *delays);
/* What was told of a process that has ended; false, and why, if nothing was. */
bool delays__take(struct delays *delays, pid_t pid, struct reclaim_delay *delay);

#endif
