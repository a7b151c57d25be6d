/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* perf's counts of some events, of all tasks, on all CPUs. */
#ifndef MEMTRACE_KERNEL_PERF_COUNTS_H
#define MEMTRACE_KERNEL_PERF_COUNTS_H

#include <stdint.h>

#define PERF_COUNTS_MAX 3

struct perf_wish {
	uint32_t type;		/* enum perf_type_id */
	uint64_t config;	/* of PERF_TYPE_SOFTWARE: enum perf_sw_ids */
	const char *tracepoint; /* "group:name", of PERF_TYPE_TRACEPOINT; NULL otherwise */
};

/* All zero: not open. */
struct perf_counts {
	int *fds; /* nr_events for each CPU, the first leads their group; -1 where it is offline; owned */
	int nr_cpus, nr_events;
};

/* nr: PERF_COUNTS_MAX at most.  0; -ENOENT without tracefs or such a tracepoint; or another -errno: the kernel refused.
 */
int perf_counts__open(struct perf_counts *counts, const struct perf_wish *wishes, int nr);
/* sums: as many as wishes, each since it was opened; those of a CPU are of one moment.  0 or -errno. */
int perf_counts__read(const struct perf_counts *counts, uint64_t *sums);
void perf_counts__close(struct perf_counts *counts);

#endif
