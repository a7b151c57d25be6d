// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "alloc.skel.h"

#define EVENT "kmem:mm_page_alloc"
#define PROTO "struct page *page,unsigned int order,gfp_t gfp_flags,int migratetype"

static const struct attach_alt alloc_alts[] = {
	{ "alloc_btf", ATTACH_TP_BTF, EVENT, PROTO, NULL },
	{ "alloc_raw", ATTACH_RAW_TP, EVENT, PROTO, NULL },
	{ "alloc_tp", ATTACH_TP, EVENT, NULL, "trace_event_raw_mm_page_alloc" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "alloc", HOOK_REQUIRED, alloc_alts, "page allocations", true },
	{ NULL, 0, NULL, NULL, false },
};

/* From 6.10 on BTF has the bits of gfp flags; they have kept their values since 5.10. */
#define GFP_BIT(name, bit)                                                                                             \
	{                                                                                                              \
		NULL, "___GFP_" #name "_BIT", bit, true                                                                \
	}

static const struct kernel_constant constants[] = {
	GFP_BIT(HIGHMEM, 1),
	GFP_BIT(MOVABLE, 3),
	GFP_BIT(IO, 6),
	GFP_BIT(FS, 7),
	GFP_BIT(DIRECT_RECLAIM, 10),
	GFP_BIT(HARDWALL, 20),
	{ NULL, "MIGRATE_UNMOVABLE", 0, false },
	{ NULL, "MIGRATE_MOVABLE", 1, false },
	{ NULL, "MIGRATE_RECLAIMABLE", 2, false },
	{ NULL, NULL, 0, false },
};

static const enum mt_slot pages[] = { MT_SLOT_alloc_pages };

static const struct probe_column columns[] = {
	{ "ALLOC/s", MEASURE_PER_SECOND, UNIT_PAGES, pages, 1 },
	{ NULL, 0, 0, NULL, 0 },
};

const struct probe alloc_probe = {
	.id = MT_PROBE_alloc,
	.object = alloc_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.constants = constants,
	.selftest_slot = MT_SLOT_alloc_count,
};
