/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths with the objects of an allocator that processes hold by them: from the records of the probe "heap". */
#ifndef MEMTRACE_COUNT_HELD_PATHS_H
#define MEMTRACE_COUNT_HELD_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "../model/schema.h"
#include "../base/hash.h"

struct held_objects {
	uint64_t bytes, objects;
	uint64_t oldest_ns; /* when the oldest was allocated, CLOCK_BOOTTIME; 0: there is none */
};

struct held_path {
	UT_hash_handle hh;
	struct held_objects living; /* of processes that live, as of the last struct mt_heap_sum */
	struct held_objects ended;  /* of those that have ended, at their ends */
	struct held_objects next;   /* private: of the living, since that record */
	char text[];		    /* functions, the root first, with ";" between */
};

struct held_paths {
	struct held_path *table; /* owned */
	size_t bytes, max_bytes; /* of texts and what belongs to them, about; max_bytes is the owner's to set */
	struct held_path rest;	 /* what found no room; its text is empty */
	struct mt_heap_sum sum;	 /* the last one; its hdr.id is 0: there was none */
};

/* Adds a record to the path that the parts make, with ";" between; NULL and empty parts are left out.  0 or -ENOMEM. */
int held_paths__take(struct held_paths *paths, const struct mt_heap *rec, const char *const *parts, size_t nr_parts);
/* All of the living was taken. */
void held_paths__take_sum(struct held_paths *paths, const struct mt_heap_sum *rec);
/* Living and, with ended, those. */
struct held_objects held_path__objects(const struct held_path *path, bool ended);
/*
 * Those that hold anything, the most bytes first, what found no room not among them.  *list is the caller's to free(),
 * what it points to is not.  0 or -ENOMEM.
 */
int held_paths__rank(const struct held_paths *paths, bool ended, struct held_path ***list, size_t *nr);
void held_paths__done(struct held_paths *paths);

#endif
