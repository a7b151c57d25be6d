// SPDX-License-Identifier: GPL-2.0
/*
 * Page allocations by order, migrate type and class of gfp flags.  An allocation that may come from an interrupt is
 * counted for the machine, not for the task that was interrupted.
 */
#include "core/prelude.h"
#include "core/compat/page.h"
#include "core/emit.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* First slot of a pair (count, pages), by class of gfp flags: from the most to the least reclaim that they allow. */
static __always_inline u32 gfp_slot(u64 gfp)
{
	if (gfp & GFP_BIT(MOVABLE) && gfp & GFP_BIT(HIGHMEM))
		return MT_SLOT_alloc_gfp_movable_count;
	if (gfp & GFP_BIT(HARDWALL))
		return MT_SLOT_alloc_gfp_user_count;
	if (gfp & GFP_BIT(FS))
		return MT_SLOT_alloc_gfp_kernel_count;
	if (gfp & GFP_BIT(IO))
		return MT_SLOT_alloc_gfp_nofs_count;
	return MT_SLOT_alloc_gfp_noio_count;
}

/* enum migratetype: the first three are the same in every configuration (include/linux/mmzone.h). */
static __always_inline u32 migrate_slot(u32 migratetype)
{
	if (migratetype == 0)
		return MT_SLOT_alloc_migrate_unmovable_count;
	if (migratetype == 1)
		return MT_SLOT_alloc_migrate_movable_count;
	if (migratetype == 2)
		return MT_SLOT_alloc_migrate_reclaimable_count;
	return MT_SLOT_alloc_migrate_other_count;
}

/*
 * An allocation without direct reclaim may be an interrupt's.  But no interrupt allocates movable user memory, so a
 * huge page that must not stall (GFP_TRANSHUGE_LIGHT) is the task's.
 */
static __always_inline bool is_atomic(u64 gfp)
{
	return !(gfp & GFP_BIT(DIRECT_RECLAIM)) && !(gfp & GFP_BIT(MOVABLE) && gfp & GFP_BIT(HIGHMEM));
}

/* page: its number, for sampling */
static __always_inline void emit_alloc(void *ctx, struct mt_state *s, u64 page, u32 order, u64 gfp, u32 migratetype,
				       bool failed)
{
	struct mt_alloc *rec;

	if (!every__is_sampled(page))
		return;
	rec = every__reserve_chained(s, MT_REC_alloc, struct mt_alloc);
	if (!rec)
		return;
	rec->gfp_flags = gfp;
	rec->order = order;
	rec->migratetype = migratetype;
	rec->failed = failed;
	rec->atomic = is_atomic(gfp);
	rec->kernel_stack = every__kernel_stack(ctx);
	rec->user_stack = every__user_stack(ctx, s, true, rec + 1);
	rec->pad = 0;
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns, rec->user_stack));
}

static __always_inline void count_atomic(u32 order, bool failed)
{
	if (failed) {
		machine__add(MT_MACHINE_alloc_atomic_failed, 1);
		return;
	}
	machine__add(MT_MACHINE_alloc_atomic_count, 1);
	machine__add(MT_MACHINE_alloc_atomic_pages, 1ULL << order);
}

static __always_inline void count_charged(struct mt_state *s, u32 order, u64 gfp, u32 migratetype, bool failed)
{
	u32 bucket = MT_SLOT_alloc_order0 + (order < MT_MAX_ORDER ? order : MT_MAX_ORDER);
	u64 *c = state__counters(s, MT_PROBE_alloc), pages = 1ULL << order;
	u32 slot;

	if (failed) {
		c[MT_SLOT_alloc_failed]++;
		return;
	}
	c[MT_SLOT_alloc_count]++;
	c[MT_SLOT_alloc_pages] += pages;
	state__add(s, MT_PROBE_alloc, bucket, 1);
	slot = gfp_slot(gfp);
	state__add(s, MT_PROBE_alloc, slot, 1);
	state__add(s, MT_PROBE_alloc, slot + 1, pages);
	slot = migrate_slot(migratetype);
	state__add(s, MT_PROBE_alloc, slot, 1);
	state__add(s, MT_PROBE_alloc, slot + 1, pages);
}

static __always_inline int count_alloc(void *ctx, u64 page, u32 order, u64 gfp, u32 migratetype, bool failed)
{
	bool atomic = is_atomic(gfp);
	struct mt_state *s;

	order &= 63; /* never so high; the verifier does not know */
	if (atomic) {
		count_atomic(order, failed);
		if (!probe_wants_every(MT_PROBE_alloc))
			return 0;
	}
	s = state__counting(false);
	if (!s)
		return 0;
	if (!atomic)
		count_charged(s, order, gfp, migratetype, failed);
	if (probe_wants_every(MT_PROBE_alloc))
		emit_alloc(ctx, s, page, order, gfp, migratetype, failed);
	return 0;
}

SEC("tp_btf/mm_page_alloc")
int BPF_PROG(alloc_btf, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	return count_alloc(ctx, (u64)page, order, gfp, migratetype, !page);
}

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(alloc_raw, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	return count_alloc(ctx, (u64)page, order, gfp, migratetype, !page);
}

SEC("tp/kmem/mm_page_alloc")
int alloc_tp(struct trace_event_raw_mm_page_alloc *ctx)
{
	count_alloc(ctx, ctx->pfn, ctx->order, ctx->gfp_flags, ctx->migratetype, ctx->pfn == ~0UL);
	return TP_PASS_ON;
}
