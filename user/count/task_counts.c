// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Finished lives are remembered in an array, indexed by the low bits of their id: these are the tid's, and tids are
 * assigned one after the other.  A finished life is forgotten when another one with the same index finishes, some
 * 32,768 tasks later.  Records are late by at most one drain of the rings.  A later one would count as a new life.
 */
#include <errno.h>
#include <stdlib.h>

#include "task_counts.h"

#define FINISHED 32768u

int task_counts__init(struct task_counts *counts)
{
	/* 256 KiB, of which the kernel gives only the pages that are used */
	*counts = (struct task_counts){ .finished = calloc(FINISHED, sizeof(*counts->finished)) };
	return counts->finished ? 0 : -ENOMEM;
}

void task_counts__free(struct task_counts *counts)
{
	struct life *life, *next;

	for (life = counts->table; life; life = next) {
		next = life->hh.next;
		task_counts__remove(counts, life);
	}
	free(counts->finished);
}

struct life *task_counts__find(const struct task_counts *counts, uint64_t id)
{
	struct life *life;

	HASH_FIND(hh, counts->table, &id, sizeof(id), life);
	return life;
}

struct life *task_counts__add(struct task_counts *counts, uint64_t id)
{
	struct life *life;

	life = calloc(1, sizeof(*life));
	if (!life)
		return NULL;
	life->id = id;
	HASH_ADD(hh, counts->table, id, sizeof(life->id), life);
	if (!life->hh.tbl) {
		free(life);
		return NULL;
	}
	return life;
}

void task_counts__remove(struct task_counts *counts, struct life *life)
{
	HASH_DEL(counts->table, life);
	packed__clear(&life->last);
	free(life);
}

void task_counts__finish(struct task_counts *counts, uint64_t id)
{
	counts->finished[id % FINISHED] = id;
}

bool task_counts__is_finished(const struct task_counts *counts, uint64_t id)
{
	return counts->finished[id % FINISHED] == id;
}
