/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call chains that user space has found, each under one id (MT_UNWOUND_STACK), which says how it ended.  Those that
 * have not come for long are forgotten.
 */
#ifndef MEMTRACE_SESSION_CHAINS_H
#define MEMTRACE_SESSION_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chain;

/* Of chains with so many bytes. */
struct chain_generation {
	struct chain *by_addresses, *by_id;
	size_t bytes;
};

/* Zeroed is fine. */
struct chains {
	struct chain_generation now, before;
	uint32_t nr;	/* that have been */
	uint64_t turns; /* how often chains have been forgotten */
};

void chains__free(struct chains *chains);

/*
 * The id of a chain: how it ended (enum mt_unwound_end), then its nr addresses.  One that has been has the same again.
 * MT_UNKNOWN_S32: no memory.
 */
int32_t chains__id(struct chains *chains, const uint64_t *key, size_t nr);
/* The addresses, the leaf first; NULL: not known.  Valid until the next chains__id() or chains__use(). */
const uint64_t *chains__addresses(const struct chains *chains, int32_t id, size_t *nr);
/* It has come again, so it is kept; MT_UNKNOWN_S32: it is not known. */
int32_t chains__use(struct chains *chains, int32_t id);
bool chains__has(int32_t id); /* whether an id is one of these */

#endif
