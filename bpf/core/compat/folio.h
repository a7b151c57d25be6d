/* SPDX-License-Identifier: GPL-2.0 */
/* Folios, and the pages of 5.10 in their place: what they are of, how large they are, who is charged. */
#ifndef MEMTRACE_COMPAT_FOLIO_H
#define MEMTRACE_COMPAT_FOLIO_H

#include "cgroup.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct folio {
	unsigned long flags;
	void *mapping;
	unsigned long index;
	void *private; /* with PG_swapcache the swap entry */
	unsigned long memcg_data;
};

/* From 6.18 on. */
struct folio___v6_18 {
	struct {
		unsigned long f;
	} flags;
};

/* Up to 6.14, and from then on; of a folio of one page they mean nothing. */
struct folio___v6_1 {
	unsigned int _folio_nr_pages;
};

struct folio___v6_15 {
	unsigned int _nr_pages;
};

struct page___v5_10 {
	void *mapping;
	unsigned long index;
	unsigned long private;
	struct mem_cgroup *mem_cgroup;
};

struct obj_cgroup {
	struct mem_cgroup *memcg;
};

/* From 7.1 on folios are charged to these. */
struct obj_cgroup___charged {
	bool is_root;
};

#pragma clang attribute pop

enum pageflags {
	PG_head,
};

/* include/linux/memcontrol.h: bits of memcg_data that say what it points to */
#define MEMCG_DATA_FLAGS 0x7UL

static __always_inline u64 folio_cgroup_id(struct folio *folio)
{
	u64 data = BPF_CORE_READ(folio, memcg_data) & ~MEMCG_DATA_FLAGS;

	if (data && bpf_core_field_exists(((struct obj_cgroup___charged *)0)->is_root))
		return memcg_cgroup_id(BPF_CORE_READ((struct obj_cgroup *)data, memcg));
	return memcg_cgroup_id((struct mem_cgroup *)data);
}

static __always_inline u64 folio_flags(struct folio *folio)
{
	struct folio___v6_18 *newer = (void *)folio;

	return bpf_core_field_exists(newer->flags.f) ? BPF_CORE_READ(newer, flags.f) : BPF_CORE_READ(folio, flags);
}

static __always_inline u32 folio_pages(struct folio *folio)
{
	struct folio___v6_15 *newer = (void *)folio;
	struct folio___v6_1 *older = (void *)folio;

	if (!(folio_flags(folio) >> bpf_core_enum_value(enum pageflags, PG_head) & 1))
		return 1;
	if (bpf_core_field_exists(newer->_nr_pages))
		return BPF_CORE_READ(newer, _nr_pages);
	return bpf_core_field_exists(older->_folio_nr_pages) ? BPF_CORE_READ(older, _folio_nr_pages) : 1;
}

#endif
