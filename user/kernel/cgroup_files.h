/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads the samples of user/model/samples.def that are of one cgroup. */
#ifndef MEMTRACE_KERNEL_CGROUP_FILES_H
#define MEMTRACE_KERNEL_CGROUP_FILES_H

#include <stddef.h>

#include "../model/samples.h"

/* Where cgroups are found. */
struct cgroup_hierarchy {
	enum cgroup_version version;
	/* A cgroup's directory, the caller's to close; -ESTALE: it is gone, or another -errno.  NULL: there are none.
	 */
	int (*open)(const void *ctx, uint64_t id);
	const void *ctx;
	size_t room;	 /* descriptors of files that may be kept, of all cgroups together */
	size_t reserved; /* so many of them for what is read at each tick: memory that is in use */
};

/* Files of a cgroup that stay open, as opening one takes twice as long as reading it.  All zero at first. */
struct cgroup_files {
	/* By a file's first sample: a descriptor + 1; 0: not kept, -1: there is no such file. */
	int kept[NR_CGROUP_SAMPLES];
	size_t nr_kept;
};

enum cgroup_part {
	CGROUP_CURRENT,	  /* memory that is in use alone */
	CGROUP_NO_LIMITS, /* all but limits */
	CGROUP_BRIEF,	  /* memory and swap, their limits but for low ones, kills */
	CGROUP_ALL,
};

/*
 * The values of a part of a cgroup's samples as they are now; the others stay as they were.
 * Unknown (MT_UNKNOWN_U64) is what its files do not have, or do not let read.  No symbolic link is followed, nothing
 * waits, no memory is taken.  0, or -ESTALE: the cgroup is gone, and the values are of no use.
 */
int cgroup_files__read(struct cgroup_files *files, struct cgroup_hierarchy *hierarchy, uint64_t id,
		       enum cgroup_part part, uint64_t values[NR_CGROUP_SAMPLES]);
/* Closes what was kept. */
void cgroup_files__close(struct cgroup_files *files, struct cgroup_hierarchy *hierarchy);

#endif
