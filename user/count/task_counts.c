// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Finished lives are remembered in an array, at the place that the low bits of
 * their id name: those are a tid's, and tids are handed out one after the
 * other.  A finished life is forgotten when another of the same place
 * finishes, some 32,768 tasks later; records are late by a drain of the rings at most.  Were one
 * later than that, its counts would be taken for those of a new life.
 */
#include <errno.h>
#include <stdlib.h>

#include "task_counts.h"

#define FINISHED 32768u

int lives__init(struct lives *lives)
{
	/* 256 KiB, of which the kernel gives only the pages that are used */
	*lives = (struct lives){ .finished = calloc(FINISHED, sizeof(*lives->finished)) };
	return lives->finished ? 0 : -ENOMEM;
}

void lives__free(struct lives *lives)
{
	struct life *life, *next;

	for (life = lives->table; life; life = next) {
		next = life->hh.next;
		lives__remove(lives, life);
	}
	free(lives->finished);
}

struct life *lives__find(const struct lives *lives, uint64_t id)
{
	struct life *life;

	HASH_FIND(hh, lives->table, &id, sizeof(id), life);
	return life;
}

struct life *lives__add(struct lives *lives, uint64_t id)
{
	struct life *life;

	life = calloc(1, sizeof(*life));
	if (!life)
		return NULL;
	life->id = id;
	HASH_ADD(hh, lives->table, id, sizeof(life->id), life);
	if (!life->hh.tbl) {
		free(life);
		return NULL;
	}
	return life;
}

void lives__remove(struct lives *lives, struct life *life)
{
	HASH_DEL(lives->table, life);
	packed__clear(&life->last);
	free(life);
}

void lives__finish(struct lives *lives, uint64_t id)
{
	lives->finished[id % FINISHED] = id;
}

bool lives__is_finished(const struct lives *lives, uint64_t id)
{
	return lives->finished[id % FINISHED] == id;
}
