// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "kpages.skel.h"

#define ALLOC	    "kmem:mm_page_alloc"
#define ALLOC_PROTO "struct page *page,unsigned int order,gfp_t gfp_flags,int migratetype"
#define FREE	    "kmem:mm_page_free"
#define FREE_PROTO  "struct page *page,unsigned int order"

static const struct attach_alt alloc_alts[] = {
	{ .program = "kp_alloc_raw", .kind = ATTACH_RAW_TP, .event = ALLOC, .proto = ALLOC_PROTO },
	{ .program = "kp_alloc_tp", .kind = ATTACH_TP, .event = ALLOC, .context = "trace_event_raw_mm_page_alloc" },
	{},
};

static const struct attach_alt free_alts[] = {
	{ .program = "kp_free_raw", .kind = ATTACH_RAW_TP, .event = FREE, .proto = FREE_PROTO },
	{ .program = "kp_free_tp", .kind = ATTACH_TP, .event = FREE, .context = "trace_event_raw_mm_page_free" },
	{},
};

static const struct attach_alt again_alts[] = {
	{ .program = "kp_free_again", .kind = ATTACH_RAW_TP, .event = FREE, .proto = FREE_PROTO },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "alloc", .need = HOOK_REQUIRED, .alts = alloc_alts, .loss = "pages of the kernel" },
	{ .name = "free", .need = HOOK_REQUIRED, .alts = free_alts, .loss = "which of them are held" },
	{ .name = "free again", .need = HOOK_GAIN, .alts = again_alts, .loss = "frees by interrupts, all of them" },
	{},
};

/* From 6.10 on BTF has the bits of gfp flags; they have kept their values since 5.10. */
static const struct kernel_constant constants[] = {
	{ .name = "___GFP_MOVABLE_BIT", .value = 3, .may_lack = true },
	{ .name = "___GFP_COMP_BIT", .value = 18, .may_lack = true },
	{},
};

const struct probe kpages_probe = {
	.id = MT_PROBE_kpages,
	.object = kpages_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
