// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "count_rules.h"

#include <string.h>

#include <bpf/btf.h>

#include "btf_excerpt.h"
#include "prototype.h"

#define ISOLATE_RECORD "trace_event_raw_mm_vmscan_lru_isolate"
#define LOCK_FOLIO     "__folio_lock_or_retry"

static bool is_named(const struct btf *btf, __u32 offset, const char *name)
{
	const char *found = btf__name_by_offset(btf, offset);

	return found && !strcmp(found, name);
}

/* The type of that name and kind; NULL: there is none. */
static const struct btf_type *find_type(const struct btf *btf, const char *name, __u32 kind)
{
	__s32 id = btf__find_by_name_kind(btf, name, kind);

	return id > 0 ? btf__type_by_id(btf, id) : NULL;
}

static bool has_enumerator(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t = find_type(btf, type, BTF_KIND_ENUM);
	int i;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (is_named(btf, btf_enum(t)[i].name_off, name))
			return true;
	return false;
}

static bool has_member(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t = find_type(btf, type, BTF_KIND_STRUCT);
	int i;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (is_named(btf, btf_members(t)[i].name_off, name))
			return true;
	return false;
}

void count_rules__add_names(struct btf_names *names)
{
	static const char *const all[] = { "node_stat_item", "mem_cgroup",   "reclaim_state", "scan_control",
					   LOCK_FOLIO,	     ISOLATE_RECORD, "task_struct" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		btf_names__add(names, "", all[i]);
	prototype__add_general_names(names);
}

void count_rules__read(struct count_rules *rules, const struct btf *btf)
{
	*rules = (struct count_rules){
		.node_reclaim_counters = has_enumerator(btf, "node_stat_item", "PGSTEAL_DIRECT"),
		/* counts by batch and by level, before cgroups had statistics that are flushed (__count_memcg_events())
		 */
		.cgroups_hold_back = has_member(btf, "mem_cgroup", "vmstats_local"),
		/* reclaimed_slab got its wider name when shrink_node() ceased to add it for cgroups */
		.cgroup_slab_pages = has_member(btf, "reclaim_state", "reclaimed_slab"),
		/*
		 * No type changed with it.  Faults under a per-mapping lock are retried often; they needed this
		 * before they could wait for a page, and for that this function got its new argument.
		 */
		.attempts_count =
			!prototype__matches_function(btf, LOCK_FOLIO, "struct folio *folio,struct vm_fault *vmf"),
		/* no type changed with it, but the event had lost the isolation's mode just before (6.7) */
		.generations_tell = find_type(btf, ISOLATE_RECORD, BTF_KIND_STRUCT) &&
				    !has_member(btf, ISOLATE_RECORD, "isolate_mode"),
		/* a wait inside of a wait could occur only then, so it is told by this */
		.swapins_thrash = has_member(btf, "task_struct", "in_thrashing"),
		/* the same kernels let tracepoints' programs be preempted */
		.preempts = prototype__preemptible(btf),
		.restarts = has_member(btf, "scan_control", "memcg_full_walk") ? 3 : 2,
	};
}
