/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own times in stalls, by CPU; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_PSI_TIMES_H
#define MEMTRACE_PROBES_STALL_PSI_TIMES_H

#include "core/prelude.h"
#include "core/compat/stall.h"
#include "core/maps.h"

/*
 * Never attached: user space runs it to read how long some task, and all tasks that could run, were stalled on each CPU
 * as the kernel counts it (kernel/sched/psi.c, get_recent_times()).  User space puts the variable's id in.
 */
#define PSI_TRIES 4

struct psi_look {
	u32 times[PSI_MEM_FULL + 1];
	u32 mask;
	u64 start_ns;
};

static __always_inline void psi__look(struct psi_look *look, struct psi_group_cpu___seen *group)
{
	bpf_core_read(look->times, sizeof(look->times), &group->times);
	look->mask = BPF_CORE_READ(group, state_mask);
	look->start_ns = BPF_CORE_READ(group, state_start);
}

/* The state that a CPU is in counts up to now. */
static __always_inline u32 psi__time(const struct psi_look *look, u32 state, u64 now_ns)
{
	bool lasts = look->mask >> state & 1 && now_ns > look->start_ns;

	return look->times[state] + (lasts ? now_ns - look->start_ns : 0);
}

static __noinline int psi__read(struct psi_group_cpu___seen *group, u32 key, u64 now_ns)
{
	struct mt_cpu *cpu = bpf_map_lookup_elem(&cpus, &key);
	struct psi_look first = {}, second = {};
	int i;

	if (!cpu || !group)
		return 0;
	psi__look(&first, group);
	for (i = 0; i < PSI_TRIES; i++) {
		psi__look(&second, group);
		if (second.start_ns == first.start_ns && second.times[PSI_MEM_SOME] == first.times[PSI_MEM_SOME])
			break;
		first = second;
	}
	cpu->psi_some_ns = psi__time(&second, PSI_MEM_SOME, now_ns);
	cpu->psi_full_ns = psi__time(&second, PSI_MEM_FULL, now_ns);
	return 0;
}

/*
 * PSI has a clock of its own (cpu_clock()), which no helper reads.  But the scheduler notes by that clock when it let a
 * task run: this one was woken a moment ago.
 */
SEC("raw_tp/cgroup_rmdir")
int psi_times(void *ctx)
{
	struct task_struct___info *task = (void *)bpf_get_current_task();
	u64 arrival_ns = BPF_CORE_READ(task, sched_info.last_arrival);
	void *variable, *group;
	u32 i;

	asm volatile("%0 = " MT_STR(MT_VARIABLE) " ll" : "=r"(variable));
	for (i = 0; i < cfg.nr_cpus; i++) {
		group = bpf_per_cpu_ptr(variable, i);
		if (!group)
			break;
		psi__read(group, i, arrival_ns);
	}
	return 0;
}

#endif
