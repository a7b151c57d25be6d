/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where programs on functions are refused: reclaim and compaction by a task.  What begins inside of another one is part
 * of it.  Delay accounting may have more (state.h): reclaim does not wait for pages of the working set, so that is
 * never inside of these.  Part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_SEEN_H
#define MEMTRACE_PROBES_STALL_SEEN_H

#include "core/prelude.h"
#include "stall_task.h"

enum seen_kind { SEEN_DIRECT, SEEN_MEMCG, SEEN_NODE, SEEN_COMPACT };

/*
 * A task that reclaims or compacts because it wants a page is marked so (mm/page_alloc.c:__perform_reclaim() and
 * __alloc_pages_direct_compact(), mm/vmscan.c:try_to_free_mem_cgroup_pages() and __node_reclaim()).
 */
static __always_inline bool is_allocating(struct task_struct *task)
{
	return BPF_CORE_READ(task, flags) & PF_MEMALLOC;
}

static __always_inline int begin_seen(u32 kind, u32 cause, bool balanced)
{
	struct mt_state *s;

	if (is_kthread() || is_over())
		return 0;
	/* who writes to /proc/sys/vm/compact_memory compacts, too, and has not stalled for the lack of a page */
	if (kind == SEEN_COMPACT && !is_allocating((struct task_struct *)bpf_get_current_task()))
		return 0;
	/* delay accounting has the whole wait: it counts as a refault */
	if (takes_delays() && is_thrashing((struct task_struct *)bpf_get_current_task()))
		return 0;
	s = state__current();
	if (!s)
		return state__missing();
	if (state__stalled(s)->key && state__stalled(s)->key != KEY_FIRST + kind)
		return 0;
	if (state__stalled(s)->key) {
		lost__spans_unfinished(1);
		stall__forget(state__stalled(s), stall_now(), balanced);
	}
	know_task(s);
	stall__begin(s, KEY_FIRST + kind, bpf_ktime_get_boot_ns(), balanced);
	state__stalled(s)->class = cause;
	return 0;
}

static __always_inline int end_seen(void *ctx, u32 kind, bool balanced)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key == KEY_FIRST + kind)
		stall__end(ctx, s, stall_now(), balanced);
	return 0;
}

/* An end that was missed: the task has been in no such episode at two ticks. */
static __always_inline int look_seen(struct task_struct *task, bool balanced)
{
	struct mt_state *s = task ? state__of(task) : NULL;
	struct mt_stalled *stall;
	u32 changes;

	if (!s)
		return 0;
	stall = state__stalled(s);
	changes = stall->changes;
	barrier();
	if (changes & 1 || stall->key < KEY_FIRST || is_allocating(task) || !stall__missed(stall, changes))
		return 0;
	stall__forget(stall, stall_now(), balanced);
	lost__spans_unfinished(1);
	return 0;
}

SEC("iter/task")
int look_seen_balanced(struct bpf_iter__task *ctx)
{
	return look_seen(ctx->task, true);
}

SEC("iter/task")
int look_seen_alone(struct bpf_iter__task *ctx)
{
	return look_seen(ctx->task, false);
}

#define SEEN(name, begin_event, end_event, kind, cause)                                                                \
	SEC("tp_btf/" #begin_event)                                                                                    \
	int BPF_PROG(name##_begin_balanced)                                                                            \
	{                                                                                                              \
		return begin_seen(kind, cause, true);                                                                  \
	}                                                                                                              \
	SEC("tp_btf/" #begin_event)                                                                                    \
	int BPF_PROG(name##_begin_alone)                                                                               \
	{                                                                                                              \
		return begin_seen(kind, cause, false);                                                                 \
	}                                                                                                              \
	SEC("tp_btf/" #end_event)                                                                                      \
	int BPF_PROG(name##_end_balanced)                                                                              \
	{                                                                                                              \
		return end_seen(ctx, kind, true);                                                                      \
	}                                                                                                              \
	SEC("tp_btf/" #end_event)                                                                                      \
	int BPF_PROG(name##_end_alone)                                                                                 \
	{                                                                                                              \
		return end_seen(ctx, kind, false);                                                                     \
	}

SEEN(direct, mm_vmscan_direct_reclaim_begin, mm_vmscan_direct_reclaim_end, SEEN_DIRECT, MT_STALL_DIRECT)
SEEN(memcg, mm_vmscan_memcg_reclaim_begin, mm_vmscan_memcg_reclaim_end, SEEN_MEMCG, MT_STALL_MEMCG)
SEEN(node, mm_vmscan_node_reclaim_begin, mm_vmscan_node_reclaim_end, SEEN_NODE, MT_STALL_DIRECT)
SEEN(compact, mm_compaction_begin, mm_compaction_end, SEEN_COMPACT, MT_STALL_COMPACT)

#endif
