/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What samples say of each cgroup, in a run and in its intervals. */
#ifndef MEMTRACE_COUNT_CGROUP_COUNTS_H
#define MEMTRACE_COUNT_CGROUP_COUNTS_H

#include "aggregate.h"
#include "sample_extent.h"

struct cgroup_count {
	uint64_t id;
	uint64_t since_ns;   /* boot time clock: its first record, from where its counters grow */
	uint64_t removed_ns; /* when it was found to be gone; 0: it is there */
	bool is_of_past_run; /* of a history: no later run has seen it so far, so it is taken for gone */
	struct sample_extent extents[NR_SCOPES][NR_CGROUP_SAMPLES];
};

/* All zero at first. */
struct cgroup_counts {
	bool any;		   /* there was a record: an older recording has none */
	uint64_t left_out;	   /* as in struct cgroup_sample_record, and displaced */
	uint64_t displaced;	   /* those of past runs whose places others took */
	struct cgroup_count *list; /* at most CGROUPS_MAX, in the order in which they came; owned */
	size_t nr, room;
};

/* One more than CGROUPS_MAX takes the place of the one that was removed first; without such a one it has none.  0 or
 * -ENOMEM. */
int cgroup_counts__take(struct cgroup_counts *counts, const struct cgroup_sample_record *record);
/* The run begins at now_ns with what was read last; cgroups that are gone are forgotten. */
void cgroup_counts__restart(struct cgroup_counts *counts, uint64_t now_ns);
/* As aggregate__next_interval(). */
void cgroup_counts__next_interval(struct cgroup_counts *counts);
void cgroup_counts__free(struct cgroup_counts *counts);

#endif
