/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* perf's counts of page faults: of all tasks, on all CPUs. */
#ifndef MEMTRACE_KERNEL_FAULT_EVENTS_H
#define MEMTRACE_KERNEL_FAULT_EVENTS_H

#include <stdint.h>

#include "perf_counts.h"

struct fault_count {
	uint64_t exceptions;
	uint64_t accounted; /* exceptions that ended as a minor or a major fault of the task */
};

/* 0 or -errno: the kernel may refuse them. */
int fault_events__open(struct perf_counts *events);
/* 0 or -errno. */
int fault_events__read(const struct perf_counts *events, struct fault_count *count);

#endif
