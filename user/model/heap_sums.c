// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_sums.h"

#include <errno.h>
#include <stdlib.h>

static struct heap_sum *make(struct heap_sums *sums, const struct heap_sum_key *key)
{
	struct heap_sum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return NULL;
	sum->key = *key;
	sum->oldest_ns = UINT64_MAX;
	HASH_ADD(hh, sums->table, key, sizeof(sum->key), sum);
	if (sum->hh.tbl)
		return sum;
	free(sum);
	return NULL;
}

int heap_sums__add(struct heap_sums *sums, const struct mt_heap_key *key, const struct mt_heap_object *object)
{
	const struct heap_sum_key of = { .pid = key->pid, .life = key->life, .stack = object->stack };
	struct heap_sum *sum;

	if (sums->born_until_ns && object->born_ns > sums->born_until_ns) {
		sums->younger++;
		return 0;
	}
	HASH_FIND(hh, sums->table, &of, sizeof(of), sum);
	if (!sum)
		sum = make(sums, &of);
	if (!sum)
		return -ENOMEM;
	sum->bytes += object->bytes;
	sum->objects++;
	if (object->born_ns < sum->oldest_ns)
		sum->oldest_ns = object->born_ns;
	return 0;
}

void heap_sums__free(struct heap_sums *sums)
{
	struct heap_sum *sum, *next;

	HASH_ITER (hh, sums->table, sum, next) {
		HASH_DEL(sums->table, sum);
		free(sum);
	}
	sums->younger = 0;
}
