/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory for what one report borrows: handed out in pieces, given back at once. */
#ifndef MEMTRACE_BASE_ARENA_H
#define MEMTRACE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* All zero is an empty one. */
struct arena {
	struct arena_block *blocks;
	bool failed; /* memory ran out for a piece since the last reset */
};

/* Zeroed bytes, aligned for any type; NULL if memory ran out. */
void *arena__zeroed(struct arena *arena, size_t size);
/* All pieces are invalid from here on. */
void arena__reset(struct arena *arena);
void arena__free(struct arena *arena);

#endif
