/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths by the cgroup of who was there. */
#ifndef MEMTRACE_COUNT_CGROUP_PATHS_H
#define MEMTRACE_COUNT_CGROUP_PATHS_H

#include "call_paths.h"

struct cgroup_paths;

/* max_bytes: of all, about; of a cgroup at most a quarter.  NULL if memory ran out. */
struct cgroup_paths *cgroup_paths__new(size_t max_bytes);
void cgroup_paths__free(struct cgroup_paths *paths); /* NULL is fine */
/* cgroup: its path, "/a/b".  Parts and sums as call_paths__add().  What finds no room is dropped, and counted. */
void cgroup_paths__add(struct cgroup_paths *paths, const char *cgroup, const char *const *parts, size_t nr_parts,
		       const uint64_t *sums);
/* Those of a cgroup and of all below it, added up; the caller frees them.  NULL if memory ran out. */
struct call_paths *cgroup_paths__sum(const struct cgroup_paths *paths, const char *cgroup);
/* These count from 0 again. */
void cgroup_paths__forget(struct cgroup_paths *paths, const char *cgroup);
/* Events of cgroups for which there was no room. */
uint64_t cgroup_paths__dropped(const struct cgroup_paths *paths);

#endif
