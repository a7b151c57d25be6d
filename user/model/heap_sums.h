/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Objects of an allocator, summed by the process that holds them and by the call chain that they come from. */
#ifndef MEMTRACE_MODEL_HEAP_SUMS_H
#define MEMTRACE_MODEL_HEAP_SUMS_H

#include "../base/hash.h"
#include "../../bpf/wire.h"

struct heap_sum_key {
	uint32_t pid, life; /* as in struct mt_heap_key */
	int32_t stack;
	uint32_t pad; /* 0 */
};

struct heap_sum {
	UT_hash_handle hh;
	struct heap_sum_key key;
	uint64_t bytes, objects;
	uint64_t oldest_ns;
};

struct heap_sums {
	struct heap_sum *table;
	uint64_t born_until_ns; /* younger objects are left out; 0: none are */
	uint64_t younger;	/* how many were */
};

/* 0 or -ENOMEM. */
int heap_sums__add(struct heap_sums *sums, const struct mt_heap_key *key, const struct mt_heap_object *object);
void heap_sums__free(struct heap_sums *sums); /* it can be used again */

#endif
