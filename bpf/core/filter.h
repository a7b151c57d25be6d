/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks match the filters.  Checked when a task's identity changes, not at each event. */
#ifndef MEMTRACE_CORE_FILTER_H
#define MEMTRACE_CORE_FILTER_H

#include "identity.h"
#include "maps.h"

static __always_inline bool comm_listed(const char *comm)
{
	struct comm_key key = {};
	int i;

	/* bytes after the name may be anything: compare up to its end only */
	for (i = 0; i < MT_COMM_LEN - 1; i++) {
		if (!comm[i])
			break;
		key.comm[i] = comm[i];
	}
	return bpf_map_lookup_elem(&filter_comm, &key);
}

/*
 * Is a task's cgroup a chosen one, or below one?  A cgroup knows its ancestor at each level.  So there is one look-up
 * for each level that has a chosen cgroup, however deep the task's cgroup is.
 */
static __always_inline bool cgroup_listed(struct task_struct *task)
{
	struct cgroup_subsys_state *css = memory_css(BPF_CORE_READ(task, cgroups));
	struct cgroup *cgroup = css ? BPF_CORE_READ(css, cgroup) : NULL;
	struct mt_filter_levels *levels = map_only(&filter_levels);
	u32 level = cgroup ? BPF_CORE_READ(cgroup, level) : 0, i;

	for (i = 0; cgroup && levels && i < MT_FILTER_LEVELS && i < levels->nr; i++) {
		u64 id = levels->level[i] <= level ? cgroup_ancestor_id(cgroup, levels->level[i]) : 0;

		if (bpf_map_lookup_elem(&filter_cgroup, &id))
			return true;
	}
	return false;
}

static __always_inline bool filter__match(const struct mt_who *who, struct task_struct *task, u32 state_flags)
{
	bool followed = cfg.filter & MT_FILTER_FOLLOW && state_flags & MT_STATE_FOLLOWED;

	if (cfg.filter & MT_FILTER_CMD && !(state_flags & MT_STATE_FAMILY))
		return false;
	if (cfg.filter & MT_FILTER_PID && !followed && !bpf_map_lookup_elem(&filter_pid, &who->pid))
		return false;
	if (cfg.filter & MT_FILTER_TID && !followed && !bpf_map_lookup_elem(&filter_tid, &who->tid))
		return false;
	if (cfg.filter & MT_FILTER_UID && !bpf_map_lookup_elem(&filter_uid, &who->uid))
		return false;
	if (cfg.filter & MT_FILTER_COMM && !followed && !comm_listed(who->comm) && !comm_listed(who->tcomm))
		return false;
	if (cfg.filter & MT_FILTER_CGROUP && !cgroup_listed(task))
		return false;
	return true;
}

/* Tasks outside CMD's family need no counters at all. */
static __always_inline bool filter__family_only(void)
{
	return cfg.filter & MT_FILTER_CMD;
}

#endif
