/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The newest record of each element of the keyed counters. */
#ifndef MEMTRACE_COUNT_KEYED_ELEMENTS_H
#define MEMTRACE_COUNT_KEYED_ELEMENTS_H

#include "../base/hash.h"
#include "../model/keyed.h"

/* More than a map in the kernel has: a recording may say anything. */
#define KEYED_ELEMENTS_MAX 16384

struct keyed_key {
	uint32_t row;	   /* enum mt_keyed */
	uint32_t other;	   /* MT_KEYED_OTHER, or 0 */
	uint64_t since_ns; /* names one life of the key's counts */
	char key[KEYED_KEY_MAX];
};

struct keyed_element {
	UT_hash_handle hh;
	struct keyed_key key;
	uint64_t record[]; /* of the row's size */
};

/* NULL at first. */
struct keyed_elements {
	struct keyed_element *table;
};

struct keyed_key keyed_key__of(const struct keyed_row *row, const void *record);
/* NULL: there is none. */
struct keyed_element *keyed_elements__find(const struct keyed_elements *elements, const struct keyed_key *key);
/* Keeps a copy of the record in place of its element's last.  0, -ENOMEM, or -E2BIG: they are KEYED_ELEMENTS_MAX. */
int keyed_elements__put(struct keyed_elements *elements, const struct keyed_row *row, const void *record);
void keyed_elements__remove(struct keyed_elements *elements, struct keyed_element *element); /* NULL is fine */
void keyed_elements__free(struct keyed_elements *elements);

#endif
