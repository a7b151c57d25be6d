/* SPDX-License-Identifier: GPL-2.0 */
/* Limits of a process (include/uapi/asm-generic/resource.h): alike on all architectures here. */
#ifndef MEMTRACE_COMPAT_RLIMIT_H
#define MEMTRACE_COMPAT_RLIMIT_H

#include "../prelude.h"

enum { LIMIT_DATA = 2, LIMIT_STACK = 3, LIMIT_NPROC = 6, LIMIT_MEMLOCK = 8, LIMIT_AS = 9 };

static __always_inline u64 limit_of(struct task_struct *task, u32 limit)
{
	u64 value = ~0UL;

	bpf_probe_read_kernel(&value, sizeof(value),
			      (void *)BPF_CORE_READ(task, signal) + bpf_core_field_offset(struct signal_struct, rlim) +
				      limit * bpf_core_type_size(struct rlimit));
	return value;
}

#endif
