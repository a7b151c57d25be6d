// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "denied.skel.h"

static const struct attach_alt ends[] = {
	{ .program = "denied",
	  .kind = ATTACH_TP_BTF,
	  .event = "raw_syscalls:sys_exit",
	  .proto = "struct pt_regs *regs,long int ret" },
	{},
};

#define ALLOC_PROTO "struct page *page,unsigned int order,gfp_t gfp_flags,int migratetype"

static const struct attach_alt allocs[] = {
	{ .program = "failed_btf", .kind = ATTACH_TP_BTF, .event = "kmem:mm_page_alloc", .proto = ALLOC_PROTO },
	{ .program = "failed_raw", .kind = ATTACH_RAW_TP, .event = "kmem:mm_page_alloc", .proto = ALLOC_PROTO },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "ends of system calls", .need = HOOK_REQUIRED, .alts = ends, .loss = "what was refused" },
	{ .name = "page allocations", .need = HOOK_OPTIONAL, .alts = allocs, .loss = "failed page allocations" },
	{},
};

/* From 6.10 on BTF has the bits of gfp flags; they have kept their values since 5.10. */
static const struct kernel_constant constants[] = {
	{ .name = "___GFP_DIRECT_RECLAIM_BIT", .value = 10, .may_lack = true },
	{ .name = "___GFP_NOWARN_BIT", .value = 13, .may_lack = true },
	{},
};

static const enum mt_slot count[] = { MT_SLOT_denied_count };

static const struct probe_column columns[] = {
	{ .title = "DENIED", .measure = MEASURE_SUM, .unit = UNIT_COUNT, .slots = count, .nr_slots = 1 },
	{},
};

const struct probe denied_probe = {
	.id = MT_PROBE_denied,
	.object = denied_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
