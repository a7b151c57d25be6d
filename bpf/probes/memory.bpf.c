// SPDX-License-Identifier: GPL-2.0
/* The memory of each process: what /proc/PID/status has, without opening a file for each. */
#include "core/prelude.h"
#include "core/compat/mm.h"
#include "core/emit.h"
#include "core/identity.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* One thread stands for its process: the leader or, if that has exited, any that still has the memory. */
static __always_inline struct mm_struct *memory_of(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD || (task != leader && BPF_CORE_READ(leader, mm)))
		return NULL;
	return BPF_CORE_READ(task, mm);
}

/* As the iterator of tasks, which ran just before, has found it: a task that sleeps knows its new cgroup later. */
static __always_inline bool is_wanted(struct task_struct *task)
{
	struct mt_state *s;

	if (!cfg.filter)
		return true;
	s = state__of(task);
	if (!s)
		return false;
	return s->gen && s->found.gen == s->gen ? s->found.match : s->match;
}

SEC("iter/task")
int memory_iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mt_memory rec = {};
	struct mm_struct *mm;

	if (!task)
		return 0;
	mm = memory_of(task);
	if (!mm || !is_wanted(task))
		return 0;
	hdr__fill(&rec.hdr, MT_REC_memory, sizeof(rec));
	who__read(&rec.who, task);
	mm__read_rss(&rec, mm);
	rec.swap_bytes = mm__rss_bytes(mm, MM_SWAPENTS);
	rec.oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	bpf_seq_write(ctx->meta->seq, &rec, sizeof(rec));
	return 0;
}
