// SPDX-License-Identifier: GPL-2.0
/* Pages freed, as totals of the machine.  mm_page_free includes the frees in batches (mm/page_alloc.c). */
#include "core/prelude.h"
#include "core/compat/page.h"
#include "core/maps.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int count_free(u32 order)
{
	machine__add(MT_MACHINE_free_count, 1);
	machine__add(MT_MACHINE_free_pages, 1ULL << (order & 63));
	return 0;
}

SEC("tp_btf/mm_page_free")
int BPF_PROG(free_btf, struct page *page, unsigned int order)
{
	return count_free(order);
}

SEC("raw_tp/mm_page_free")
int BPF_PROG(free_raw, struct page *page, unsigned int order)
{
	return count_free(order);
}

SEC("tp/kmem/mm_page_free")
int free_tp(struct trace_event_raw_mm_page_free *ctx)
{
	count_free(ctx->order);
	return TP_PASS_ON;
}
