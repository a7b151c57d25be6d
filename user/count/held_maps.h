/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What processes have mapped by themselves and not given back, by the call path that mapped it: from the records of
 * the probe "heap" (struct mt_heap_map).  What was mapped before these is not known, nor is what a child inherits.
 */
#ifndef MEMTRACE_COUNT_HELD_MAPS_H
#define MEMTRACE_COUNT_HELD_MAPS_H

#include "held_paths.h"

/* A part of a mapping that is still there. */
struct held_map {
	uint64_t start, end;
	uint64_t born_ns;
	enum held_kind kind;
	struct held_path *path;
};

struct held_maps_key {
	uint32_t pid, pad;
	uint64_t start_ns;
};

struct held_maps_process {
	UT_hash_handle hh;
	struct held_maps_key key;
	struct held_map *list; /* owned: by address, none over another */
	size_t nr, room;
};

/* Zeroed at first. */
struct held_maps {
	struct held_maps_process *processes; /* owned */
	uint64_t age_ns;		     /* what is younger is left out; 0: nothing is.  The owner's to set */
};

/* path: by which the change was made; it must stay.  NULL: of one that maps nothing.  0 or -ENOMEM. */
int held_maps__take(struct held_maps *maps, const struct mt_who *who, const struct mt_heap_map *change,
		    struct held_path *path);
/* What is held now is added to the paths' living.  Once. */
void held_maps__sum(const struct held_maps *maps, uint64_t now_ns);
void held_maps__done(struct held_maps *maps);

#endif
