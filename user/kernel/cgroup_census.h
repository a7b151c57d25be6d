/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads all cgroups below a directory, in turns: with thousands of them, reading all at once would take a CPU for a
 * good part of a second.  Those that stand higher in the tree come first.
 *
 * memory.stat is read of single cgroups alone, as asked for: the kernel then adds up what its CPUs counted in the
 * whole subtree.  No symbolic link is followed.
 */
#ifndef MEMTRACE_KERNEL_CGROUP_CENSUS_H
#define MEMTRACE_KERNEL_CGROUP_CENSUS_H

#include <stdbool.h>

#include "../model/cgroup_state.h"
#include "cgroup.h"

struct census_node;

/* All zero at first. */
struct cgroup_census {
	int root; /* directory */
	struct cgroup_states states;
	struct census_node *nodes; /* by path */
	size_t next;		   /* that is read next in this pass */
	void *children;		   /* the directory whose cgroups are listed: a DIR, or NULL; of next - 1 */
	size_t room;		   /* of the list */
};

/*
 * Takes the hierarchy's directory, where paths begin; reads the cgroup of that path, "/" for all, and those below it.
 * 0 or -ENOMEM.  cgroup_census__close() in any case.
 */
int cgroup_census__open(struct cgroup_census *census, int root, enum cgroup_version version, const char *path);
void cgroup_census__close(struct cgroup_census *census);
/* Begins a new pass: cgroups that are gone are forgotten. */
void cgroup_census__begin(struct cgroup_census *census);
/* Reads on, for budget_ns of CPU time.  True: the pass is complete. */
bool cgroup_census__turn(struct cgroup_census *census, uint64_t budget_ns);
/* memory.stat of one of its cgroups; its other values again, unless they were read less than 0.1 s ago. */
void cgroup_census__read(struct cgroup_census *census, struct cgroup_state *state);
/* How many are dying; of v1 only known after a whole pass over the hierarchy. */
void cgroup_census__count_dying(struct cgroup_census *census);

/* What of memory.stat is known, in the units of enum cgroup_stat; of v2 or v1. */
void cgroup_census__parse_stat(enum cgroup_version version, const char *text, size_t len,
			       uint64_t stats[NR_CGROUP_STATS]);

#endif
