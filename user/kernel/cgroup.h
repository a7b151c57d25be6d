/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory cgroups: from id to name. */
#ifndef MEMTRACE_KERNEL_CGROUP_H
#define MEMTRACE_KERNEL_CGROUP_H

#include <stddef.h>
#include <stdint.h>

struct cgroups;

/*
 * Finds where the hierarchy of the memory controller is mounted (v1's if it lives there, else v2's); without any,
 * ids stay numbers.  NULL if memory ran out.
 */
struct cgroups *cgroups__new(void);
void cgroups__free(struct cgroups *cgroups);

/* The directory where the memory controller's hierarchy is mounted, or NULL. */
const char *cgroups__mount(const struct cgroups *cgroups);
/* A path of the file system as one below the mount, "/" for the mount itself; NULL if it is outside. */
const char *cgroups__below_mount(const struct cgroups *cgroups, const char *path);

/* Whether what is mounted there is of cgroup v1 or of v2, by the kernel's word; -1: neither, or nothing is. */
int cgroups__version(const struct cgroups *cgroups);

/* A cgroup's id, of a path below an open directory ("": of that itself); 0 or -errno. */
int cgroups__id_at(int dir, const char *path, uint64_t *id);
/* The directory of the cgroup of that id, the caller's to close; -ESTALE: it is gone, or another -errno. */
int cgroups__open(const struct cgroups *cgroups, uint64_t id);

/*
 * The path of a cgroup below the mount, "/" for the root.  Looked up once and kept, because cgroups vanish.  One that
 * is gone and was never looked up is "[gone:ID]"; "[id:ID]" where names cannot be looked up.  0 is "-".  Valid until
 * the next call.
 */
const char *cgroups__name(struct cgroups *cgroups, uint64_t id);

/* The ids of the cgroups above one, the root first, at most max; how many. */
size_t cgroups__ancestors(struct cgroups *cgroups, uint64_t id, uint64_t *ids, size_t max);

/* The kernel said that this cgroup is being removed: its name is kept.  One that was cut is marked, with the id. */
void cgroups__gone(struct cgroups *cgroups, uint64_t id, const char *path);

#endif
