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

/* Reclaim that a process did itself, direct and for memory cgroups. */
struct reclaim_delay {
	uint64_t count, total_ns;
};

/* Starts listening for the ends of tasks; why has the reason if it cannot. */
void delays__open(struct delays *delays);
void delays__close(struct delays *delays);
/* The report of a process that has ended; false, with why, if there was none. */
bool delays__take(struct delays *delays, pid_t pid, struct reclaim_delay *delay);

#endif
