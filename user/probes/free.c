// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "free.skel.h"

#define EVENT "kmem:mm_page_free"
#define PROTO "struct page *page,unsigned int order"

static const struct attach_alt free_alts[] = {
	{ "free_btf", ATTACH_TP_BTF, EVENT, PROTO, NULL },
	{ "free_raw", ATTACH_RAW_TP, EVENT, PROTO, NULL },
	{ "free_tp", ATTACH_TP, EVENT, NULL, "trace_event_raw_mm_page_free" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "free", HOOK_REQUIRED, free_alts, "pages freed", true },
	{ NULL, 0, NULL, NULL, false },
};

const struct probe free_probe = {
	.id = MT_PROBE_free,
	.object = free_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
