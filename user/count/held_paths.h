/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call paths with the objects of an allocator that processes hold by them, or with what the kernel holds: from the
 * records of the probes "heap" and "kpages".
 */
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

/* How a process mapped memory by itself. */
enum held_kind {
	HELD_ANONYMOUS,
	HELD_FILE,
	HELD_BREAK, /* brk() */
	HELD_UNKNOWN,
	NR_HELD_KINDS
};

/* Of processes that live, and of those that have ended, at their ends. */
struct held_mapped {
	struct held_objects living, ended;
};

struct held_path {
	UT_hash_handle hh;
	struct held_objects living;		  /* of processes that live, as of the last struct mt_heap_sum */
	struct held_objects ended;		  /* of those that have ended, at their ends */
	struct held_objects next;		  /* private: of the living, since that record */
	struct held_mapped mapped[NR_HELD_KINDS]; /* beside these: what held_maps.h finds */
	char text[];				  /* functions, the root first, with ";" between */
};

/* A path by its number: that of a struct mt_heap_path. */
struct held_context {
	UT_hash_handle hh;
	uint32_t number;
	struct held_path *path;
};

struct held_paths {
	struct held_path *table;       /* owned */
	struct held_context *contexts; /* owned */
	size_t bytes, max_bytes;       /* of texts and what belongs to them, about; max_bytes is the owner's to set */
	struct held_path rest;	       /* what found no room; its text is empty */
	struct mt_heap_sum sum;	       /* the last one; its hdr.id is 0: there was none */
};

/* The path that the parts make, with ";" between; NULL and empty parts are left out.  NULL: no memory. */
struct held_path *held_paths__at(struct held_paths *paths, const char *const *parts, size_t nr_parts);
/* The path that the parts make, with ";" between, has that number; NULL and empty parts are left out.  0 or -ENOMEM. */
int held_paths__take_path(struct held_paths *paths, const struct mt_heap_path *rec, const char *const *parts,
			  size_t nr_parts);
/* Adds a record to the path of its number, or else to the one that the parts make.  0 or -ENOMEM. */
int held_paths__take(struct held_paths *paths, const struct mt_heap *rec, const char *const *parts, size_t nr_parts);
/* The same; ended: of a process that has ended. */
int held_paths__add(struct held_paths *paths, const struct held_objects *objects, bool ended, const char *const *parts,
		    size_t nr_parts);
/* All of the living was added. */
void held_paths__settle(struct held_paths *paths);
/* The same, with the sum. */
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
