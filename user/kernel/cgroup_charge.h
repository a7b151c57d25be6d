/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What of the memory that processes have mapped is charged to a cgroup. */
#ifndef MEMTRACE_KERNEL_CGROUP_CHARGE_H
#define MEMTRACE_KERNEL_CGROUP_CHARGE_H

#include "cgroup.h"

/*
 * In bytes, of pages that are in memory and mapped by some process: each page once, for the cgroup that it is charged
 * to, which is that of who touched it first (mm/memcontrol.c, NR_ANON_MAPPED and NR_FILE_MAPPED: anon and file_mapped
 * of memory.stat, shared memory among the latter).  Of the cgroup itself, without those below it: v2 counts these in,
 * so what each of them says is taken off.  What the CPUs have counted is added up up to two seconds later.
 * MT_UNKNOWN_U64: it is gone, it cannot be read, or too many are below it (1,024).
 */
uint64_t cgroup_charge__mapped(const struct cgroups *cgroups, uint64_t id);

#endif
