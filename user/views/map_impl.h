/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of memtrace map's view share. */
#ifndef MEMTRACE_VIEWS_MAP_IMPL_H
#define MEMTRACE_VIEWS_MAP_IMPL_H

#include "map.h"

static inline struct cell map__number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

static inline struct cell map__known(bool is_known, uint64_t n)
{
	return is_known ? cell_uint(n) : cell_none();
}

/* Adds the table of processes, which text shows only where all are meant, and that of cgroups.  0 or -ENOMEM. */
int map_processes__add(struct map_view *view, const struct map_request *request, struct report *report);

#endif
