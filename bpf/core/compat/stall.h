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

/* Only with CONFIG_SMP; an int, and one byte in 7.3. */
struct task_struct___smp {
	char on_cpu;
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

struct trace_event_raw_mm_vmscan_throttled {
	int usec_delayed;
};

#pragma clang attribute pop

/* enum psi_states: the same on all kernels; user/probes/stall.c compares it with the kernel's BTF */
#define PSI_MEM_SOME 2
#define PSI_MEM_FULL 3

/* include/uapi/linux/bpf.h: seen from 5.13 on. */
enum bpf_func_id___named {
	BPF_FUNC_snprintf___named = 165,
};

static __always_inline bool names_functions(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___named, BPF_FUNC_snprintf___named);
}

/* Whether the kernel has marked the task as stalled: it does so unless PSI is off. */
static __always_inline bool is_marked(struct task_struct *task)
{
	struct task_struct___psi *t = (void *)task;

	return BPF_CORE_READ_BITFIELD_PROBED(t, in_memstall);
}

static __always_inline bool is_on_cpu(struct task_struct *task)
{
	struct task_struct___smp *t = (void *)task;
	u32 on_cpu = 0;

	if (!bpf_core_field_exists(t->on_cpu))
		return false;
	bpf_probe_read_kernel(&on_cpu, bpf_core_field_size(t->on_cpu), (void *)t + bpf_core_field_offset(t->on_cpu));
	return on_cpu;
}

#endif
