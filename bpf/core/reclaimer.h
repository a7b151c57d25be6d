/* SPDX-License-Identifier: GPL-2.0 */
/* Who reclaims: the episode of the probe reclaim that the current task is in. */
#ifndef MEMTRACE_CORE_RECLAIMER_H
#define MEMTRACE_CORE_RECLAIMER_H

#include "compat/vmscan.h"
#include "span.h"

/* Who reclaims here, an enum mt_reclaimer; *target: the id of the cgroup whose limit it is for, 0 for none. */
static __always_inline u32 reclaimer(u64 *target)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	const struct span *span = span__open();

	*target = 0;
	if (span && span->id >> 16 == MT_PROBE_reclaim) {
		*target = span->target;
		return span->asked ? MT_RECLAIMER_PROACTIVE : span->id & 0xffff;
	}
	return BPF_CORE_READ(task, flags) & PF_KSWAPD ? MT_RECLAIMER_KSWAPD : MT_RECLAIMER_OTHER;
}

#endif
