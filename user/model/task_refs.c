// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "task_refs.h"

#define MAX_AGE 4 /* ticks */
/* More than ever have events at a time; a recording may announce more, which stay unknown. */
#define MAX_WHOS_KNOWN (1U << 20)

struct whos_entry {
	UT_hash_handle hh;
	uint64_t id;
	unsigned int age; /* whos->age when it was last announced */
	struct mt_who who;
};

static void forget(struct whos *whos, struct whos_entry *entry)
{
	HASH_DEL(whos->table, entry);
	free(entry);
}

void whos__free(struct whos *whos)
{
	struct whos_entry *entry, *next;

	for (entry = whos->table; entry; entry = next) {
		next = entry->hh.next;
		forget(whos, entry);
	}
}

static struct whos_entry *find(const struct whos *whos, uint64_t id)
{
	struct whos_entry *entry;

	HASH_FIND(hh, whos->table, &id, sizeof(id), entry);
	return entry;
}

int whos__learn(struct whos *whos, const struct mt_who_is *is)
{
	struct whos_entry *entry = find(whos, is->ref.id);

	if (!entry && HASH_COUNT(whos->table) >= MAX_WHOS_KNOWN)
		return 0;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->id = is->ref.id;
		HASH_ADD(hh, whos->table, id, sizeof(entry->id), entry);
		if (!entry->hh.tbl) {
			free(entry);
			return -ENOMEM;
		}
	}
	entry->age = whos->age;
	entry->who = is->who;
	return 0;
}

const struct mt_who *whos__find(const struct whos *whos, uint64_t id)
{
	const struct whos_entry *entry = find(whos, id);

	return entry ? &entry->who : NULL;
}

void whos__age(struct whos *whos)
{
	struct whos_entry *entry, *next;

	whos->age++;
	for (entry = whos->table; entry; entry = next) {
		next = entry->hh.next;
		if (whos->age - entry->age > MAX_AGE)
			forget(whos, entry);
	}
}
