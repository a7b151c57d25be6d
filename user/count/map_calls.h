/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Address space that a process asked for and gave back within an interval: from the records of the probe space. */
#ifndef MEMTRACE_COUNT_MAP_CALLS_H
#define MEMTRACE_COUNT_MAP_CALLS_H

#include "map_activity.h"

/* 0 or -ENOMEM. */
int map_calls__keep(struct map_traced *traced, const struct mt_space *record);
/* Another interval begins: only where the break is stays known. */
void map_calls__forget(struct map_traced *traced, uint64_t page_size);
/*
 * Adds up asked_bytes and returned_bytes, by the groups of the map, and behind them for what is mapped no more; whether
 * there is such.  A range is of the areas that it lies in now; what brk(2) moved is of the heap.  The kernel's calls
 * are put into their order, as rings are read one after the other.
 */
bool map_calls__sum(struct map_traced *traced, const struct process_map *map, const struct map_groups *groups,
		    uint64_t page_size, struct map_activity *sums);

#endif
