// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
	struct arena_block *block;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	*block = (struct arena_block){ .next = arena->blocks, .size = size };
	arena->blocks = block;
	return block;
}

void *arena__zeroed(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *piece;

	size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	if (!block) {
		arena->failed = true;
		return NULL;
	}
	piece = memset(block->data + block->used, 0, size);
	block->used += size;
	return piece;
}

/* One block is kept for the next report. */
void arena__reset(struct arena *arena)
{
	struct arena_block *block = arena->blocks, *next;

	arena->failed = false;
	if (!block)
		return;
	for (next = block->next; next; next = block->next) {
		block->next = next->next;
		free(next);
	}
	block->used = 0;
}

void arena__free(struct arena *arena)
{
	arena__reset(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}
