/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Who touched the pages that processes hold: each first touch with its call path, and at the end which of these pages
 * are still there.  A page that is touched again after it was given back belongs to who touched it last.
 *
 * A process is looked at now and then.  What is held is what the last look has found, so touches since then wait: they
 * have their place in the table of pages only at the next look, and if there is none, as the process has ended, they
 * are touched and not known to be held.
 */
#ifndef MEMTRACE_COUNT_PAGE_ORIGINS_H
#define MEMTRACE_COUNT_PAGE_ORIGINS_H

#include "../base/hash.h"
#include "../model/process_map.h"
#include "call_paths.h"
#include "page_runs.h"

/* Of all processes together; each takes 16 bytes, in a table up to 43. */
#define PAGE_ORIGINS_MAX (2 * 1024 * 1024)

/* Of what is held: where no file is behind it, and files with shared memory. */
enum page_kind {
	PAGES_ANON,
	PAGES_OF_FILES,
	NR_PAGE_KINDS,
};

/* How a page was touched. */
enum touch {
	TOUCH_READ,    /* no page was there; it was read, or nothing is known */
	TOUCH_WRITE,   /* no page was there; it was written to */
	TOUCH_PRESENT, /* a write to a page that was there and that may have been copied */
};

/* A page and the path that touched it. */
struct page_origin {
	uint64_t key; /* the page's number + 1, shifted, and whether it was only read; 0: an empty place */
	struct call_path *path;
};

/* Of the areas that an allocator has, or may have: address space, and what of it is resident or swapped; bytes. */
struct page_areas {
	uint64_t heap_size, heap_held; /* those of malloc() in glibc: the heap and its arenas */
	uint64_t anon_size, anon_held; /* other private memory without a file: large allocations, other allocators' */
};

struct page_look {
	struct page_runs runs;
	uint64_t bytes[NR_PAGE_KINDS]; /* the kernel's own sums: rss and swap */
	struct page_areas areas;
	uint64_t time_ns; /* when it was over; 0: there was none */
};

struct page_process {
	struct {
		uint64_t pid, start_ns;
	} key;
	struct page_look first, last;
	struct page_origin *table; /* owned */
	size_t nr, room;	   /* room: a power of two, or 0 */
	bool ended;
	struct page_origin *waiting; /* owned: touches since the last look */
	size_t nr_waiting, waiting_room;
	UT_hash_handle hh;
};

struct page_origins {
	struct page_process *processes; /* owned */
	struct call_paths *paths;	/* the caller's */
	uint64_t page_size, sample;	/* one page in so many is seen; 0, 1: all */
	uint64_t pages_of_huge;
	uint64_t begun_ns; /* the run; 0: it has not begun */
	size_t kept;	   /* places that are taken */
	uint64_t no_room;  /* touches */
	size_t left_out;   /* processes that had ended, when there was no room */
};

/* What the pages of all processes add up to; bytes. */
struct page_sums {
	uint64_t touched, held;		 /* by call paths, estimated from the sample */
	int64_t grown[NR_PAGE_KINDS];	 /* by the kernel's sums */
	uint64_t held_of[NR_PAGE_KINDS]; /* parts of held */
	uint64_t again[NR_PAGE_KINDS];	 /* part of held: pages that were there when the run began */
	uint64_t gone[NR_PAGE_KINDS];	 /* what was there when the run began, and is no more */
	int64_t not_seen[NR_PAGE_KINDS]; /* grown + gone + again - held */
	struct page_areas first, last;	 /* when the run began, and as of the last looks */
	uint64_t resident;		 /* and swapped, as of the last looks, by the kernel's sums */
	size_t processes, cut;		 /* that were looked at; of which with more runs of pages than have room */
};

/*
 * A touch, after the last one of the process.  path: as call_paths__at() has it; its events are counted here.  0 or
 * -ENOMEM.
 */
int page_origins__touch(struct page_origins *origins, const struct mt_who *who, uint64_t time_ns, uint64_t address,
			enum touch touch, struct call_path *path);
/* Takes a look over, whose runs are sorted and the origins' from now on, also if it fails.  0 or -ENOMEM. */
int page_origins__look(struct page_origins *origins, const struct mt_who *who, struct page_look *look);
/* It has ended: what its last look has found stays, as long as there is room. */
void page_origins__end(struct page_origins *origins, const struct mt_who *who);
/* The run begins: with what the last looks have found. */
void page_origins__begin(struct page_origins *origins, uint64_t now_ns);
/* The pages that are held, added to the pages of their paths; once, at the end. */
void page_origins__sum(struct page_origins *origins, struct page_sums *sums);
void page_origins__done(struct page_origins *origins);

#endif
