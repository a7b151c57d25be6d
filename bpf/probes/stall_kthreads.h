/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stalls of kernel threads, which are charged to no task; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_KTHREADS_H
#define MEMTRACE_PROBES_STALL_KTHREADS_H

#include "core/prelude.h"
#include "core/identity.h"
#include "core/keyed.h"
#include "stall_callers.h"
#include "stall_counts.h"
#include "stall_time.h"

/* Stalls of kernel threads, by tid.  Few are in one at a time. */
struct kthread_stall {
	u64 start_ns;
	u64 since_ns; /* from where its time is not counted yet */
	u64 site;
	struct mt_stall_by_kthread_key key;
	s32 cpu;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct kthread_stall);
} stall_kthreads SEC(".maps");

#define NODES_MAX 256

KEYED_MAPS(stall_by_kthread, NODES_MAX, MT_NR_STALL_KTHREADS);

static __always_inline struct mt_stall_by_kthread_value *by_kthread(const struct mt_stall_by_kthread_key *of)
{
	struct mt_stall_by_kthread_key key = *of;
	struct mt_stall_by_kthread_value *counts = keyed__get(stall_by_kthread, &key);

	if (counts)
		return counts;
	key.node = 0;
	return keyed__other(stall_by_kthread, &key, key.kind);
}

/* Adds what a kernel thread's stall has taken since it was last looked at. */
static __always_inline void kthread__count(const struct kthread_stall *stall, u64 ns, u32 ended)
{
	struct mt_stall_by_kthread_value *counts = by_kthread(&stall->key);

	if (!counts)
		return;
	__sync_fetch_and_add(&counts->ns, ns);
	__sync_fetch_and_add(&counts->stalls, ended);
	keyed__count(&counts->head);
}

/* The number at the end of "kswapd0": kernel threads cannot be renamed. */
static __always_inline s32 node_of(struct task_struct *task)
{
	char comm[MT_COMM_LEN] = {};
	s32 node = MT_UNKNOWN_S32;
	int i;

	BPF_CORE_READ_STR_INTO(&comm, task, comm);
#pragma unroll
	for (i = 0; i < MT_COMM_LEN; i++)
		if (comm[i] >= '0' && comm[i] <= '9')
			node = (node == MT_UNKNOWN_S32 ? 0 : node * 10) + comm[i] - '0';
	return node;
}

static __always_inline struct mt_stall_by_kthread_key kthread_key(struct task_struct *task, u32 class)
{
	struct mt_stall_by_kthread_key key = { .kind = MT_STALL_OTHER_KTHREAD, .node = MT_UNKNOWN_S32 };

	if (class == MT_CLASS_KSWAPD)
		key.kind = MT_STALL_KSWAPD;
	else if (class == MT_CLASS_KCOMPACTD)
		key.kind = MT_STALL_KCOMPACTD;
	if (key.kind != MT_STALL_OTHER_KTHREAD)
		key.node = node_of(task);
	return key;
}

/* Nested pairs: in_memstall says so, and without PSI the thread's entry. */
static __always_inline int kthread__enter(u64 site, u32 class, u64 now_ns, bool balanced)
{
	struct kthread_stall stall = { .start_ns = now_ns, .since_ns = now_ns, .site = site, .cpu = -1 };
	u32 tid = bpf_get_current_pid_tgid();

	stall.key = kthread_key((struct task_struct *)bpf_get_current_task(), class);
	if (bpf_map_update_elem(&stall_kthreads, &tid, &stall, BPF_NOEXIST))
		return 0;
	/* filters leave kernel threads out of what is added up */
	if (balanced && !cfg.filter) {
		struct kthread_stall *kept = bpf_map_lookup_elem(&stall_kthreads, &tid);

		if (kept)
			kept->cpu = busy__begin(stall.start_ns);
	}
	return 0;
}

static __always_inline int kthread__leave(const unsigned long *flags, u64 now_ns, bool balanced)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct kthread_stall *stall = bpf_map_lookup_elem(&stall_kthreads, &tid);
	u64 since_ns;

	if (!stall || !is_outermost(flags))
		return 0;
	since_ns = balanced ? __sync_lock_test_and_set(&stall->since_ns, 0) : stall->since_ns;
	if (balanced)
		busy__end(stall->cpu, now_ns);
	if (since_ns && !is_over()) {
		kthread__count(stall, now_ns - since_ns, 1);
		count_by_caller(stall->site, MT_NR_STALL_CAUSES, now_ns - stall->start_ns);
	}
	bpf_map_delete_elem(&stall_kthreads, &tid);
	return 0;
}

/*
 * What the iterator finds of them when the run begins, and at ticks.
 */
static __always_inline void find_kthread(struct task_struct *task, bool balanced)
{
	struct kthread_stall stall = { .start_ns = bpf_ktime_get_boot_ns(), .cpu = -1 };
	u32 tid = BPF_CORE_READ(task, pid), class = class_of_task(task, &stall.site);
	struct kthread_stall *kept;

	stall.since_ns = stall.start_ns;
	stall.key = kthread_key(task, class);
	if (bpf_map_update_elem(&stall_kthreads, &tid, &stall, BPF_NOEXIST) || !balanced || cfg.filter)
		return;
	kept = bpf_map_lookup_elem(&stall_kthreads, &tid);
	if (kept)
		kept->cpu = busy__begin(stall.start_ns);
}

static __always_inline void look_at_kthread(struct task_struct *task, bool balanced)
{
	u32 tid = BPF_CORE_READ(task, pid);
	struct kthread_stall *stall = bpf_map_lookup_elem(&stall_kthreads, &tid);
	u64 now_ns = stall_now(), since_ns = stall ? stall->since_ns : 0;

	if (!balanced || !since_ns || since_ns >= now_ns)
		return;
	if (__sync_val_compare_and_swap(&stall->since_ns, since_ns, now_ns) == since_ns)
		kthread__count(stall, now_ns - since_ns, 0);
}

#endif
