/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of stalls by cgroup and cause, and by function; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_COUNTS_H
#define MEMTRACE_PROBES_STALL_COUNTS_H

#include "core/prelude.h"
#include "core/keyed.h"
#include "stall_callers.h"

#define CAUSES_MAX                                                                                                     \
	2048 /* one for each cgroup with stalls, by cause, with and without records: with the index 1.4 MiB */
#define CALLERS_MAX 128

KEYED_MAPS(stall_by_cause, CAUSES_MAX, 2 * MT_NR_STALL_CAUSES);
KEYED_MAPS(stall_by_caller, CALLERS_MAX, MT_NR_STALL_CAUSES + 1);

static __always_inline struct mt_stall_by_cause_value *by_cause(u64 cgroup_id, u32 cause, u32 folded, u32 *near)
{
	struct mt_stall_by_cause_key key = { .cgroup_id = cgroup_id, .cause = cause, .folded = folded };
	struct mt_stall_by_cause_value *counts = keyed__get_near(stall_by_cause, &key, near);

	if (counts)
		return counts;
	key.cgroup_id = 0;
	return keyed__other(stall_by_cause, &key, 2 * cause + folded);
}

/* Returns where it was counted, to be given as near the next time. */
__noinline u32 count_by_cause(u64 cgroup_id, u32 cause, u64 duration_ns, int folded, u32 near)
{
	struct mt_stall_by_cause_value *counts = by_cause(cgroup_id, cause, folded, &near);
	u32 slot = mt_log2_slot(duration_ns);

	opaque(slot);
	if (!counts || slot >= MT_HIST_SLOTS)
		return near;
	__sync_fetch_and_add(&counts->hist[slot], 1);
	__sync_fetch_and_add(&counts->ns, duration_ns);
	keyed__count(&counts->head);
	return near;
}

__noinline int count_by_caller(u64 site_address, u32 cause, u64 duration_ns)
{
	struct mt_stall_site *site = bpf_map_lookup_elem(&stall_sites, &site_address);
	struct mt_stall_by_caller_key key = { .cause = cause };
	struct mt_stall_by_caller_value *counts;

	if (!site)
		return 0;
	__builtin_memcpy(key.function, site->function, sizeof(key.function));
	counts = keyed__get_near(stall_by_caller, &key, &site->near);
	if (!counts) {
		__builtin_memset(key.function, 0, sizeof(key.function));
		counts = keyed__other(stall_by_caller, &key, cause);
	}
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->ns, duration_ns);
	keyed__count(&counts->head);
	return 0;
}

#endif
