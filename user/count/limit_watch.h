/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which cgroups pass a share of their limit, and when: once a crossing. */
#ifndef MEMTRACE_COUNT_LIMIT_WATCH_H
#define MEMTRACE_COUNT_LIMIT_WATCH_H

#include "cgroup_counts.h"

#define LIMIT_WATCH_BACK 10 /* percent of the limit: one that fell by so much below the share may pass it again */

/* All zero at first. */
struct limit_watch {
	struct {
		uint64_t id; /* 0: free */
		bool above;
	} list[CGROUPS_MAX];
};

struct limit_crossing {
	uint64_t cgroup_id, usage, limit; /* bytes */
};

/*
 * Looks at what the cgroups' last samples say; those that have passed percent of their limit since the last look, at
 * most max; how many.  Where a cgroup was above it when it was first seen, that is no crossing.
 */
size_t limit_watch__look(struct limit_watch *watch, const struct cgroup_counts *counts, unsigned int percent,
			 struct limit_crossing *crossings, size_t max);

#endif
