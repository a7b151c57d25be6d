/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What follows from one look at the machine's memory, or from two. */
#ifndef MEMTRACE_COUNT_MACHINE_SUMS_H
#define MEMTRACE_COUNT_MACHINE_SUMS_H

#include "../model/machine.h"

/* Parts of all memory that do not overlap. */
enum machine_part {
	PART_ANON,
	PART_CACHE,
	PART_SHARED,
	PART_SLAB_RECLAIMABLE,
	PART_SLAB_UNRECLAIMABLE,
	PART_OTHER_RECLAIMABLE,
	PART_KERNEL_STACKS,
	PART_PAGE_TABLES,
	PART_SECONDARY_PAGE_TABLES,
	PART_PERCPU,
	PART_VMALLOC,
	PART_HUGETLB,
	PART_GPU,
	PART_GPU_RECLAIMABLE,
	PART_COMPRESSED,
	PART_CORRUPTED,
	PART_FREE_LISTS,
	PART_FREE,
	NR_PARTS
};

struct machine_part_row {
	const char *name; /* for people */
	const char *path; /* in JSON */
};

extern const struct machine_part_row machine_part_rows[NR_PARTS];

/* In bytes; MT_UNKNOWN_U64: this kernel does not tell. */
uint64_t machine__part(const struct machine *machine, enum machine_part part);
/*
 * What is left of MemTotal when all known parts are taken off.  Less than 0: the kernel changed its counters while they
 * were read.  False: not known.
 */
bool machine__not_accounted(const struct machine *machine, int64_t *bytes);

/*
 * The share, 0 to 1, of the free memory in so many blocks of each order that cannot serve an allocation of that order,
 * as it is in smaller blocks: unusable_free_index() of the kernel's mm/vmstat.c.  1 without any free memory.
 */
double machine__unusable(const uint64_t *blocks, size_t nr_orders, size_t order);
/* The free blocks of each order in all zones; the number of orders, 0: not known. */
size_t machine__blocks(const struct machine *machine, uint64_t blocks[MACHINE_ORDERS]);

/* How far a counter grew between two looks; unknown without the first (NULL), or if either is. */
uint64_t machine__growth(const struct machine *before, const struct machine *now, enum sample_id id);
/* The difference of two values that only grow; unknown if either is, or if it went down. */
uint64_t machine__grown(uint64_t before, uint64_t now);
/* A sum in which unknown values are left out; unknown if all are. */
uint64_t machine__sum(uint64_t a, uint64_t b);
/* A number of pages in bytes; unknown stays unknown. */
uint64_t machine__bytes(const struct machine *machine, uint64_t pages);
/* The slab cache of that name, or NULL. */
const struct machine_slab *machine__slab(const struct machine *machine, const char *name);
/* The node of that id, or NULL. */
const struct machine_node *machine__node(const struct machine *machine, uint32_t id);

#endif
