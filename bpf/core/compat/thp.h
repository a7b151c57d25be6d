/* SPDX-License-Identifier: GPL-2.0 */
/* Huge pages: what a fault was to get, and whose memory khugepaged looks at. */
#ifndef MEMTRACE_COMPAT_THP_H
#define MEMTRACE_COMPAT_THP_H

#include "cgroup.h"
#include "fault.h"

struct page;
struct folio;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum fault_flag {
	FAULT_FLAG_WRITE = 0x1,
};

struct vm_fault___asked {
	enum fault_flag flags; /* 5.10 has a number there */
	unsigned long address;
};

struct vm_fault___v5_10 {
	unsigned int flags;
};

struct mm_struct___of {
	struct task_struct *owner; /* only with CONFIG_MEMCG */
};

#pragma clang attribute pop

enum scan_result {
	SCAN_SUCCEED,
};

static __always_inline bool is_write(struct vm_fault *vmf)
{
	struct vm_fault___asked *asked = (void *)vmf;
	struct vm_fault___v5_10 *old = (void *)vmf;
	u32 flags = bpf_core_field_exists(old->flags) ? BPF_CORE_READ(old, flags) : BPF_CORE_READ(asked, flags);

	return flags & FAULT_FLAG_WRITE;
}

static __always_inline struct task_struct *mm_owner(struct mm_struct *mm)
{
	struct mm_struct___of *owned = (void *)mm;

	return bpf_core_field_exists(owned->owner) ? BPF_CORE_READ(owned, owner) : NULL;
}

#endif
