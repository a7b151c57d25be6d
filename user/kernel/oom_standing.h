/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads from /proc and from memory cgroups whom the OOM killer would compare now. */
#ifndef MEMTRACE_KERNEL_OOM_STANDING_H
#define MEMTRACE_KERNEL_OOM_STANDING_H

#include "../model/oom_standing.h"

/*
 * Reads all processes, and where pid is not 0, what concerns its cgroup.  oom_standing__done() must follow in any case.
 * 0; -ESRCH: there is no such process; -ENOMEM; -ECANCELED: a signal came; or -errno of /proc.
 */
int oom_standing__read(struct oom_standing *standing, uint32_t pid);
void oom_standing__done(struct oom_standing *standing);

/* The text of /proc/PID/status; false: it holds no memory (a kernel thread, one that has ended). */
bool oom_standing__parse(const char *text, uint64_t page_size, struct oom_task *task);
/* The path in a text of /proc/PID/cgroup of the hierarchy of memory, v1's if it is there, else v2's; false: none. */
bool oom_standing__cgroup(const char *text, char *path, size_t size);

#endif
