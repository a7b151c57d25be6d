// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "task_refs.h"

#define MAX_AGE 4 /* ticks */
/* More tasks than ever have events at a time; a recording may announce more, and these stay unknown. */
#define MAX_TASK_REFS (1U << 20)

struct task_ref {
	UT_hash_handle hh;
	uint64_t id;
	unsigned int age; /* task_refs->age when it was last announced */
	struct mt_who who;
};

static void forget(struct task_refs *task_refs, struct task_ref *entry)
{
	HASH_DEL(task_refs->table, entry);
	free(entry);
}

void task_refs__free(struct task_refs *task_refs)
{
	struct task_ref *entry, *next;

	for (entry = task_refs->table; entry; entry = next) {
		next = entry->hh.next;
		forget(task_refs, entry);
	}
}

static struct task_ref *find(const struct task_refs *task_refs, uint64_t id)
{
	struct task_ref *entry;

	HASH_FIND(hh, task_refs->table, &id, sizeof(id), entry);
	return entry;
}

int task_refs__learn(struct task_refs *task_refs, const struct mt_who_is *is)
{
	struct task_ref *entry = find(task_refs, is->ref.id);

	if (!entry && HASH_COUNT(task_refs->table) >= MAX_TASK_REFS)
		return 0;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->id = is->ref.id;
		HASH_ADD(hh, task_refs->table, id, sizeof(entry->id), entry);
		if (!entry->hh.tbl) {
			free(entry);
			return -ENOMEM;
		}
	}
	entry->age = task_refs->age;
	entry->who = is->who;
	return 0;
}

const struct mt_who *task_refs__find(const struct task_refs *task_refs, uint64_t id)
{
	const struct task_ref *entry = find(task_refs, id);

	return entry ? &entry->who : NULL;
}

void task_refs__age(struct task_refs *task_refs)
{
	struct task_ref *entry, *next;

	task_refs->age++;
	for (entry = task_refs->table; entry; entry = next) {
		next = entry->hh.next;
		if (task_refs->age - entry->age > MAX_AGE)
			forget(task_refs, entry);
	}
}
