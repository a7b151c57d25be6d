// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of each process: what /proc/PID/status has, without opening a file for each.  Where the kernel has task
 * storage this runs once, before the run; at ticks the iterator of tasks does the same (core/task.bpf.c).
 */
#include "core/prelude.h"
#include "core/process_memory.h"

char LICENSE[] SEC("license") = "GPL";

SEC("iter/task")
int memory_iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct mt_memory_made made;
	struct mm_struct *mm;

	if (!task)
		return 0;
	leader = task->group_leader;
	mm = memory_of(task, leader);
	if (!mm || (cfg.filter && !memory__is_wanted(state__of(task))))
		return 0;
	memory__make(&made, task, leader, mm);
	bpf_seq_write(ctx->meta->seq, &made.rec, sizeof(made.rec));
	return 0;
}
