/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages of files go without having been read, mapped or written since they came: part of the probe cache.  From
 * 6.12 on the kernel tells of reads (mm/filemap.c: filemap_get_pages(), filemap_fault(), filemap_map_pages()).
 */
#ifndef MEMTRACE_PROBES_CACHE_USES_H
#define MEMTRACE_PROBES_CACHE_USES_H

#include "core/prelude.h"
#include "core/compat/cache.h"

/* A page's place. */
struct cache_place {
	u64 inode;
	u64 index;
	u64 file; /* device and generation */
};

/* Pages are told apart in blocks of so many. */
#define BLOCK_BITS  6
#define BLOCK_PAGES 64

/* Of a block of a file's pages, each a bit: */
struct cache_uses {
	u64 unread; /* it came, and was not read, mapped or written since */
	u64 wanted; /* a fault waits for it */
};

/* Pages that came last, if it is asked what becomes of them unread; an index of the place is that of a block. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct cache_place);
	__type(value, struct cache_uses);
} cache_uses SEC(".maps");

/* Blocks of a read that are looked at: 16 MiB.  The next event of a longer one has the rest. */
#define BLOCKS_MAX 256

static __always_inline void file__read(struct mt_cache_by_file_key *file, struct inode *inode)
{
	u32 device = BPF_CORE_READ(inode, i_sb, s_dev);

	file->inode = BPF_CORE_READ(inode, i_ino);
	file->device_major = device >> 20;
	file->device_minor = device & 0xfffff;
	file->generation = BPF_CORE_READ((struct inode___cached *)inode, i_generation);
}

static __always_inline void place__fill(struct cache_place *place, const struct mt_cache_by_file_key *file, u64 index)
{
	place->inode = file->inode;
	place->index = index;
	place->file = ((u64)file->device_major << 20 | file->device_minor) << 32 | file->generation;
}

static __always_inline bool tells_uses(void)
{
	return probe_wants_latency(MT_PROBE_cache) &&
	       bpf_core_type_exists(struct trace_event_raw_mm_filemap_op_page_cache_range___v6_12);
}

/* Whether uses are followed: of regular files alone, as the kernel tells of no other's. */
static __always_inline bool follows_uses(struct inode *inode)
{
	return tells_uses() &&
	       (BPF_CORE_READ((struct inode___cached *)inode, i_mode) & FILE_KIND_MASK) == FILE_KIND_REGULAR;
}

/* The bits of block number block that are in first..last.  A global function, as the next. */
__noinline u64 cache_block_mask(u64 block, u64 first, u64 last)
{
	u64 begin = block << BLOCK_BITS, mask = ~0ULL;

	if (first > begin)
		mask &= ~0ULL << (first - begin & (BLOCK_PAGES - 1));
	if (last < begin + BLOCK_PAGES - 1)
		mask &= ~0ULL >> (BLOCK_PAGES - 1 - (last - begin & (BLOCK_PAGES - 1)));
	return mask;
}

/* What becomes of pages whose uses are followed. */
enum cache_use { USE_CAME, USE_READ, USE_WANTED, USE_GONE };

static __always_inline u32 uses__change(struct cache_uses *uses, u64 mask, u32 use)
{
	u64 unread = uses->unread & mask;

	if (use == USE_CAME)
		__sync_fetch_and_or(&uses->unread, mask & ~uses->wanted);
	else if (unread)
		__sync_fetch_and_and(&uses->unread, ~mask);
	if (use == USE_WANTED)
		__sync_fetch_and_or(&uses->wanted, mask);
	else if (uses->wanted & mask)
		__sync_fetch_and_and(&uses->wanted, ~mask);
	return use == USE_GONE ? __builtin_popcountll(unread) : 0;
}

/* A global function, which the verifier looks at once.  How many pages of the block went unread. */
__noinline int cache_use_block(u64 inode, u64 block, u64 file, u64 mask, u32 use)
{
	struct cache_place key = { .inode = inode, .index = block, .file = file };
	struct cache_uses none = {}, *uses;

	uses = bpf_map_lookup_elem(&cache_uses, &key);
	if (!uses && (use == USE_CAME || use == USE_WANTED)) {
		bpf_map_update_elem(&cache_uses, &key, &none, BPF_NOEXIST);
		uses = bpf_map_lookup_elem(&cache_uses, &key);
	}
	return uses ? uses__change(uses, mask, use) : 0;
}

/* Pages of the file from first to last: how many of them went unread. */
static __noinline int use_pages(const struct mt_cache_by_file_key *file, u64 first, u64 last, u32 use)
{
	struct cache_place place;
	u32 i, nr = 0;
	u64 block = first >> BLOCK_BITS;

	if (!file || last < first)
		return 0;
	place__fill(&place, file, block);
	for (i = 0; i < BLOCKS_MAX && block + i <= last >> BLOCK_BITS; i++)
		nr += cache_use_block(place.inode, block + i, place.file, cache_block_mask(block + i, first, last),
				      use);
	return nr;
}

#endif
