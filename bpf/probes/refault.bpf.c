// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that reclaim takes (mm/workingset.c, workingset_eviction()), and those that are needed again
 * (workingset_refault()).  Who took them is remembered here: the kernel's own mark, the shadow, has room for the cgroup
 * alone, and with the multi-generational LRU for that of the page.
 */
#include "core/prelude.h"
#include "core/compat/folio.h"
#include "core/compat/vmscan.h"
#include "core/keyed.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* include/linux/page-flags.h: the same on all kernels */
#define PAGE_MAPPING_ANON 0x1

/* By whose and for whose limit: with the index 160 KiB. */
#define REFAULTS_MAX 1024

KEYED_MAPS(refault_by_evictor, REFAULTS_MAX, 2 * MT_NR_EVICTORS);

/* Where a page was: a file's mapping and its place there; or the swap entry, and no mapping. */
struct refault_place {
	u64 mapping;
	u64 index;
};

struct refault_eviction {
	u64 target_cgroup_id;
	u64 time_ns;
	u32 by;
	u32 pad;
};

/* Pages that were taken last: 7 MiB. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct refault_place);
	__type(value, struct refault_eviction);
} refault_evictions SEC(".maps");

/* What of a folio, or of a page of older kernels, is needed. */
struct refault_pages {
	struct refault_place place;
	u64 cgroup_id;
	u32 nr;
	u32 file;
};

/* More pages of a folio than this are not remembered one by one: a huge page. */
#define PAGES_MAX 512

static __always_inline struct mt_refault_by_evictor_value *counts_of(const struct refault_pages *pages,
								     const struct refault_eviction *eviction)
{
	struct mt_refault_by_evictor_key key = { .cgroup_id = pages->cgroup_id,
						 .target_cgroup_id = eviction->target_cgroup_id,
						 .by = eviction->by,
						 .file = pages->file };
	struct mt_refault_by_evictor_value *counts = keyed__get(refault_by_evictor, &key);

	if (counts)
		return counts;
	key.cgroup_id = key.target_cgroup_id = 0;
	return keyed__other(refault_by_evictor, &key, 2 * eviction->by + pages->file);
}

static __noinline int remember(const struct refault_pages *pages, const struct refault_eviction *eviction)
{
	struct refault_place place;
	u32 i;

	if (!pages || !eviction)
		return 0;
	place = pages->place;
	for (i = 0; i < PAGES_MAX && i < pages->nr; i++, place.index++)
		bpf_map_update_elem(&refault_evictions, &place, eviction, BPF_ANY);
	return 0;
}

static __noinline int evicted(const struct refault_pages *pages, u64 target_cgroup_id)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct refault_eviction eviction = { .target_cgroup_id = target_cgroup_id, .by = MT_EVICTOR_TASK };
	struct mt_refault_by_evictor_value *counts;

	if (!pages || state__phase() != MT_PHASE_RUN)
		return 0;
	if (BPF_CORE_READ(task, flags) & PF_KSWAPD)
		eviction.by = MT_EVICTOR_KSWAPD;
	eviction.time_ns = bpf_ktime_get_boot_ns();
	remember(pages, &eviction);
	counts = counts_of(pages, &eviction);
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->evicted_pages, pages->nr);
	keyed__count(&counts->head);
	return 0;
}

static __noinline int refaulted(const struct refault_pages *pages)
{
	struct refault_eviction eviction = { .by = MT_EVICTOR_UNKNOWN }, *known;
	struct mt_refault_by_evictor_value *counts;
	u64 gone_ns = 0;

	if (!pages || state__phase() != MT_PHASE_RUN || !state__counting(false))
		return 0;
	known = bpf_map_lookup_elem(&refault_evictions, &pages->place);
	if (known && known->by < MT_NR_EVICTORS) {
		eviction = *known;
		gone_ns = bpf_ktime_get_boot_ns() - eviction.time_ns;
	}
	counts = counts_of(pages, &eviction);
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->refaulted_pages, pages->nr);
	__sync_fetch_and_add(&counts->gone_ns, gone_ns * pages->nr);
	keyed__count(&counts->head);
	return 0;
}

/* Anonymous memory and shared memory that is swapped out are where they are in the swap space. */
static __always_inline void place__fill(struct refault_pages *pages, u64 mapping, u64 index, u64 swap)
{
	pages->file = mapping && !(mapping & PAGE_MAPPING_ANON);
	pages->place.mapping = pages->file ? mapping : 0;
	pages->place.index = pages->file ? index : swap;
}

static __always_inline void pages__of_folio(struct refault_pages *pages, struct folio *folio)
{
	place__fill(pages, (u64)BPF_CORE_READ(folio, mapping), BPF_CORE_READ(folio, index),
		    (u64)BPF_CORE_READ(folio, private));
	pages->cgroup_id = folio_cgroup_id(folio);
	pages->nr = folio_pages(folio);
}

static __always_inline void pages__of_page(struct refault_pages *pages, struct page___v5_10 *page)
{
	place__fill(pages, (u64)BPF_CORE_READ(page, mapping), BPF_CORE_READ(page, index), BPF_CORE_READ(page, private));
	pages->cgroup_id = memcg_cgroup_id(BPF_CORE_READ(page, mem_cgroup));
	pages->nr = 1;
}

SEC("fentry/workingset_eviction")
int BPF_PROG(evict_folio, struct folio *folio, struct mem_cgroup *target)
{
	struct refault_pages pages = {};

	pages__of_folio(&pages, folio);
	return evicted(&pages, memcg_cgroup_id(target));
}

SEC("fentry/workingset_refault")
int BPF_PROG(refault_folio, struct folio *folio)
{
	struct refault_pages pages = {};

	pages__of_folio(&pages, folio);
	return refaulted(&pages);
}

SEC("fentry/workingset_eviction")
int BPF_PROG(evict_page, struct page___v5_10 *page, struct mem_cgroup *target)
{
	struct refault_pages pages = {};

	pages__of_page(&pages, page);
	return evicted(&pages, memcg_cgroup_id(target));
}

SEC("fentry/workingset_refault")
int BPF_PROG(refault_page, struct page___v5_10 *page)
{
	struct refault_pages pages = {};

	pages__of_page(&pages, page);
	return refaulted(&pages);
}

/* Rows of its own memory; those that were reclaimed for its limit stay, as other cgroups are in their keys. */
static __noinline int retire(u64 cgroup_id, u64 target_cgroup_id, u32 by)
{
	struct mt_refault_by_evictor_key key = { .cgroup_id = cgroup_id,
						 .target_cgroup_id = target_cgroup_id,
						 .by = by };

	keyed__retire(refault_by_evictor, &key);
	key.file = 1;
	keyed__retire(refault_by_evictor, &key);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(refault_removed, struct cgroup *cgroup, const char *path)
{
	u64 id;

	if (!in_memory_hierarchy(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	retire(id, id, MT_EVICTOR_TASK);
	retire(id, 0, MT_EVICTOR_TASK);
	retire(id, 0, MT_EVICTOR_KSWAPD);
	retire(id, 0, MT_EVICTOR_UNKNOWN);
	return 0;
}
