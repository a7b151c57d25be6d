/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What mappings of a process are for, and which of them belong together. */
#ifndef MEMTRACE_COUNT_MAP_CLASS_H
#define MEMTRACE_COUNT_MAP_CLASS_H

#include "../model/process_map.h"

/* "heap"; for programs and people. */
const char *map_class__name(enum map_class class);
/*
 * Sets the class of each area of the map.  Names that the kernel gives say most; the rest follows from permissions and
 * from neighbours:
 *	arenas	glibc's arena.c: a heap begins at a multiple of 64 MiB (HEAP_MAX_SIZE), what may be used of it is
 *		readable and writable, the rest up to the next multiple is not accessible
 *	stacks	glibc's allocatestack.c: above a mapping of a few pages that is not accessible (the guard)
 */
void map_class__tell(struct process_map *map);

/* Areas that are shown as one; sums in bytes. */
struct map_group {
	const char *name; /* borrowed from the map, of any bytes */
	enum map_class class;
	bool deleted;	/* no directory has its file any more, and one had it */
	uint64_t start; /* of the lowest one */
	uint64_t size;
	size_t nr;
	bool known; /* the pages of all areas were read: else rss, swap and huge are unknown */
	uint64_t rss, swap, huge;
	uint64_t referenced;	   /* MT_UNKNOWN_U64: not known */
	uint64_t nodes[MAP_NODES]; /* parts of rss, where the map knows them; else unknown */
};

struct map_groups {
	struct map_group *list; /* owned; the largest rss first, then the largest size */
	size_t nr;
	uint32_t *of_area;    /* owned; place in the list of each area's group */
	struct map_group sum; /* of all, without what the kernel's size and rss are without */
};

/*
 * Mappings of one file are a group, wherever they are; so are those with the same name from prctl(2)
 * (PR_SET_VMA_ANON_NAME), all arenas, and all stacks of threads.  Other memory is a group as far as areas of the same
 * class follow each other without a hole.  0 or -ENOMEM; map_groups__done() in any case.
 */
int map_groups__make(struct map_groups *groups, const struct process_map *map);
/* Sums up what of the areas was referenced, as it is known later. */
void map_groups__take_referenced(struct map_groups *groups, const struct process_map *map);
/* The same of the nodes that their pages are on. */
void map_groups__take_nodes(struct map_groups *groups, const struct process_map *map);
void map_groups__done(struct map_groups *groups);

#endif
