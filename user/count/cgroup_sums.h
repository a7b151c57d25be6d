/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What follows from readings of cgroups: kinds of memory that add up, limits, who comes first. */
#ifndef MEMTRACE_COUNT_CGROUP_SUMS_H
#define MEMTRACE_COUNT_CGROUP_SUMS_H

#include "../model/cgroup_state.h"

/* Parts of a cgroup's charge that do not overlap. */
enum cgroup_kind {
	CGROUP_KIND_ANON,
	CGROUP_KIND_CACHE,
	CGROUP_KIND_SHARED,
	CGROUP_KIND_SLAB_RECLAIMABLE,
	CGROUP_KIND_SLAB_UNRECLAIMABLE,
	CGROUP_KIND_KERNEL_STACKS,
	CGROUP_KIND_PAGE_TABLES,
	CGROUP_KIND_PERCPU,
	CGROUP_KIND_VMALLOC,
	CGROUP_KIND_ZSWAP,
	CGROUP_KIND_KERNEL, /* of the kernel, and none of those: of v1 all of it */
	CGROUP_KIND_SOCKETS,
	CGROUP_KIND_HUGETLB,
	NR_CGROUP_KINDS
};

struct cgroup_kind_row {
	const char *name; /* for people */
	const char *path; /* in JSON */
};

extern const struct cgroup_kind_row cgroup_kind_rows[NR_CGROUP_KINDS];

/* In bytes; MT_UNKNOWN_U64: not known. */
uint64_t cgroup_reading__kind(const struct cgroup_reading *reading, enum cgroup_kind kind);
/* What is charged and in no kind: the kernel charges ahead, and counts late.  False: not known. */
bool cgroup_reading__not_accounted(const struct cgroup_reading *reading, int64_t *bytes);
/* What reclaim could take without swap: page cache and slabs that can be reclaimed. */
uint64_t cgroup_reading__reclaimable(const struct cgroup_reading *reading);
/* Swap space that it takes; of v1 the difference of both counters. */
uint64_t cgroup_reading__swap(const struct cgroup_reading *reading);
/* The lower one of max and high, SAMPLE_UNLIMITED if neither is set; unknown without max. */
uint64_t cgroup_reading__limit(const struct cgroup_reading *reading);
/* How full it is, of that limit; < 0: it has none, or it is not known. */
double cgroup_reading__fullness(const struct cgroup_reading *reading);
/* How far a value grew between its two readings, less than 0 if it shrank; false: it was not read twice. */
bool cgroup_state__grew(const struct cgroup_state *state, enum cgroup_sample_id id, int64_t *growth);
double cgroup_state__seconds(const struct cgroup_state *state); /* between them; 0: there was one reading at most */

/*
 * Those that were read and are there, the worst first: who had kills between its readings, then who is at 90% of its
 * limit or above, then by memory.  The root is not among them.  ranked: room for states->nr; how many.
 */
size_t cgroup_states__rank(const struct cgroup_states *states, struct cgroup_state **ranked);

#endif
