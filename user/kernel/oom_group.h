/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memory.oom.group: whether the kernel kills a cgroup's tasks together (cgroup v2). */
#ifndef MEMTRACE_KERNEL_OOM_GROUP_H
#define MEMTRACE_KERNEL_OOM_GROUP_H

#include <stdbool.h>

/*
 * Whether it is set for the cgroup or one above it, or may have been because the cgroup is gone. mount: the
 * hierarchy's directory; path: below it, "/" the root, or no path at all ("[gone:5]").
 */
bool oom_group__may_be_set(const char *mount, const char *path);

#endif
