/* SPDX-License-Identifier: GPL-2.0 */
/* Reads and writes of block devices, and whose an anonymous page is. */
#ifndef MEMTRACE_COMPAT_SWAP_H
#define MEMTRACE_COMPAT_SWAP_H

#include "folio.h"

/* include/linux/blk_types.h: the same on all kernels; user/probes/swap.c compares the enumerators with the kernel's BTF
 */
#define REQ_OP_MASK  0xff
#define REQ_OP_READ  0
#define REQ_OP_WRITE 1
#define BIO_CLONED   (1 << 1)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct request_queue;
struct writeback_control;

struct gendisk {
	char disk_name[32];
};

/* From 5.12 on. */
struct block_device___v6_1 {
	struct gendisk *bd_disk;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
};

struct bvec_iter {
	unsigned int bi_size; /* bytes that remain */
};

struct bio {
	unsigned int bi_opf;
	unsigned short bi_flags;
	struct bvec_iter bi_iter;
	struct bio_vec *bi_io_vec;
};

struct bio___v6_1 {
	struct block_device___v6_1 *bi_bdev;
};

struct bio___v5_10 {
	struct gendisk *bi_disk;
};

struct bio___chain {
	struct bio *bi_next;
};

struct request {
	struct bio *bio; /* the first one that is not done */
};

struct page___flags {
	unsigned long flags;
};

struct rb_node {
	struct rb_node *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

struct anon_vma {
	struct rb_root_cached rb_root; /* of the mappings that its pages may be in */
};

struct mm_struct___owned {
	struct task_struct *owner; /* only with CONFIG_MEMCG */
};

struct vm_area_struct___anon {
	struct mm_struct *vm_mm;
	struct anon_vma *anon_vma; /* of the pages that it gets now */
};

struct anon_vma_chain {
	struct vm_area_struct___anon *vma;
	struct rb_node rb;
};

#pragma clang attribute pop

enum pageflags___swap {
	PG_locked,
	PG_uptodate,
	PG_swapbacked,
	PG_swapcache,
	PG_writeback,
};

#define PAGE_HAS(flags, flag) ((flags) >> bpf_core_enum_value(enum pageflags___swap, flag) & 1)

/* 5.10 has no folios. */
static __always_inline bool has_folios(void)
{
	return !bpf_core_field_exists(((struct page___v5_10 *)0)->mem_cgroup);
}

/* page: the first one, if it is a large one */
static __always_inline u64 page_flags(struct page *page)
{
	return has_folios() ? folio_flags((void *)page) : BPF_CORE_READ((struct page___flags *)page, flags);
}

/* Of a page, or a large one whose first it is; 0: not known. */
static __always_inline u32 page_count(struct page *page)
{
	return has_folios() ? folio_pages((void *)page) : 0;
}

static __always_inline u64 page_mapping_word(struct page *page)
{
	return (u64)(has_folios() ? BPF_CORE_READ((struct folio *)page, mapping) :
				    BPF_CORE_READ((struct page___v5_10 *)page, mapping));
}

static __always_inline u64 page_cgroup_id(struct page *page)
{
	return has_folios() ? folio_cgroup_id((void *)page) :
			      memcg_cgroup_id(BPF_CORE_READ((struct page___v5_10 *)page, mem_cgroup));
}

static __always_inline struct gendisk *bio_disk(struct bio *bio)
{
	struct bio___v5_10 *old = (void *)bio;

	if (bpf_core_field_exists(old->bi_disk))
		return BPF_CORE_READ(old, bi_disk);
	return BPF_CORE_READ((struct bio___v6_1 *)bio, bi_bdev, bd_disk);
}

#endif
