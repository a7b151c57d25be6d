// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "moment.h"

#include <stdlib.h>

#define SLOTS(...)                                                                                                     \
	.slots = (const enum mt_slot[]){ __VA_ARGS__ },                                                                \
	.nr_slots = sizeof((const enum mt_slot[]){ __VA_ARGS__ }) / sizeof(enum mt_slot)

#define COUNT(name_, ...)                                                                                              \
	{                                                                                                              \
		.name = name_, .unit = UNIT_COUNT, SLOTS(__VA_ARGS__)                                                  \
	}
#define PAGES(name_, ...)                                                                                              \
	{                                                                                                              \
		.name = name_, .unit = UNIT_PAGES, SLOTS(__VA_ARGS__)                                                  \
	}
#define TIME(name_, ...)                                                                                               \
	{                                                                                                              \
		.name = name_, .unit = UNIT_NS, SLOTS(__VA_ARGS__)                                                     \
	}
#define ORDER(n) [TOP_ORDER_0 + (n)] = COUNT("order " #n, MT_SLOT_alloc_order##n)
#define MEMORY(name_)                                                                                                  \
	{                                                                                                              \
		.name = name_, .unit = UNIT_BYTES                                                                      \
	}

const struct top_value_row top_value_rows[NR_TOP_VALUES] = {
	[TOP_MINOR] = COUNT("minor", MT_SLOT_fault_minor),
	[TOP_MAJOR] = COUNT("major", MT_SLOT_fault_major),
	[TOP_USER_MODE] = COUNT("user mode", MT_SLOT_fault_user),
	[TOP_KERNEL_MODE] = COUNT("kernel mode", MT_SLOT_fault_kernel),
	[TOP_WRITE] = COUNT("write", MT_SLOT_fault_write),
	[TOP_EXEC] = COUNT("exec", MT_SLOT_fault_exec),
	[TOP_ALLOCATED] = PAGES("allocated", MT_SLOT_alloc_pages),
	[TOP_ALLOCATIONS] = COUNT("allocations", MT_SLOT_alloc_count),
	[TOP_FOR_USER] = PAGES("user", MT_SLOT_alloc_gfp_movable_pages, MT_SLOT_alloc_gfp_user_pages),
	[TOP_FOR_KERNEL] = PAGES("kernel", MT_SLOT_alloc_gfp_kernel_pages, MT_SLOT_alloc_gfp_nofs_pages,
				 MT_SLOT_alloc_gfp_noio_pages),
	[TOP_UNMOVABLE] = PAGES("unmovable", MT_SLOT_alloc_migrate_unmovable_pages),
	[TOP_HIGH_ORDER] =
		COUNT("order 4 and above", MT_SLOT_alloc_order4, MT_SLOT_alloc_order5, MT_SLOT_alloc_order6,
		      MT_SLOT_alloc_order7, MT_SLOT_alloc_order8, MT_SLOT_alloc_order9, MT_SLOT_alloc_order10),
	[TOP_FAILED] = COUNT("failed", MT_SLOT_alloc_failed),
	ORDER(0),
	ORDER(1),
	ORDER(2),
	ORDER(3),
	ORDER(4),
	ORDER(5),
	ORDER(6),
	ORDER(7),
	ORDER(8),
	ORDER(9),
	ORDER(10),
	[TOP_STALLED] = TIME("stalled", MT_SLOT_stall_memcg_ns, MT_SLOT_stall_high_ns, MT_SLOT_stall_direct_ns,
			     MT_SLOT_stall_compact_ns, MT_SLOT_stall_swapin_ns, MT_SLOT_stall_refault_ns,
			     MT_SLOT_stall_other_ns),
	[TOP_MEMCG] = TIME("the limit of a memory cgroup", MT_SLOT_stall_memcg_ns),
	[TOP_HIGH] = TIME("memory.high", MT_SLOT_stall_high_ns),
	[TOP_DIRECT] = TIME("direct reclaim", MT_SLOT_stall_direct_ns),
	[TOP_COMPACT] = TIME("compaction", MT_SLOT_stall_compact_ns),
	[TOP_SWAPIN] = TIME("memory that was swapped out", MT_SLOT_stall_swapin_ns),
	[TOP_REFAULT] = TIME("page cache that was evicted", MT_SLOT_stall_refault_ns),
	[TOP_OTHER] = TIME("anything else", MT_SLOT_stall_other_ns),
	[TOP_FILE] = TIME("major faults on files (not in PSI)", MT_SLOT_stall_file_fault_ns),
	[TOP_DIRTY] = TIME("pauses of writers (not in PSI)", MT_SLOT_stall_dirty_ns),
	[TOP_MMAP_LOCK] = TIME("the lock of its address space (not in PSI)", MT_SLOT_stall_mmap_lock_ns),
	[TOP_OOM_WAIT] = TIME("another OOM kill (not in PSI)", MT_SLOT_stall_oom_wait_ns),
	[TOP_RECLAIMED] = PAGES("reclaimed", MT_SLOT_reclaim_direct_pages, MT_SLOT_reclaim_memcg_pages,
				MT_SLOT_reclaim_softlimit_pages, MT_SLOT_reclaim_node_pages),
	[TOP_RSS] = MEMORY("resident"),
	[TOP_ANON] = MEMORY("anonymous"),
	[TOP_FILE_RSS] = MEMORY("of files"),
	[TOP_SHMEM] = MEMORY("shared"),
	[TOP_SWAP] = MEMORY("swapped out"),
	[TOP_PAGE_TABLES] = MEMORY("page tables"),
};

void top_moment__free(struct top_moment *moment)
{
	free(moment->tasks);
	free(moment->processes);
	free(moment->cgroups);
	*moment = (struct top_moment){ 0 };
}
