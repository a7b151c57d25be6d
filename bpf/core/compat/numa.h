/* SPDX-License-Identifier: GPL-2.0 */
/* The balancing of NUMA nodes. */
#ifndef MEMTRACE_COMPAT_NUMA_H
#define MEMTRACE_COMPAT_NUMA_H

#include "../prelude.h"

/* include/linux/sched/numa_balancing.h: the same on all kernels, as macros */
#define TNF_FAULT_LOCAL 0x08

enum migrate_reason {
	MR_NUMA_MISPLACED,
};

#endif
