/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What fills one cgroup: its processes, and the limits on the way to the root. */
#ifndef MEMTRACE_KERNEL_CGROUP_PROCESSES_H
#define MEMTRACE_KERNEL_CGROUP_PROCESSES_H

#include "cgroup_census.h"

/*
 * The processes in all cgroups that the census has found, at most CGROUP_PROCESSES_MAX, those that hold most first.
 * filling->processes is the caller's to free().  0 or -ENOMEM.
 */
int cgroup_processes__read(const struct cgroup_census *census, struct cgroup_filling *filling);
/* The text of /proc/PID/status; false: it has no name, or no memory (a kernel thread, one that has ended). */
bool cgroup_processes__parse(const char *text, struct cgroup_process *process);
/* Of the cgroup of that path below the mount, and of those above it. */
void cgroup_levels__read(const struct cgroups *cgroups, const char *path, struct cgroup_filling *filling);

#endif
