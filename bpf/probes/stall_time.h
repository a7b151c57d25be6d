/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of stalls, and how many tasks are stalled at a time; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_TIME_H
#define MEMTRACE_PROBES_STALL_TIME_H

#include "core/prelude.h"
#include "core/emit.h"
#include "core/state.h"

/*
 * How many tasks are stalled, on each CPU and altogether.  On each CPU: where the kernel counts the task, which is
 * where it was last queued.
 */
#define BALANCE_TRIES 32

static __always_inline int busy__change(u64 *word, int more, u64 now_ns)
{
	struct mt_control *ctl = map_only(&control);
	u64 old, next;
	int i;

	if (!word || !ctl)
		return 0;
	for (i = 0; i < BALANCE_TRIES; i++) {
		old = *(volatile u64 *)word;
		next = mt_stalled_next(old, more, now_ns);
		if (next == old)
			break;
		if (__sync_val_compare_and_swap(word, old, next) == old)
			return 0;
	}
	__sync_fetch_and_add(&ctl->stalls_unbalanced, 1);
	return 0;
}

/* The barriers keep clang from computing a member's address before it is known that there is one. */
__noinline int busy__on_cpu(u32 cpu, int more, u64 now_ns)
{
	struct mt_cpu *c = bpf_map_lookup_elem(&cpus, &cpu);

	if (!c)
		return 0;
	barrier_var(c);
	return busy__change(&c->stalled, more, now_ns);
}

__noinline int busy__altogether(int more, u64 now_ns)
{
	struct mt_control *ctl = map_only(&control);

	if (!ctl)
		return 0;
	barrier_var(ctl);
	return busy__change(&ctl->stalled, more, now_ns);
}

/* Returns the CPU. */
static __always_inline s32 busy__begin(u64 now_ns)
{
	s32 cpu = bpf_get_smp_processor_id();

	busy__altogether(1, now_ns);
	busy__on_cpu(cpu, 1, now_ns);
	return cpu;
}

static __always_inline void busy__end(s32 cpu, u64 now_ns)
{
	if (cpu < 0)
		return;
	busy__altogether(0, now_ns);
	busy__on_cpu(cpu, 0, now_ns);
}

static __always_inline bool is_over(void)
{
	return state__phase() >= MT_PHASE_ENDING;
}

/* The time up to which stalls count. */
static __always_inline u64 stall_now(void)
{
	u64 now_ns = bpf_ktime_get_boot_ns();
	struct mt_control *ctl = map_only(&control);

	return ctl && ctl->ended_ns && ctl->ended_ns < now_ns ? ctl->ended_ns : now_ns;
}

#endif
