/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stall of a task: its begin, its end, and what counts of it; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_TASK_H
#define MEMTRACE_PROBES_STALL_TASK_H

#include "core/prelude.h"
#include "core/compat/stall.h"
#include "core/chain.h"
#include "core/emit.h"
#include "core/identity.h"
#include "core/span.h"
#include "core/state.h"
#include "stall_counts.h"
#include "stall_time.h"

/* The key of a stall that was under way when memtrace attached; those of tracepoints follow it. */
#define KEY_PARTIAL 1
#define KEY_FIRST   2

/* Forgets a stall whose end was missed, or that is over. */
static __always_inline void stall__forget(struct mt_stalled *stall, u64 now_ns, bool balanced)
{
	u64 key = balanced ? __sync_lock_test_and_set(&stall->key, 0) : stall->key;

	stall->key = 0;
	if (balanced && key)
		busy__end(stall->cpu, now_ns);
}

/*
 * To be asked at each tick at which the stall and what the kernel says of the task disagree.  The first time it may be
 * at its begin or its end just now; true: it is the second time, so a begin or an end was missed.
 */
static __always_inline bool stall__missed(struct mt_stalled *stall, u32 changes)
{
	if (stall->missed == changes + 1)
		return true;
	stall->missed = changes + 1;
	return false;
}

/* What it is for is not known yet. */
static __always_inline void stall__begin(struct mt_state *s, u64 key, u64 now_ns, bool balanced)
{
	struct mt_stalled *stall = state__stalled(s);

	stall->changes++;
	barrier();
	stall->start_ns = now_ns;
	stall->since_ns = now_ns;
	stall->target = 0;
	stall->site = 0;
	stall->class = MT_CLASS_ALLOC;
	stall->partial = 0;
	stall->cpu = balanced && s->match ? busy__begin(now_ns) : -1;
	stall->key = key;
	barrier();
	stall->changes++;
}

/* Who the task is now.  A function of its own: what it needs of the stack is not needed with what enter() calls. */
static __noinline int know_task(struct mt_state *s)
{
	if (s)
		state__if_counting(s);
	return 0;
}

static __always_inline bool is_kthread(void)
{
	if (cfg.has_task_storage)
		return bpf_get_current_task_btf()->flags & PF_KTHREAD;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), flags) & PF_KTHREAD;
}

/* What an episode of reclaim or compaction says about the stall that it is in. */
static __always_inline u32 cause_at_end(const struct mt_stalled *stall)
{
	u32 cause = stall__cause(stall);

	return cause < MT_NR_STALL_CAUSES ? cause : stall->class == MT_CLASS_ALLOC ? MT_STALL_DIRECT : MT_STALL_OTHER;
}

/* false: it has no record. */
static __always_inline bool stall__emit(void *ctx, const struct mt_state *s, u32 cause, u64 duration_ns)
{
	const struct mt_stalled *stall = state__stalled(s);
	struct mt_stall_site *site;
	struct mt_lost *l;
	struct mt_stall *rec = NULL;

	if (duration_ns < cfg.long_stall_ns)
		return false;
	site = bpf_map_lookup_elem(&stall_sites, &stall->site);
	if (bpf_ringbuf_query(&ring_rare, BPF_RB_AVAIL_DATA) <= cfg.rare_fold_bytes)
		rec = bpf_ringbuf_reserve(&ring_rare, sizeof(*rec), 0);
	if (!rec) {
		l = lost_here();
		if (l)
			__sync_fetch_and_add(&l->folded, 1);
		return false;
	}
	hdr__fill(&rec->hdr, MT_REC_stall, sizeof(*rec));
	rec->who = s->who;
	rec->start_ns = stall->start_ns;
	rec->duration_ns = duration_ns;
	rec->target_cgroup_id = stall->target;
	rec->cause = cause;
	rec->partial = stall->partial;
	rec->kernel_stack = cfg.stacks ? chain__id(ctx, 0) : MT_UNKNOWN_S32;
	rec->pad = 0;
	if (site)
		__builtin_memcpy(rec->function, site->function, sizeof(rec->function));
	else
		__builtin_memset(rec->function, 0, sizeof(rec->function));
	bpf_ringbuf_submit(rec, 0);
	return true;
}

static __always_inline void stall__end(void *ctx, struct mt_state *s, u64 now_ns, bool balanced)
{
	u64 duration_ns = now_ns - state__stalled(s)->start_ns;
	struct mt_state *counting = state__if_counting(s); /* may change what s counts for */
	struct mt_stalled *stall = state__stalled(s);
	u32 cause = cause_at_end(stall);
	bool ends_after = stall->start_ns > now_ns;

	stall->changes++;
	barrier();
	if (counting && !ends_after) {
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_memcg_count + 2 * cause, 1);
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_memcg_ns + 2 * cause, now_ns - stall->since_ns);
		if (stall->class == MT_CLASS_PENALTY)
			state__add(s, MT_PROBE_stall, MT_SLOT_stall_high_penalty_ns, now_ns - stall->since_ns);
	}
	if (stall->file_fault_ns)
		stall->fault_stalled_ns += duration_ns;
	stall__forget(stall, now_ns, balanced);
	barrier();
	stall->changes++;
	if (!counting || is_over())
		return;
	stall->near = count_by_cause(s->who.cgroup_id, cause, duration_ns, !stall__emit(ctx, s, cause, duration_ns),
				     stall->near);
	if (stall->site)
		count_by_caller(stall->site, cause, duration_ns);
}

#endif
