/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the programs of the probe heap know: processes, the objects that they hold, counts. */
#ifndef MEMTRACE_KERNEL_HEAP_MAPS_H
#define MEMTRACE_KERNEL_HEAP_MAPS_H

#include <stdbool.h>

#include "../base/hash.h"
#include "../model/heap_sums.h"
#include "../symbols/cfi.h"

struct bpf_object;

struct heap_process {
	UT_hash_handle hh;
	uint32_t pid;
	struct mt_heap_process is;
	uint64_t requested; /* when it was seen alive last; 0: it never was */
};

struct heap_maps {
	int objects, processes, counts, tops, rules; /* fds, borrowed */
	struct heap_process *known;		     /* owned: of the last look, also those that have ended */
	bool any_ended;				     /* one of these has ended */
	uint64_t forgotten;			     /* requested by processes that had ended and are forgotten */
};

/* bpf must outlive it.  0 or -ENOENT. */
int heap_maps__open(struct heap_maps *maps, struct bpf_object *bpf);
void heap_maps__close(struct heap_maps *maps);

/* Fills maps->known.  0 or -errno. */
int heap_maps__look(struct heap_maps *maps);
const struct heap_process *heap_maps__find(const struct heap_maps *maps, uint32_t pid); /* NULL: it is not known */
/*
 * Goes through all objects, after heap_maps__look().  Those of processes that have ended are added to ended and taken
 * out of the map, as are those that exec dropped; those of the others are added to living unless that is NULL.  0 or
 * -errno.
 */
int heap_maps__sum(struct heap_maps *maps, struct heap_sums *ended, struct heap_sums *living);
/* Bytes that the processes of the last look hold which live, and that the others held when they were seen alive last.
 */
void heap_maps__requested(const struct heap_maps *maps, uint64_t *living, uint64_t *ended);
/* Forgets the processes that had ended. */
void heap_maps__forget(struct heap_maps *maps);
/* The top of a stack that a struct mt_heap_object names; false: there is none. */
bool heap_maps__top(const struct heap_maps *maps, uint32_t top, struct mt_stack_top *is);
/* The programs know from now on how the caller of a place is found; NULL: it has none.  Without room they do not. */
void heap_maps__learn(const struct heap_maps *maps, const struct mt_heap_place *place, const struct cfi_rule *rule);
/* Of all CPUs together.  0 or -errno. */
int heap_maps__count(const struct heap_maps *maps, struct mt_heap_counts *counts);

#endif
