/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Blocks: packed, framed and checked. */
#ifndef MEMTRACE_RECORDING_BLOCK_H
#define MEMTRACE_RECORDING_BLOCK_H

#include <stddef.h>
#include <zstd.h>

#include "format.h"

/* A block as it stands in a file: its head and payload in one piece. */
struct block {
	struct block_head head;
	size_t size;
	uint8_t bytes[];
};

/* Packs with a context of the caller's; the block is the caller's to free(); NULL and errno. */
struct block *block__pack(ZSTD_CCtx *zstd, enum block_kind kind, const void *raw, size_t size, uint32_t nr,
			  uint64_t end_ns);

/* The same smaller, at more cost. */
struct block *block__pack_for_long(ZSTD_CCtx *zstd, enum block_kind kind, const void *raw, size_t size, uint32_t nr,
				   uint64_t end_ns);

/* Checks a head without its payload; NULL if it is valid, else what is wrong. */
const char *block_head__check(const struct block_head *head);
/*
 * Checks and unpacks a payload of head.size bytes.  *raw is the caller's to free().  0, -ENOMEM,
 * or -EBADMSG with *why.
 */
int block__unpack(ZSTD_DCtx *zstd, const struct block_head *head, const void *payload, void **raw, const char **why);

#endif
