/* SPDX-License-Identifier: GPL-2.0 */
/* Memory cgroups: members with the same name on 5.10 to 7.3, whose offsets CO-RE finds at load. */
#ifndef MEMTRACE_COMPAT_CGROUP_H
#define MEMTRACE_COMPAT_CGROUP_H

#include "../prelude.h"

/*
 * The css of the memory controller in a css_set: v1, hybrid and v2 alike.  In
 * a v2 hierarchy that does not enable the controller for a cgroup this is the
 * nearest ancestor's that has it (kernel/cgroup/cgroup.c, find_css_set()).
 * NULL without the controller.
 */
static __always_inline struct cgroup_subsys_state *memory_css(struct css_set *set)
{
	struct cgroup_subsys_state *css = NULL;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return NULL;
	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
				      sizeof(css) * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	return css;
}

static __always_inline u64 css_cgroup_id(struct cgroup_subsys_state *css)
{
	return css ? BPF_CORE_READ(css, cgroup, kn, id) : 0;
}

/* Up to 6.0: their ids instead (commit 7f203bc89eb6). */
struct cgroup___v5_10 {
	u64 ancestor_ids[1];
} __attribute__((preserve_access_index));

/*
 * The id of the cgroup's ancestor at that level (0: the root), or its own: level is at most its own level.  Without
 * the barriers the compiler computes the address in a list before it is known that the list exists.
 */
static __always_inline u64 cgroup_ancestor_id(struct cgroup *cgroup, u32 level)
{
	struct cgroup *ancestor = NULL;
	u64 id = 0;

	if (bpf_core_field_exists(cgroup->ancestors)) {
		struct cgroup **list;

		barrier_var(cgroup);
		list = cgroup->ancestors;
		bpf_probe_read_kernel(&ancestor, sizeof(ancestor), list + level);
		id = BPF_CORE_READ(ancestor, kn, id);
	} else {
		struct cgroup___v5_10 *old = (void *)cgroup;
		u64 *list;

		barrier_var(old);
		list = old->ancestor_ids;
		bpf_probe_read_kernel(&id, sizeof(id), list + level);
	}
	return id;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct mem_cgroup {
	struct cgroup_subsys_state css;
};
#pragma clang attribute pop

static __always_inline u64 memcg_cgroup_id(struct mem_cgroup *memcg)
{
	return memcg ? BPF_CORE_READ(memcg, css.cgroup, kn, id) : 0;
}

/* Ids are unique within a hierarchy only: is this cgroup one of the memory controller's? */
static __always_inline bool in_memory_hierarchy(struct cgroup *cgroup)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct cgroup_subsys_state *css = memory_css(BPF_CORE_READ(task, cgroups));

	return css && BPF_CORE_READ(css, cgroup, root) == BPF_CORE_READ(cgroup, root);
}

#endif
