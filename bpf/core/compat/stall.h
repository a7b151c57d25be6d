/* SPDX-License-Identifier: GPL-2.0 */
/* Events beside psi_memstall_enter().  Fields are read by name. */
#ifndef MEMTRACE_COMPAT_STALL_H
#define MEMTRACE_COMPAT_STALL_H

#include "../prelude.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Only with CONFIG_PSI. */
struct task_struct___psi {
	unsigned int in_memstall : 1;
};

/* Only with CONFIG_SCHED_INFO. */
struct sched_info___seen {
	unsigned long long last_arrival;
};

struct task_struct___info {
	struct sched_info___seen sched_info;
};

struct psi_group_cpu___seen {
	u32 state_mask;
	u32 times[4];
	u64 state_start;
};

struct trace_event_raw_balance_dirty_pages {
	char bdi[32];
	long pause;
};

struct rw_semaphore___seen {
	atomic_long_t owner;
};

struct mm_struct___locked {
	struct rw_semaphore___seen mmap_lock;
};

#pragma clang attribute pop

/* Bits of rw_semaphore.owner (kernel/locking/rwsem.c). */
#define RWSEM_READER 0x1
#define RWSEM_FLAGS  0x7

/* enum psi_states: the same on all kernels; user/probes/stall.c compares it with the kernel's BTF */
#define PSI_MEM_SOME 2
#define PSI_MEM_FULL 3

/* include/uapi/linux/bpf.h: seen from 5.13 on. */
enum bpf_func_id___named {
	BPF_FUNC_snprintf = 165,
};

static __always_inline bool names_functions(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___named, BPF_FUNC_snprintf);
}

/* Whether the kernel has marked the task as stalled: it does so unless PSI is off. */
static __always_inline bool is_marked(struct task_struct *task)
{
	struct task_struct___psi *t = (void *)task;

	return BPF_CORE_READ_BITFIELD_PROBED(t, in_memstall);
}

#endif
