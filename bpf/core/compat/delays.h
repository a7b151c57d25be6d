/* SPDX-License-Identifier: GPL-2.0 */
/* Delay accounting (kernel/delayacct.c): what the kernel itself counts of a task's waits. */
#ifndef MEMTRACE_COMPAT_DELAYS_H
#define MEMTRACE_COMPAT_DELAYS_H

#include "../prelude.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_delay_info {
	u64 thrashing_delay; /* ns */
	u32 thrashing_count;
};

/* Only with CONFIG_TASK_DELAY_ACCT. */
struct task_struct___delays {
	struct task_delay_info *delays; /* NULL: the task was born while it was off */
};

/* From 6.1 on: waits for pages that were swapped out count as well, and what is inside of a wait does not. */
struct task_struct___thrashing {
	unsigned int in_thrashing : 1;
};

#pragma clang attribute pop

/* NULL: the kernel accounts nothing to it. */
static __always_inline struct task_delay_info *thrashing_of(struct task_struct *task)
{
	struct task_struct___delays *t = (void *)task;

	return BPF_CORE_READ(t, delays);
}

/* Whether a wait is under way that delay accounting counts as thrashing. */
static __always_inline bool is_thrashing(struct task_struct *task)
{
	struct task_struct___thrashing *t = (void *)task;

	return bpf_core_field_exists(t->in_thrashing) && BPF_CORE_READ_BITFIELD_PROBED(t, in_thrashing);
}

#endif
