/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory cgroups: from what users type to the cgroup. */
#ifndef MEMTRACE_KERNEL_CGROUP_FIND_H
#define MEMTRACE_KERNEL_CGROUP_FIND_H

#include <stdint.h>

#include "cgroup.h"

struct cgroup_dir {
	uint64_t id;
	int fd; /* its directory, O_PATH; the caller's to close */
};

/*
 * Finds a cgroup by a path (of the file system, or below the mount; what has
 * "." or ".." in it is of the file system alone), a systemd unit's name, or a
 * prefix of a container's id (6 characters at least).  0;
 * -ENOENT: there is none;
 * -EXDEV: a directory, but not one of the memory controller's hierarchy;
 * -ESTALE: it, or the current directory, was removed;
 * -ENODATA: one of v2 for which the controller is not on;
 * -EEXIST: several match: then candidates holds their paths, one a line, and is the caller's to free;
 * or another -errno.
 */
int cgroups__find(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir, char **candidates);

/* The same for what was given to -c: what is wrong with it is said on stderr.  0, -EINVAL or -ENOMEM. */
int cgroups__resolve(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir);

#endif
