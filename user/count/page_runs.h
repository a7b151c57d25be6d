/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which pages of an address space are there: runs of pages that are alike. */
#ifndef MEMTRACE_COUNT_PAGE_RUNS_H
#define MEMTRACE_COUNT_PAGE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one process at most; each takes 24 bytes. */
#define PAGE_RUNS_MAX (1024 * 1024)

enum page_run_flags {
	PAGE_RUN_SWAPPED = 1 << 0, /* else present */
	PAGE_RUN_HUGE = 1 << 1,	   /* mapped by huge pages */
	PAGE_RUN_FILE = 1 << 2,	   /* of a file, or shared memory */
};

struct page_run {
	uint64_t start, end; /* numbers of pages, end excluded */
	uint32_t flags;	     /* enum page_run_flags */
	uint32_t pad;
};

/* All zero at first. */
struct page_runs {
	struct page_run *list; /* owned; by page, once they are sorted */
	size_t nr, room;
	bool cut; /* there were more than have room */
};

/* Adds a run, in any order; what is empty, or beyond 64 bits of addresses, is left out.  0 or -ENOMEM. */
int page_runs__add(struct page_runs *runs, uint64_t start, uint64_t end, uint32_t flags);
/* By page, each page once: of runs that overlap the flags of the first stay. */
void page_runs__sort(struct page_runs *runs);
void page_runs__done(struct page_runs *runs);

/* Of sorted ones: the run that has the page, or NULL. */
const struct page_run *page_runs__find(const struct page_runs *runs, uint64_t page);
/* Pages from start to end, end excluded, that the runs have. */
uint64_t page_runs__within(const struct page_runs *runs, uint64_t start, uint64_t end);
/* Pages of those runs that are of a file, or that are not. */
uint64_t page_runs__pages(const struct page_runs *runs, bool file);
/* The same of those that the other ones do not have. */
uint64_t page_runs__without(const struct page_runs *runs, const struct page_runs *other, bool file);

#endif
