/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's own counters, read at the moments between which memtrace counts. */
#ifndef MEMTRACE_VERIFY_KERNEL_COUNTS_H
#define MEMTRACE_VERIFY_KERNEL_COUNTS_H

#include <limits.h>

#include "../cli/options.h"
#include "../kernel/cgroup.h"
#include "../kernel/count_rules.h"
#include "../kernel/counters.h"
#include "../kernel/fault_events.h"
#include "reconcile.h"

/*
 * memtrace reads its own counts between the first two and again between the
 * last two.  So what it counted is at least what happened between the inner
 * moments, and at most what happened between the outer ones.
 */
enum reading { OUTER_BEGIN, INNER_BEGIN, INNER_END, OUTER_END, NR_READINGS };

struct kernel_counts {
	struct cgroups *cgroups;
	char cgroup_path[PATH_MAX]; /* below the mount */
	char cgroup_dir[PATH_MAX];
	bool v1;
	bool local_events; /* v2: memory.events has only that cgroup's own events, not those of cgroups below */
	struct count_rules rules;
	bool stale;	   /* /proc/vmstat could not be refreshed before a reading, though it needs it */
	uint64_t nr_below; /* cgroups below it, on kernels where they hold counts back */
	const char *missing[NR_COUNTER_FILES]; /* why nothing is read from it; NULL: it is */
	struct counter_sum sums[NR_READINGS][COUNTER_ROWS_MAX];
	struct counter_sum bounds[NR_READINGS][NR_BOUND_ROWS];
	uint64_t ancestor_events[NR_READINGS];
	struct perf_counts fault_events;
	struct fault_count faults[NR_READINGS];
	bool faults_known;		      /* perf's events could be opened and read, each time */
	struct perf_counts allocs, throttles; /* tracepoints */
	uint64_t throttled[NR_READINGS];
	bool throttles_known;
};

/* Finds the cgroup of -c, or the root; 0 or -errno. */
int kernel_counts__open(struct kernel_counts *counts, const struct options *options, const struct count_rules *rules);
/* All zero is fine. */
void kernel_counts__close(struct kernel_counts *counts);
void kernel_counts__read(struct kernel_counts *counts, enum reading reading);
/* Of a row of /proc/vmstat or of the cgroup's files, once all moments were read. */
void kernel_counts__figure(const struct kernel_counts *counts, size_t row, struct kernel_figure *figure);
/* Fills the bounds that come from the kernel's counters. */
void kernel_counts__bounds(const struct kernel_counts *counts, uint64_t bounds[NR_BOUNDS]);
/* What perf says of the machine's page faults, once all moments were read. */
void kernel_counts__exceptions(const struct kernel_counts *counts, struct fault_exceptions *exceptions);
/* Whether the cgroup's kills include those of cgroups below it. */
bool kernel_counts__kills_below(const struct kernel_counts *counts);
/* Where cgroup v2 is mounted with the memory controller; NULL: it is not. */
const char *kernel_counts__unified(const struct kernel_counts *counts);

#endif
