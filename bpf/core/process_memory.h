/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a process, read by iterators.  That is done for each task of the machine at each tick: members are read
 * as the verifier allows it of a pointer that an iterator passes, without a helper for each.
 */
#ifndef MEMTRACE_CORE_PROCESS_MEMORY_H
#define MEMTRACE_CORE_PROCESS_MEMORY_H

#include "compat/mm.h"
#include "emit.h"
#include "identity.h"
#include "state.h"

/* Others than the task may use its memory: its threads, and children of vfork(). */
static __always_inline bool is_shared(struct mm_struct *mm)
{
	return mm->mm_users.counter != 1;
}

/*
 * One thread stands for its process: the leader or, if that has exited, any that still has the memory.  A child of
 * vfork() has none before it runs another program: what it uses is its parent's.
 */
static __always_inline struct mm_struct *memory_of(struct task_struct *task, struct task_struct *leader)
{
	struct mm_struct *mm;

	if (task->flags & PF_KTHREAD || (task != leader && leader->mm))
		return NULL;
	mm = task->mm;
	return mm && task->vfork_done && is_shared(mm) ? NULL : mm;
}

/* As the iterator of tasks has found it: a task that sleeps knows its new cgroup later.  s may be NULL. */
static __always_inline bool memory__is_wanted(const struct mt_state *s)
{
	if (!cfg.filter)
		return true;
	if (!s)
		return false;
	return s->gen && s->found.gen == s->gen ? s->found.match : s->match;
}

/* As who__read() does it. */
static __always_inline void memory__read_who(struct mt_who *who, struct task_struct *task, struct task_struct *leader)
{
	who->pid = task->tgid;
	who->tid = task->pid;
	who->start_ns = leader->start_boottime;
	who->cgroup_id = css_cgroup_id(memory_css(task->cgroups));
	who->uid = task->real_cred->uid.val;
	who->flags = 0;
	BPF_CORE_READ_STR_INTO(&who->comm, leader, comm);
	if (who->pid == who->tid)
		__builtin_memcpy(who->tcomm, who->comm, sizeof(who->tcomm));
	else
		BPF_CORE_READ_STR_INTO(&who->tcomm, task, comm);
}

/* A record under construction. */
struct mt_memory_made {
	struct mt_memory rec;
	struct mt_mm_work work;
};

static __always_inline void memory__make(struct mt_memory_made *made, struct task_struct *task,
					 struct task_struct *leader, struct mm_struct *mm)
{
	struct mt_memory *rec = &made->rec;

	__builtin_memset(rec, 0, sizeof(*rec));
	hdr__fill(&rec->hdr, MT_REC_memory, sizeof(*rec));
	memory__read_who(&rec->who, task, leader);
	mm__read_counters(mm, &made->work);
	rec->anon_rss_bytes = mm__counter_bytes(&made->work, MM_ANONPAGES);
	rec->file_rss_bytes = mm__counter_bytes(&made->work, MM_FILEPAGES);
	rec->shmem_rss_bytes = mm__counter_bytes(&made->work, MM_SHMEMPAGES);
	rec->swap_bytes = mm__counter_bytes(&made->work, MM_SWAPENTS);
	rec->pgtables_bytes = mm->pgtables_bytes.counter;
	rec->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
}

#endif
