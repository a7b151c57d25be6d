/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What systemd-oomd and oomd leave behind on a cgroup that they kill in: counts in extended attributes. */
#ifndef MEMTRACE_KERNEL_OOMD_MARK_H
#define MEMTRACE_KERNEL_OOMD_MARK_H

#include "cgroup.h"

/*
 * How often that was so far: 0 where there is no such attribute, as cgroup v1 can have none; MT_UNKNOWN_U64 where the
 * cgroup is gone or cannot be read.  systemd-oomd counts the attempt (user.oomd_ooms) before it kills, and those killed
 * (user.oomd_kill) after that, as oomd does; the two are added up.
 */
uint64_t oomd_mark__read(const struct cgroups *cgroups, uint64_t cgroup_id);
/* The same of an open directory. */
uint64_t oomd_mark__read_at(int dir);

#endif
