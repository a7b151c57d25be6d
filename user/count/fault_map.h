/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * At which addresses each process took faults, over the time of a run, in bounded memory: by blocks of addresses, a
 * page at first.  When a process has more than there is room for, two blocks become one, and so on.
 */
#ifndef MEMTRACE_COUNT_FAULT_MAP_H
#define MEMTRACE_COUNT_FAULT_MAP_H

#include "../base/hash.h"
#include "../model/process_map.h"
#include "over_time.h"

#define FAULT_MAPS	  64   /* processes at a time */
#define FAULT_MAP_BLOCKS  1024 /* of one */
#define FAULT_MAP_NAMES	  128  /* of its mappings */
#define FAULT_MAP_NAME	  256  /* bytes of each, with its end */
#define FAULT_MAP_UNNAMED UINT32_MAX

struct fault_block {
	UT_hash_handle hh;
	uint64_t number; /* its address, by the size of blocks */
	uint64_t lowest; /* address of a fault in it */
	uint64_t faults;
	uint32_t name;		    /* of names of the process, or FAULT_MAP_UNNAMED */
	struct timed_counts counts; /* the key is 0 */
};

struct fault_map_key {
	uint64_t start_ns;
	uint32_t pid, zero;
};

struct fault_map {
	UT_hash_handle hh;
	struct fault_map_key key;
	char comm[MT_COMM_LEN + 1];
	uint32_t shift; /* a block has 1 << shift bytes */
	struct fault_block *blocks;
	size_t nr_values; /* about */
	uint64_t faults;
	char (*names)[FAULT_MAP_NAME]; /* owned */
	uint32_t nr_names;
};

/* All zero at first. */
struct fault_maps {
	struct fault_map *table;
	uint64_t left_out; /* faults of processes that there was no room for */
};

/* A fault of a task.  page_shift: log2 of a page's bytes.  0 or -ENOMEM; fault_maps__done() in any case. */
int fault_maps__add(struct fault_maps *maps, const struct mt_who *who, uint64_t address, uint32_t page_shift,
		    uint32_t at);
void fault_maps__halve(struct fault_maps *maps);
/* Blocks of the process that have no name yet get those of its mappings.  0 or -ENOMEM. */
int fault_map__name(struct fault_map *map, const struct process_map *areas);
/* The processes with most faults first, of each its blocks by address. */
void fault_maps__finish(struct fault_maps *maps);
void fault_maps__done(struct fault_maps *maps);

#endif
