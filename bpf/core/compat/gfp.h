/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits of gfp flags (include/linux/gfp_types.h).  The kernel has no named type for them, so CO-RE cannot find them;
 * these have kept their values from 5.10 to 7.3.  `make vmlinux-check` compares them with the BTF of kernels that
 * have the enumeration (from 6.10 on).
 */
#ifndef MEMTRACE_COMPAT_GFP_H
#define MEMTRACE_COMPAT_GFP_H

enum {
	___GFP_HIGHMEM_BIT = 1,
	___GFP_MOVABLE_BIT = 3,
	___GFP_IO_BIT = 6,
	___GFP_FS_BIT = 7,
	___GFP_DIRECT_RECLAIM_BIT = 10,
	___GFP_NOWARN_BIT = 13,
	___GFP_COMP_BIT = 18,
	___GFP_HARDWALL_BIT = 20,
};

#define GFP_BIT(name) (1U << ___GFP_##name##_BIT)

#endif
