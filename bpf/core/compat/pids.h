/* SPDX-License-Identifier: GPL-2.0 */
/* The pids controller: how many tasks a cgroup has, and may have (kernel/cgroup/pids.c). */
#ifndef MEMTRACE_COMPAT_PIDS_H
#define MEMTRACE_COMPAT_PIDS_H

#include "../prelude.h"

#define PIDS_LEVELS 16

struct pids_cgroup {
	struct cgroup_subsys_state css; /* first */
	atomic64_t counter;
	atomic64_t limit;
} __attribute__((preserve_access_index));

/* The limit of the first cgroup, upwards from the task's, that has no room for one more task; -1: all have. */
static __always_inline s64 pids__limit_hit(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct pids_cgroup *pids = NULL;
	s64 counter, limit;
	int i;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return -1;
	bpf_probe_read_kernel(&pids, sizeof(pids),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
				      sizeof(pids) * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	for (i = 0; i < PIDS_LEVELS && pids; i++) {
		counter = BPF_CORE_READ(pids, counter.counter);
		limit = BPF_CORE_READ(pids, limit.counter);
		if (counter + 1 > limit)
			return limit;
		pids = (void *)BPF_CORE_READ(pids, css.parent);
	}
	return -1;
}

#endif
