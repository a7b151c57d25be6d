// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that the kernel has for itself: each allocation of the run until it is freed, with its call chain.  User memory
 * and page cache that can be migrated is not followed: it is what most pages are, and other commands show whose.
 *
 * Programs compute with addresses of pages, which kind tp_btf does not let them.
 *
 * What has no __GFP_COMP may be freed in parts (split_page()), so it has a bit for each of its pages.
 */
#include "core/prelude.h"
#include "core/compat/page.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

#define MAX_ORDERS 14 /* orders are below, in any configuration */
#define MAX_PARTS  (1 << (MAX_ORDERS - 1 - MT_KPAGES_PART))

/* The loader sets how many. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct mt_kpages_key);
	__type(value, struct mt_kpages_held);
} kpages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_kpages_counts);
} kpages_counts SEC(".maps");

/* Orders of which there were allocations that may be freed in parts, a bit each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} kpages_parts SEC(".maps");

#define kpages__count(member, nr)                                                                                      \
	do {                                                                                                           \
		struct mt_kpages_counts *counts_ = map_only(&kpages_counts);                                           \
                                                                                                                       \
		if (counts_)                                                                                           \
			__sync_fetch_and_add(&counts_->member, nr);                                                    \
	} while (0)

static __always_inline u64 nr_set(u64 bits)
{
	bits -= bits >> 1 & 0x5555555555555555ULL;
	bits = (bits & 0x3333333333333333ULL) + (bits >> 2 & 0x3333333333333333ULL);
	return ((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fULL) * 0x0101010101010101ULL >> 56;
}

/* As many low bits as an order has pages. */
static __always_inline u64 pages_mask(u32 order)
{
	return order >= MT_KPAGES_PART ? ~0ULL : (1ULL << (1U << order)) - 1;
}

/* Takes out all that is left of an allocation.  Returns the number of its pages; 0: there is none. */
static __noinline u64 take(u64 page, u32 order)
{
	struct mt_kpages_key key = { .page = page, .order = order };
	const struct mt_kpages_held *held;
	u64 freed;

	if (!every__is_sampled(page / MT_KPAGES_PAGE))
		return 0;
	held = bpf_map_lookup_elem(&kpages, &key);
	if (!held)
		return 0;
	freed = held->freed;
	if (bpf_map_delete_elem(&kpages, &key))
		return 0;
	return (1ULL << (order & 63)) - nr_set(freed);
}

/* The pages are new, so what is known of them is from before a free that was not seen. */
static __always_inline void forget(u64 page, u32 order)
{
	u64 pages = take(page, order);

	if (pages)
		kpages__count(missed, pages);
}

static __noinline int put(u64 page, u32 order, s32 stack, u32 first)
{
	struct mt_kpages_key key = { .page = page, .order = order };
	struct mt_kpages_held held = { .stack = stack, .first = first, .born_ns = bpf_ktime_get_boot_ns() };

	if (!every__is_sampled(page / MT_KPAGES_PAGE))
		return 0;
	kpages__count(allocated, 1ULL << (order & 63));
	forget(page, order);
	if (bpf_map_update_elem(&kpages, &key, &held, BPF_NOEXIST))
		kpages__count(without_room, 1ULL << (order & 63));
	return 0;
}

/* Old kernels know no atomic or.  A bit that another CPU takes away just now is set with the next such allocation. */
static __always_inline void note_parts(u32 order)
{
	volatile u32 *orders = map_only(&kpages_parts);

	if (orders && !(*orders & 1U << (order & 31)))
		*orders |= 1U << (order & 31);
}

/* No kernel is known where this is not so; there an allocation would not be found by its parts. */
static __always_inline bool has_size(void)
{
	return bpf_core_type_size(struct page___size) == MT_KPAGES_PAGE;
}

static __always_inline void put_all(void *ctx, u64 page, u32 order, u64 gfp)
{
	bool whole = !order || gfp & GFP_BIT(COMP);
	u32 part = whole || order <= MT_KPAGES_PART ? order : MT_KPAGES_PART, i;
	s32 stack;

	if (!whole && !has_size()) {
		kpages__count(allocated, 1ULL << order);
		kpages__count(without_room, 1ULL << order);
		return;
	}
	stack = every__kernel_stack(ctx);
	if (!whole)
		note_parts(part);
	for (i = 0; i < MAX_PARTS && i < 1U << (order - part & 15); i++)
		put(page + ((u64)i << part) * MT_KPAGES_PAGE, part, stack, !i);
}

static __always_inline int follow(void *ctx, u64 page, u32 order, u64 gfp)
{
	if (!page || order >= MAX_ORDERS || state__phase() != MT_PHASE_RUN)
		return 0;
	if (gfp & GFP_BIT(MOVABLE)) {
		kpages__count(movable, 1ULL << order);
		forget(page, order);
		return 0;
	}
	/* of a larger one each part is chosen by itself */
	if (order > MT_KPAGES_PART || every__is_sampled(page / MT_KPAGES_PAGE))
		put_all(ctx, page, order, gfp);
	return 0;
}

/*
 * Pages of an allocation of that order, if they are.  Whoever takes the last one takes it out.  A page is freed once,
 * so adding its bit sets it, also where the kernel knows no atomic or.
 */
static __noinline u64 take_part(u64 page, u32 order, u32 of)
{
	u64 at = page / MT_KPAGES_PAGE & ((1ULL << (of & 31)) - 1), before, bits;
	struct mt_kpages_key key = { .page = page - at * MT_KPAGES_PAGE, .order = of };
	struct mt_kpages_held *held;

	held = bpf_map_lookup_elem(&kpages, &key);
	if (!held)
		return 0;
	before = *(volatile u64 *)&held->freed;
	bits = pages_mask(order) << (at & 63) & ~before;
	__sync_fetch_and_add(&held->freed, bits);
	if ((before | bits) == pages_mask(of))
		bpf_map_delete_elem(&kpages, &key);
	return nr_set(bits);
}

static __noinline u64 take_from_larger(u64 page, u32 order)
{
	u32 *orders = map_only(&kpages_parts), of;
	u64 taken = 0;

	if (!orders)
		return 0;
	for (of = 1; of <= MT_KPAGES_PART && !taken; of++)
		if (of > order && *orders & 1U << of)
			taken = take_part(page, order, of);
	return taken;
}

static __noinline u64 take_parts(u64 page, u32 order)
{
	u64 taken = 0;
	u32 i;

	for (i = 0; i < MAX_PARTS && i < 1U << (order - MT_KPAGES_PART & 15); i++)
		taken += take(page + ((u64)i << MT_KPAGES_PART) * MT_KPAGES_PAGE, MT_KPAGES_PART);
	return taken;
}

static __always_inline int give_back(u64 page, u32 order)
{
	u64 taken;

	if (order >= MAX_ORDERS || state__phase() != MT_PHASE_RUN)
		return 0;
	taken = take(page, order);
	if (!taken)
		taken = order < MT_KPAGES_PART ? take_from_larger(page, order) :
			order > MT_KPAGES_PART ? take_parts(page, order) :
						 0;
	if (taken)
		kpages__count(freed, taken);
	return 0;
}

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(kp_alloc_raw, struct page *page, unsigned int order, gfp_t gfp)
{
	return follow(ctx, (u64)page, order, gfp);
}

SEC("tp/kmem/mm_page_alloc")
int kp_alloc_tp(struct trace_event_raw_mm_page_alloc *ctx)
{
	follow(ctx, ctx->pfn == ~0UL ? 0 : ctx->pfn * MT_KPAGES_PAGE, ctx->order, ctx->gfp_flags);
	return TP_PASS_ON;
}

SEC("raw_tp/mm_page_free")
int BPF_PROG(kp_free_raw, struct page *page, unsigned int order)
{
	return give_back((u64)page, order);
}

/*
 * The same once more, as the kernel skips a program that runs already: on that CPU, interrupted by one that frees many
 * pages at once.  What the first has taken out the second does not find.
 */
SEC("raw_tp/mm_page_free")
int BPF_PROG(kp_free_again, struct page *page, unsigned int order)
{
	return give_back((u64)page, order);
}

SEC("tp/kmem/mm_page_free")
int kp_free_tp(struct trace_event_raw_mm_page_free *ctx)
{
	give_back(ctx->pfn * MT_KPAGES_PAGE, ctx->order);
	return TP_PASS_ON;
}
