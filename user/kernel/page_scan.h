/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which pages of a process's mappings are in memory, and which in swap.  From 6.7 on by the PAGEMAP_SCAN ioctl
 * (fs/proc/task_mmu.c:do_pagemap_scan()), which passes over what is not there; before that by /proc/PID/pagemap, which
 * has 8 bytes for each page of the address space (pagemap_read()).  Neither stops the process: both hold its
 * mmap_lock for reading, for one step at a time.
 */
#ifndef MEMTRACE_KERNEL_PAGE_SCAN_H
#define MEMTRACE_KERNEL_PAGE_SCAN_H

#include "../model/process_map.h"

/* Of pages that lie side by side and are alike; page_scan.told. */
enum page_scan_flags {
	PAGES_SWAPPED = 1 << 0, /* else present */
	PAGES_HUGE = 1 << 1,	/* mapped by huge pages */
	PAGES_FILE = 1 << 2,	/* of a file, or shared memory */
};

/* Pages that no process owns, and that the kernel's rss is without: their frames, by which pagemap shows them. */
struct page_scan {
	uint64_t page_size;
	bool no_ioctl;		  /* it is not tried (any more) */
	uint64_t zero, huge_zero; /* frame numbers; 0: not known, as without CAP_SYS_ADMIN */
	uint64_t pages_of_huge;	  /* pages in a huge page */
	/*
	 * If set, is told which pages there are, as addresses: in any order, and some twice where the ioctl fails in
	 * the middle; flags: enum page_scan_flags.
	 */
	void (*told)(void *ctx, uint64_t start, uint64_t end, unsigned int flags);
	void *told_ctx;
};

/* Finds out what is in there: maps memory of its own for that. */
void page_scan__init(struct page_scan *scan);
/*
 * Fills known, rss, swap and huge of all areas from the file pagemap in dir, the process's directory in /proc, until
 * until_ns of the boot clock at most: areas that there was no time for stay unknown, and map->unknown counts them.
 * Where nothing may be accessed comes last.  0 or -errno: none could be read.
 */
int page_scan__read(struct page_scan *scan, int dir, struct process_map *map, uint64_t until_ns);

#endif
