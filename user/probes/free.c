// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "free.skel.h"

#define EVENT "kmem:mm_page_free"
#define PROTO "struct page *page,unsigned int order"

static const struct attach_alt free_alts[] = {
	{ .program = "free_btf", .kind = ATTACH_TP_BTF, .event = EVENT, .proto = PROTO },
	{ .program = "free_raw", .kind = ATTACH_RAW_TP, .event = EVENT, .proto = PROTO },
	{ .program = "free_tp", .kind = ATTACH_TP, .event = EVENT, .context = "trace_event_raw_mm_page_free" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "free", .need = HOOK_REQUIRED, .alts = free_alts, .loss = "pages freed", .tp_as_good = true },
	{},
};

const struct probe free_probe = {
	.id = MT_PROBE_free,
	.object = free_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
