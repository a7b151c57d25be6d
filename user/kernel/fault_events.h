/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* perf's counts of page faults: of all tasks, on all CPUs. */
#ifndef MEMTRACE_KERNEL_FAULT_EVENTS_H
#define MEMTRACE_KERNEL_FAULT_EVENTS_H

#include <stdint.h>

struct fault_count {
	uint64_t exceptions;
	uint64_t accounted; /* exceptions that ended as a minor or a major fault of the task */
};

/* All zero: not open. */
struct fault_events {
	int *leaders; /* by CPU, -1 where it is offline; owned, as are those of its group */
	int *members;
	int nr_cpus;
};

/* 0 or -errno: the kernel may refuse them. */
int fault_events__open(struct fault_events *events);
/* 0 or -errno. */
int fault_events__read(const struct fault_events *events, struct fault_count *count);
void fault_events__close(struct fault_events *events);

#endif
