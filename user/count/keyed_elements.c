// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "keyed_elements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct keyed_key keyed_key__of(const struct keyed_row *row, const void *record)
{
	const struct mt_keyed_head *head = keyed_row__head(row, record);
	struct keyed_key key = { .row = row->id, .other = head->flags & MT_KEYED_OTHER, .since_ns = head->since_ns };

	memcpy(key.key, keyed_row__key(row, record), row->key_size);
	return key;
}

struct keyed_element *keyed_elements__find(const struct keyed_elements *elements, const struct keyed_key *key)
{
	struct keyed_element *element;

	HASH_FIND(hh, elements->table, key, sizeof(*key), element);
	return element;
}

static struct keyed_element *add(struct keyed_elements *elements, const struct keyed_key *key, size_t size)
{
	struct keyed_element *element = calloc(1, sizeof(*element) + size);

	if (!element)
		return NULL;
	element->key = *key;
	HASH_ADD(hh, elements->table, key, sizeof(element->key), element);
	if (element->hh.tbl)
		return element;
	free(element);
	return NULL;
}

int keyed_elements__put(struct keyed_elements *elements, const struct keyed_row *row, const void *record)
{
	const struct keyed_key key = keyed_key__of(row, record);
	struct keyed_element *element = keyed_elements__find(elements, &key);

	if (!element && HASH_COUNT(elements->table) >= KEYED_ELEMENTS_MAX)
		return -E2BIG;
	if (!element)
		element = add(elements, &key, row->size);
	if (!element)
		return -ENOMEM;
	memcpy(element->record, record, row->size);
	return 0;
}

void keyed_elements__remove(struct keyed_elements *elements, struct keyed_element *element)
{
	if (!element)
		return;
	HASH_DEL(elements->table, element);
	free(element);
}

void keyed_elements__free(struct keyed_elements *elements)
{
	struct keyed_element *element, *next;

	HASH_ITER (hh, elements->table, element, next)
		keyed_elements__remove(elements, element);
}
