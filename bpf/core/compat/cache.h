/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of the page cache: which file they belong to, and what that is called. */
#ifndef MEMTRACE_COMPAT_CACHE_H
#define MEMTRACE_COMPAT_CACHE_H

#include "swap.h"
#include "vmscan.h"

#define FILE_KIND_MASK	  0xf000 /* include/uapi/linux/stat.h: S_IFMT, S_IFBLK */
#define FILE_KIND_BLOCK	  0x6000
#define FILE_KIND_REGULAR 0x8000 /* S_IFREG */

/* include/linux/page-flags.h: PAGE_MAPPING_FLAGS, of memory that is no file's; the same on all kernels */
#define MAPPING_NO_FILE 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct address_space {
	struct inode *host;
};

struct inode___cached {
	unsigned short i_mode;
	unsigned int i_nlink;
	u32 i_rdev; /* dev_t */
	u32 i_generation;
	struct hlist_head i_dentry; /* of its names */
};

struct qstr___len {
	u32 len;
	const unsigned char *name;
};

struct dentry___named {
	struct dentry___named *d_parent;
	struct qstr___len d_name;
};

/* Where the names of an inode are chained; later kernels may have the union without a name. */
struct dentry___v5_10 {
	union {
		struct hlist_node d_alias;
	} d_u;
};

struct dentry___plain {
	struct hlist_node d_alias;
};

struct task_struct___reclaims {
	void *reclaim_state;
};

/* From 6.12 on. */
struct trace_event_raw_mm_filemap_op_page_cache_range___v6_12 {
	unsigned long last_index;
};

#pragma clang attribute pop

/* Of a page, or a large one whose first it is: its place among the file's, in pages. */
static __always_inline u64 page_index(struct page *page)
{
	return has_folios() ? BPF_CORE_READ((struct folio *)page, index) :
			      BPF_CORE_READ((struct page___v5_10 *)page, index);
}

/* A name of the inode: the first one that the kernel has in memory; NULL: none. */
static __always_inline struct dentry___named *inode_name(struct inode *inode)
{
	u64 node = (u64)BPF_CORE_READ((struct inode___cached *)inode, i_dentry.first), offset;

	if (!node)
		return NULL;
	if (bpf_core_field_exists(((struct dentry___v5_10 *)0)->d_u))
		offset = bpf_core_field_offset(struct dentry___v5_10, d_u.d_alias);
	else
		offset = bpf_core_field_offset(struct dentry___plain, d_alias);
	return (struct dentry___named *)(node - offset);
}

#endif
