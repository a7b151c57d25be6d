/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory cgroups: names of ids, and ids of what people type. */
#ifndef MEMTRACE_KERNEL_CGROUP_H
#define MEMTRACE_KERNEL_CGROUP_H

#include <stddef.h>
#include <stdint.h>

struct cgroups;

/* Finds where the memory controller is mounted (v1, or v2); without any, ids stay numbers.  NULL if memory ran out. */
struct cgroups *cgroups__new(void);
void cgroups__free(struct cgroups *cgroups);

/* The directory where the memory controller's hierarchy is mounted, or NULL. */
const char *cgroups__mount(const struct cgroups *cgroups);

/*
 * The path of a cgroup below the mount, "/" for the root.  Asked for once and
 * kept, as cgroups vanish; one that is gone and was never named: "[gone:ID]",
 * or "[id:ID]" where nobody can tell.
 * 0 is "-".  Valid until the next call.
 */
const char *cgroups__name(struct cgroups *cgroups, uint64_t id);

/* The kernel said that this cgroup is being removed: its name is kept. */
void cgroups__gone(struct cgroups *cgroups, uint64_t id, const char *path);

/*
 * The id of what a person typed: a path (below the mount, or of the file
 * system), a systemd unit's name, or a prefix of a container's id (6 characters at least).  0;
 * -ENOENT; or -EEXIST if several match: then candidates holds their paths, one a line, and is the caller's to free.
 */
int cgroups__resolve(struct cgroups *cgroups, const char *text, uint64_t *id, char **candidates);

#endif
