/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Short names that people give to cgroups: a systemd unit, the start of a container's id. */
#ifndef MEMTRACE_MODEL_CGROUP_NAME_H
#define MEMTRACE_MODEL_CGROUP_NAME_H

#include <stdbool.h>

/*
 * Does text mean a cgroup whose directory has that name?  Either the name itself, or without ".service", ".slice" or
 * ".scope"; or 6 characters or more that a container's id begins with, in "docker-ID.scope", "cri-containerd-ID.scope",
 * "ID".
 */
bool cgroup_name__means(const char *text, const char *name);

#endif
