// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "chains.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../model/schema.h"
#include "../symbols/unwind.h"

/* Twice: those of the last while, and those before. */
#define MAX_BYTES (32UL * 1024 * 1024)

struct chain {
	UT_hash_handle by_addresses, by_id;
	int32_t id;
	size_t nr;
	uint64_t key[]; /* how it ended, then its addresses */
};

static void forget(struct chain_generation *generation)
{
	struct chain *chain, *next;

	HASH_CLEAR(by_addresses, generation->by_addresses);
	for (chain = generation->by_id; chain; chain = next) {
		next = chain->by_id.next;
		HASH_DELETE(by_id, generation->by_id, chain);
		free(chain);
	}
	*generation = (struct chain_generation){ 0 };
}

void chains__free(struct chains *chains)
{
	forget(&chains->now);
	forget(&chains->before);
}

bool chains__has(int32_t id)
{
	return id >= 0 && !(id & (MT_MORE_STACKS | MT_COPIED_STACK)) && id & MT_UNWOUND_STACK;
}

static struct chain *find(const struct chain_generation *generation, const uint64_t *key, size_t nr)
{
	struct chain *chain;

	HASH_FIND(by_addresses, generation->by_addresses, key, nr * sizeof(*key), chain);
	return chain;
}

static bool add(struct chain_generation *generation, struct chain *chain, size_t size)
{
	HASH_ADD_KEYPTR(by_addresses, generation->by_addresses, chain->key, (chain->nr + 1) * sizeof(*chain->key),
			chain);
	if (!chain->by_addresses.tbl)
		return false;
	HASH_ADD(by_id, generation->by_id, id, sizeof(chain->id), chain);
	if (!chain->by_id.tbl) {
		HASH_DELETE(by_addresses, generation->by_addresses, chain);
		return false;
	}
	generation->bytes += size;
	return true;
}

static int32_t new_id(struct chains *chains, uint64_t ended)
{
	return (int32_t)(MT_UNWOUND_STACK | ended << MT_UNWOUND_SHIFT |
			 (chains->nr++ & ((1U << MT_UNWOUND_SHIFT) - 1)));
}

int32_t chains__id(struct chains *chains, const uint64_t *key, size_t nr)
{
	struct chain *chain = find(&chains->now, key, nr + 1), *old;
	size_t size = sizeof(*chain) + (nr + 1) * sizeof(*key);

	if (chain)
		return chain->id;
	if (chains->now.bytes + size > MAX_BYTES) {
		forget(&chains->before);
		chains->before = chains->now;
		chains->now = (struct chain_generation){ 0 };
		chains->turns++;
	}
	old = find(&chains->before, key, nr + 1);
	chain = calloc(1, size);
	if (!chain)
		return MT_UNKNOWN_S32;
	chain->id = old ? old->id : new_id(chains, key[0]);
	chain->nr = nr;
	memcpy(chain->key, key, (nr + 1) * sizeof(*key));
	if (add(&chains->now, chain, size))
		return chain->id;
	free(chain);
	return MT_UNKNOWN_S32;
}

static struct chain *of_id(const struct chain_generation *generation, int32_t id)
{
	struct chain *chain = NULL;

	if (chains__has(id))
		HASH_FIND(by_id, generation->by_id, &id, sizeof(id), chain);
	return chain;
}

const uint64_t *chains__addresses(const struct chains *chains, int32_t id, size_t *nr)
{
	const struct chain *chain = of_id(&chains->now, id);

	if (!chain)
		chain = of_id(&chains->before, id);
	*nr = chain ? chain->nr : 0;
	return chain ? chain->key + 1 : NULL;
}

int32_t chains__use(struct chains *chains, int32_t id)
{
	const struct chain *chain = of_id(&chains->now, id);
	uint64_t key[1 + UNWIND_MAX_FRAMES];

	if (chain)
		return id;
	chain = of_id(&chains->before, id);
	if (!chain || chain->nr > UNWIND_MAX_FRAMES)
		return MT_UNKNOWN_S32;
	/* what is made of it may take its place */
	memcpy(key, chain->key, (1 + chain->nr) * sizeof(*key));
	return chains__id(chains, key, chain->nr);
}
