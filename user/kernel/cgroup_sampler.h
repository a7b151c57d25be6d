/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which cgroups have samples, and when these are read: those that records name
 * (where a task counted, whose limit reclaim or an OOM kill was for, where the
 * victim was), from then on, and those that the user chose.  At most
 * CGROUPS_MAX: one more takes the place of the one that was removed first.
 *
 * A directory is opened by the cgroup's id, never by its path, so one that was
 * removed and made again is another one.
 */
#ifndef MEMTRACE_KERNEL_CGROUP_SAMPLER_H
#define MEMTRACE_KERNEL_CGROUP_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>

#include "../model/source.h"
#include "cgroup_files.h"

/* Of the cgroups that are left out so many are told apart: what comes later is not counted. */
#define LEFT_OUT_MAX 2048

struct sampled_cgroup {
	uint64_t removed_ns; /* 0: it is there */
	bool named;	     /* a record named it since it was read */
	struct cgroup_files files;
	uint64_t values[NR_CGROUP_SAMPLES];
};

/* All zero at first, but for these. */
struct cgroup_sampler {
	struct cgroup_hierarchy hierarchy;
	struct sink sink; /* takes a struct cgroup_sample_record of what has changed */

	size_t nr, nr_removed, next;
	uint64_t ids[CGROUPS_MAX];
	struct sampled_cgroup list[CGROUPS_MAX]; /* in the order of ids */
	uint64_t waiting[CGROUPS_MAX];		 /* for their first reading: that of others took long enough */
	size_t nr_waiting;
	uint64_t spent_ns;	 /* on first readings since the last cgroup_sampler__read() */
	uint64_t left_out, said; /* as in the record; what the last one said */
	bool any_said;
	uint64_t left_out_ids[2 * LEFT_OUT_MAX]; /* by hash; 0: free */
	size_t nr_left_out_ids;
};

/*
 * A cgroup was seen.  If it is new and there is room, it is read at once; those that would take more than 20 ms in all
 * wait for the next cgroup_sampler__read(), as rings fill meanwhile.
 */
void cgroup_sampler__add(struct cgroup_sampler *sampler, uint64_t id);
/* The same for those that a record names; its id and size were checked before. */
void cgroup_sampler__add_named(struct cgroup_sampler *sampler, const void *record);
/*
 * All of them as they are now; after 20 ms, 200 ms for all, the rest waits for the next call.  Not all: without limits,
 * and of one that no record named and that uses as much memory as before nothing else.
 */
void cgroup_sampler__read(struct cgroup_sampler *sampler, bool all);
/* No more are seen: reads those that wait, for 20 ms at most, leaves out the others, and says how many those are. */
void cgroup_sampler__finish(struct cgroup_sampler *sampler);
/* Closes files. */
void cgroup_sampler__close(struct cgroup_sampler *sampler);

#endif
