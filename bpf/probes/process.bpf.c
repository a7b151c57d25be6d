// SPDX-License-Identifier: GPL-2.0
/* Processes that a task starts.  The CPU time that it takes is the core's: the kernel accounts it. */
#include "core/prelude.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* The end of copy_process() (kernel/fork.c), in the creator; it also fires for threads. */
SEC("tp_btf/task_newtask")
int BPF_PROG(process_newtask, struct task_struct *child)
{
	struct mt_state *s;

	if (BPF_CORE_READ(child, tgid) != BPF_CORE_READ(child, pid))
		return 0;
	s = state__counting(false);
	if (s)
		state__counters(s, MT_PROBE_process)[MT_SLOT_process_forks]++;
	return 0;
}
