// SPDX-License-Identifier: GPL-2.0
/*
 * NUMA balancing: faults by which the kernel finds out on which node memory is used (mm/memory.c, do_numa_page()), and
 * pages that it moves for that (mm/migrate.c, migrate_misplaced_folio()).
 */
#include "core/prelude.h"
#include "core/compat/numa.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/task_numa_fault")
int BPF_PROG(numa_fault, int last_cpupid, int node, int pages, int flags)
{
	struct mt_state *s = state__counting(false);

	if (!s)
		return 0;
	state__add(s, MT_PROBE_numa, MT_SLOT_numa_hint, 1);
	if (!(flags & TNF_FAULT_LOCAL))
		state__add(s, MT_PROBE_numa, MT_SLOT_numa_remote, 1);
	return 0;
}

static __always_inline int migrated(u64 pages, u32 reason)
{
	struct mt_state *s;

	if (!pages || reason != bpf_core_enum_value(enum migrate_reason, MR_NUMA_MISPLACED))
		return 0;
	s = state__counting(false);
	if (s)
		state__add(s, MT_PROBE_numa, MT_SLOT_numa_migrated, pages);
	return 0;
}

SEC("tp_btf/mm_migrate_pages")
int BPF_PROG(numa_migrated, unsigned long succeeded, unsigned long failed, unsigned long huge_succeeded,
	     unsigned long huge_failed, unsigned long huge_split, unsigned long large_split, int mode, int reason)
{
	return migrated(succeeded, reason);
}

SEC("tp_btf/mm_migrate_pages")
int BPF_PROG(numa_migrated_v5_10, unsigned long succeeded, unsigned long failed, unsigned long huge_succeeded,
	     unsigned long huge_failed, unsigned long huge_split, int mode, int reason)
{
	return migrated(succeeded, reason);
}
