// SPDX-License-Identifier: GPL-2.0
/*
 * Stalls for memory, as PSI counts them: what lies between psi_memstall_enter() and psi_memstall_leave()
 * (kernel/sched/psi.c).  Nested pairs belong to the outermost one.  Where programs on functions are refused,
 * tracepoints of reclaim and compaction show a part.
 */
#include "core/prelude.h"
#include "core/compat/stall.h"
#include "core/compat/vmscan.h"
#include "core/identity.h"
#include "core/state.h"
#include "stall_beside.h"
#include "stall_callers.h"
#include "stall_kthreads.h"
#include "stall_psi_times.h"
#include "stall_seen.h"
#include "stall_task.h"
#include "stall_time.h"

char LICENSE[] SEC("license") = "GPL";

/* Whether a pair that begins now is inside of another one.  Stacks grow down. */
static __always_inline bool is_nested(const struct mt_stalled *stall, const unsigned long *flags)
{
	return cfg.marks_stalls ? !is_outermost(flags) : stall->key && (u64)flags < stall->key;
}

static __always_inline int enter(void *ctx, const unsigned long *flags, bool balanced)
{
	u64 now_ns = bpf_ktime_get_boot_ns(), site;
	struct mt_stalled *stall;
	struct mt_state *s;
	u32 class = 0;

	if (is_over())
		return 0;
	if (is_kthread()) {
		site = caller__find(ctx, &class);
		return kthread__enter(site, class, now_ns, balanced);
	}
	s = state__current();
	if (!s)
		return state__missing();
	stall = state__stalled(s);
	if (cfg.twice && stall->half == MT_HALF_ENTERED && stall->key == (u64)flags) {
		stall->half = MT_HALF_NONE;
		return 0;
	}
	if (is_nested(stall, flags))
		return 0;
	if (stall->key) {
		lost__spans_unfinished(1);
		stall__forget(stall, stall_now(), balanced);
	}
	site = caller__find(ctx, &class);
	if (class == MT_CLASS_PAGE)
		class = page_class(ctx);
	know_task(s);
	stall__begin(s, (u64)flags, now_ns, balanced);
	stall->site = site;
	stall->class = class;
	stall->half = MT_HALF_ENTERED;
	return 0;
}

static __always_inline int leave(void *ctx, const unsigned long *flags, bool balanced)
{
	u64 now_ns = stall_now(), key;
	struct mt_state *s;

	if (is_kthread())
		return kthread__leave(flags, now_ns, balanced);
	s = state__current();
	if (!s)
		return 0;
	if (cfg.twice && state__stalled(s)->half == MT_HALF_LEFT) {
		state__stalled(s)->half = MT_HALF_NONE;
		return 0;
	}
	key = state__stalled(s)->key;
	if (key == (u64)flags || (key == KEY_PARTIAL && is_outermost(flags)))
		stall__end(ctx, s, now_ns, balanced);
	else if (!key && cfg.marks_stalls && is_outermost(flags) && state__phase() == MT_PHASE_RUN)
		lost__spans_unfinished(1);
	else
		return 0;
	state__stalled(s)->half = MT_HALF_LEFT;
	return 0;
}

/* At the end of both, just after the kernel has read its clock (psi_task_change()). */
SEC("fexit/psi_memstall_enter")
int BPF_PROG(enter_balanced, unsigned long *flags)
{
	return enter(ctx, flags, true);
}

SEC("fexit/psi_memstall_leave")
int BPF_PROG(leave_balanced, unsigned long *flags)
{
	return leave(ctx, flags, true);
}

SEC("fexit/psi_memstall_enter")
int BPF_PROG(enter_again, unsigned long *flags)
{
	return enter(ctx, flags, true);
}

SEC("fexit/psi_memstall_leave")
int BPF_PROG(leave_again, unsigned long *flags)
{
	return leave(ctx, flags, true);
}

/* 5.10 lets programs see no argument that is a pointer to a number. */
static __always_inline const unsigned long *only_argument(void *ctx)
{
	const unsigned long *flags = NULL;

	bpf_probe_read_kernel(&flags, sizeof(flags), ctx);
	return flags;
}

SEC("fexit/psi_memstall_enter")
int enter_alone(void *ctx)
{
	return enter(ctx, only_argument(ctx), false);
}

SEC("fexit/psi_memstall_leave")
int leave_alone(void *ctx)
{
	return leave(ctx, only_argument(ctx), false);
}

/* A task that is stalled gets another CPU: PSI counts it there from now on (kernel/sched/stats.h, psi_enqueue()). */
SEC("tp_btf/sched_migrate_task")
int BPF_PROG(migrate, struct task_struct *task, int cpu)
{
	struct mt_state *s;
	u64 now_ns;

	if (!is_marked(task))
		return 0;
	s = state__of(task);
	if (!s || !state__stalled(s)->key || state__stalled(s)->cpu < 0)
		return 0;
	now_ns = bpf_ktime_get_boot_ns();
	busy__on_cpu(state__stalled(s)->cpu, 0, now_ns);
	busy__on_cpu(cpu, 1, now_ns);
	state__stalled(s)->cpu = cpu;
	return 0;
}

/* What begins inside a stall of the allocator says which of its two kinds it is. */
static __always_inline int tell(u32 cause)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key && state__stalled(s)->class == MT_CLASS_ALLOC)
		state__stalled(s)->class = cause;
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(tell_direct)
{
	return tell(MT_STALL_DIRECT);
}

SEC("tp_btf/mm_compaction_try_to_compact_pages")
int BPF_PROG(tell_compact)
{
	return tell(MT_STALL_COMPACT);
}

SEC("fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(target, struct mem_cgroup *memcg)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key && !state__stalled(s)->target)
		state__stalled(s)->target = memcg_cgroup_id(memcg);
	return 0;
}

/* Sleeps of reclaim itself (mm/vmscan.c, reclaim_throttle()). */
static __always_inline int throttled(s32 delayed_us)
{
	struct mt_state *s = state__counting(false);

	if (s && state__stalled(s)->key && delayed_us > 0)
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_throttle_ns, 1000ULL * delayed_us);
	return 0;
}

SEC("tp_btf/mm_vmscan_throttled")
int BPF_PROG(throttled_btf, int nid, int usec_timeout, int usec_delayed)
{
	return throttled(usec_delayed);
}

SEC("tp/vmscan/mm_vmscan_throttled")
int throttled_tp(struct trace_event_raw_mm_vmscan_throttled___v5_17 *ctx)
{
	throttled(ctx->usec_delayed);
	return TP_PASS_ON;
}

/*
 * The iterator over tasks that goes with psi_memstall_enter(): when the run begins, it finds who is stalled; at ticks,
 * whose begin or end was missed, and what kernel threads have waited so far.
 */

/* Its counters begin at the base, which the core's iterator sends after this. */
static __always_inline void find_stalled(struct mt_state *s, struct task_struct *task, bool balanced)
{
	u64 site = 0;
	u32 class = class_of_task(task, &site);

	if (state__stalled(s)->key)
		return;
	stall__begin(s, KEY_PARTIAL, bpf_ktime_get_boot_ns(), balanced);
	state__stalled(s)->site = site;
	state__stalled(s)->class = class;
	state__stalled(s)->partial = 1;
}

/* A begin or an end was missed. */
static __always_inline void heal(struct mt_state *s, struct task_struct *task, bool balanced)
{
	struct mt_stalled *stall = state__stalled(s);
	u32 changes = stall->changes;

	barrier();
	if (changes & 1 || !stall->key == !is_marked(task))
		return;
	if (!stall__missed(stall, changes))
		return;
	if (is_marked(task)) {
		find_stalled(s, task, balanced);
		return;
	}
	stall__forget(stall, stall_now(), balanced);
	lost__spans_unfinished(1);
}

static __always_inline int look(struct task_struct *task, bool balanced)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s;
	bool kthread;

	if (!task || !ctl || !cfg.marks_stalls)
		return 0;
	kthread = BPF_CORE_READ(task, flags) & PF_KTHREAD;
	if (ctl->iter_mode == MT_ITER_BASE && is_marked(task) && kthread)
		find_kthread(task, balanced);
	else if (kthread)
		look_at_kthread(task, balanced);
	if (kthread)
		return 0;
	s = state__of(task);
	if (!s)
		return 0;
	if (ctl->iter_mode != MT_ITER_BASE)
		heal(s, task, balanced);
	else if (is_marked(task))
		find_stalled(s, task, balanced);
	return 0;
}

SEC("iter/task")
int look_balanced(struct bpf_iter__task *ctx)
{
	return look(ctx->task, true);
}

SEC("iter/task")
int look_alone(struct bpf_iter__task *ctx)
{
	return look(ctx->task, false);
}

/* What a task has open when it exits is a stall whose end was missed (kernel/exit.c, do_exit()). */
static __always_inline int gone(struct task_struct *task, bool balanced)
{
	struct mt_state *s = state__of(task);

	if (!s || !state__stalled(s)->key)
		return 0;
	stall__forget(state__stalled(s), stall_now(), balanced);
	lost__spans_unfinished(1);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(gone_balanced, struct task_struct *task)
{
	return gone(task, true);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(gone_alone, struct task_struct *task)
{
	return gone(task, false);
}
