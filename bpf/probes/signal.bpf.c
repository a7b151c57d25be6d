// SPDX-License-Identifier: GPL-2.0
/*
 * Ends of processes that are no OOM kills of the kernel but may be about memory: SIGKILLs that a program sends to
 * another one, and segmentation faults of a stack that has grown too large.
 */
#include "core/prelude.h"
#include "core/compat/rlimit.h"
#include "core/compat/signal.h"
#include "core/emit.h"
#include "core/either.h"
#include "core/identity.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* A stack is used from the stack pointer on; below it by what is pushed, or touched to see whether there is room. */
#define NEAR_BELOW (64 * 1024)
#define NEAR_ABOVE 4096

/*
 * The kernel's own SIGKILLs, those of the OOM killer among them, have no sender: the task that runs sends nothing.  Who
 * writes to cgroup.kill is a sender (kernel/cgroup/cgroup.c, __cgroup_kill()).
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(sigkill, int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
{
	struct task_struct *sender = (struct task_struct *)bpf_get_current_task();
	struct mt_sigkill *rec;

	if (sig != SIGNAL_KILL || result || (u64)info == SIGNAL_OF_KERNEL)
		return 0;
	if (BPF_CORE_READ(sender, tgid) == task->tgid || !either_matches(task))
		return 0;
	rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_sigkill, struct mt_sigkill);
	if (!rec)
		return 0;
	who__read(&rec->sender, sender);
	who__read(&rec->receiver, task);
	bpf_ringbuf_submit(rec, 0);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(overflow, int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct mt_stack_overflow *rec;
	u64 address, pointer;
	struct pt_regs *regs;
	int code;

	if (sig != SIGNAL_SEGV || (u64)info < SIGNAL_NR_SPECIAL || task->pid != current->pid)
		return 0;
	code = BPF_CORE_READ(info, si_code);
	if (code != FAULT_NOT_MAPPED && code != FAULT_NOT_ALLOWED)
		return 0;
	address = (u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
	regs = (struct pt_regs *)bpf_task_pt_regs(current);
	pointer = PT_REGS_SP_CORE(regs);
	if (address + NEAR_BELOW < pointer || address >= pointer + NEAR_ABOVE || !either_matches(task))
		return 0;
	rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_stack_overflow, struct mt_stack_overflow);
	if (!rec)
		return 0;
	who__read(&rec->who, current);
	rec->address = address;
	rec->stack_pointer = pointer;
	/* other threads' stacks are as large as the program has made them */
	rec->limit = current->pid == current->tgid ? limit_of(current, LIMIT_STACK) : MT_UNKNOWN_U64;
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
