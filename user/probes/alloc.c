// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../core/probe.h"

#include "alloc.skel.h"

#define EVENT "kmem:mm_page_alloc"
#define PROTO "struct page *,unsigned int,gfp_t,int"

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
	.selftest_slot = MT_SLOT_alloc_count,
};
