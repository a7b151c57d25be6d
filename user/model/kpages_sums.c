// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kpages_sums.h"

#include <errno.h>
#include <stdlib.h>

static struct kpages_chain *make(struct kpages_sums *sums, int32_t stack)
{
	struct kpages_chain *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return NULL;
	chain->stack = stack;
	chain->oldest_ns = UINT64_MAX;
	HASH_ADD(hh, sums->table, stack, sizeof(chain->stack), chain);
	if (chain->hh.tbl)
		return chain;
	free(chain);
	return NULL;
}

int kpages_sums__add(struct kpages_sums *sums, const struct mt_kpages_key *key, const struct mt_kpages_held *held)
{
	struct kpages_chain *chain;
	int32_t stack = held->stack;

	if (sums->born_until_ns && held->born_ns > sums->born_until_ns)
		return 0;
	HASH_FIND(hh, sums->table, &stack, sizeof(stack), chain);
	if (!chain)
		chain = make(sums, stack);
	if (!chain)
		return -ENOMEM;
	chain->pages += (UINT64_C(1) << (key->order & 63)) - (uint64_t)__builtin_popcountll(held->freed);
	chain->allocations += held->first;
	if (held->born_ns < chain->oldest_ns)
		chain->oldest_ns = held->born_ns;
	return 0;
}

void kpages_sums__free(struct kpages_sums *sums)
{
	struct kpages_chain *chain, *next;

	HASH_ITER (hh, sums->table, chain, next) {
		HASH_DEL(sums->table, chain);
		free(chain);
	}
}
