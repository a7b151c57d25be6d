// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "alloc.skel.h"

#define EVENT "kmem:mm_page_alloc"
#define PROTO "struct page *page,unsigned int order,gfp_t gfp_flags,int migratetype"

static const struct attach_alt alloc_alts[] = {
	{ .program = "alloc_btf", .kind = ATTACH_TP_BTF, .event = EVENT, .proto = PROTO },
	{ .program = "alloc_raw", .kind = ATTACH_RAW_TP, .event = EVENT, .proto = PROTO },
	{ .program = "alloc_tp", .kind = ATTACH_TP, .event = EVENT, .context = "trace_event_raw_mm_page_alloc" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "alloc", .need = HOOK_REQUIRED, .alts = alloc_alts, .loss = "page allocations", .tp_as_good = true },
	{},
};

/* From 6.10 on BTF has the bits of gfp flags; they have kept their values since 5.10. */
#define GFP_BIT(flag, bit)                                                                                             \
	{                                                                                                              \
		.name = "___GFP_" #flag "_BIT", .value = bit, .may_lack = true                                         \
	}

static const struct kernel_constant constants[] = {
	GFP_BIT(HIGHMEM, 1),
	GFP_BIT(MOVABLE, 3),
	GFP_BIT(IO, 6),
	GFP_BIT(FS, 7),
	GFP_BIT(DIRECT_RECLAIM, 10),
	GFP_BIT(HARDWALL, 20),
	{ .name = "MIGRATE_UNMOVABLE", .value = 0 },
	{ .name = "MIGRATE_MOVABLE", .value = 1 },
	{ .name = "MIGRATE_RECLAIMABLE", .value = 2 },
	{},
};

static const enum mt_slot pages[] = { MT_SLOT_alloc_pages };

static const struct probe_column columns[] = {
	{ .title = "ALLOC/s", .measure = MEASURE_PER_SECOND, .unit = UNIT_PAGES, .slots = pages, .nr_slots = 1 },
	{},
};

const struct probe alloc_probe = {
	.id = MT_PROBE_alloc,
	.object = alloc_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.constants = constants,
	.selftest_slot = MT_SLOT_alloc_count,
};
