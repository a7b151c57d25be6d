/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whom the OOM killer compared.  While a task is in out_of_memory(), the results of oom_badness() in it are the
 * ranking; reads of /proc/PID/oom_score call that function as well, but elsewhere.
 */
#ifndef MEMTRACE_OOM_CHOICE_H
#define MEMTRACE_OOM_CHOICE_H

#include "core/prelude.h"
#include "core/compat/mm.h"
#include "core/compat/oom.h"
#include "core/emit.h"
#include "core/identity.h"

#define BEST	5
#define EXEMPT	3
#define NOT_ONE ((s64)1 << 63) /* LONG_MIN: this process is not to be killed */

struct candidates {
	u32 tid; /* of the task in out_of_memory(); 0: none.  oom_lock is held around it */
	u32 evaluated, exempt, pad;
	struct mt_oom_candidate best[BEST]; /* the most points first */
	struct mt_oom_candidate exempts[EXEMPT];
	struct mt_oom_candidate next;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct candidates);
} oom_candidates SEC(".maps");

static __always_inline int choice__begin(void)
{
	struct candidates *all = map_only(&oom_candidates);

	if (!all)
		return 0;
	all->evaluated = all->exempt = 0;
	all->tid = bpf_get_current_pid_tgid();
	return 0;
}

static __always_inline int choice__end(void)
{
	struct candidates *all = map_only(&oom_candidates);

	if (all && all->tid == (u32)bpf_get_current_pid_tgid())
		all->tid = 0;
	return 0;
}

/* oom_badness() has looked at the thread that has the memory, as here: its main thread may be gone
 * (find_lock_task_mm()). */
static __always_inline void candidate__read(struct mt_oom_candidate *c, struct task_struct *task, s64 points)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	who__read(&c->who, task);
	c->points = points;
	c->oom_score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	c->anon_rss_bytes = c->file_rss_bytes = c->shmem_rss_bytes = MT_UNKNOWN_U64;
	c->swap_bytes = c->pgtables_bytes = MT_UNKNOWN_U64;
	if (!mm)
		return;
	mm__read_rss(c, mm);
	c->swap_bytes = mm__rss_bytes(mm, MM_SWAPENTS);
}

/* Of processes with the same points the kernel takes the last (oom_evaluate_task()). */
static __always_inline void candidates__insert(struct candidates *all, u32 nr)
{
	int at;

	for (at = BEST - 1; at >= 0; at--) {
		if ((u32)at < nr && all->next.points < all->best[at].points)
			break;
		if (at < BEST - 1)
			all->best[at + 1] = all->best[at];
		all->best[at] = all->next;
	}
}

static __always_inline int choice__add(struct task_struct *task, s64 points)
{
	struct candidates *all = map_only(&oom_candidates);
	u32 nr;

	if (!all || all->tid != (u32)bpf_get_current_pid_tgid())
		return 0;
	all->evaluated++;
	if (points == NOT_ONE) {
		nr = all->exempt++;
		if (nr < EXEMPT)
			candidate__read(&all->exempts[nr], task, MT_UNKNOWN_S32);
		return 0;
	}
	nr = all->evaluated - all->exempt - 1;
	if (nr >= BEST && points < all->best[BEST - 1].points)
		return 0;
	candidate__read(&all->next, task, points);
	candidates__insert(all, nr);
	return 0;
}

static __always_inline void candidate__send(const struct candidates *all, const struct mt_oom_candidate *c, u32 rank)
{
	struct mt_oom_candidate *rec =
		rare__reserve(&ring_oom, MT_RING_OOM, MT_REC_oom_candidate, struct mt_oom_candidate);
	struct mt_hdr hdr;

	if (!rec)
		return;
	hdr = rec->hdr;
	*rec = *c;
	rec->hdr = hdr;
	rec->rank = rank;
	rec->evaluated = all->evaluated;
	rec->exempt = all->exempt;
	rec->trigger = bpf_get_current_pid_tgid();
	rec->pad = 0;
	bpf_ringbuf_submit(rec, 0);
}

/* When a kill begins: before the records of its victims. */
static __always_inline void choice__send(void)
{
	struct candidates *all = map_only(&oom_candidates);
	u32 nr, i;

	if (!all || all->tid != (u32)bpf_get_current_pid_tgid() || !all->evaluated)
		return;
	nr = all->evaluated - all->exempt;
	for (i = 0; i < BEST; i++)
		if (i < nr)
			candidate__send(all, &all->best[i], i + 1);
	for (i = 0; i < EXEMPT; i++)
		if (i < all->exempt)
			candidate__send(all, &all->exempts[i], 0);
	/* a kill of a whole cgroup is one choice */
	all->evaluated = all->exempt = 0;
}

#endif
