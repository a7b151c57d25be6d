/* SPDX-License-Identifier: GPL-2.0 */
/* The page allocator's events; gfp_flags: u32 on 5.10, u64 from 6.1. */
#ifndef MEMTRACE_COMPAT_PAGE_H
#define MEMTRACE_COMPAT_PAGE_H

#include "../prelude.h"
#include "gfp.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct trace_event_raw_mm_page_alloc {
	unsigned long pfn;
	unsigned int order;
	unsigned long gfp_flags;
	int migratetype;
};

/* Of which the size alone matters. */
struct page___size {
	unsigned long flags;
};

struct trace_event_raw_mm_page_free {
	unsigned long pfn;
	unsigned int order;
};

#pragma clang attribute pop

#endif
