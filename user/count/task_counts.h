/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What each life of a task had counted when its last record came. */
#ifndef MEMTRACE_COUNT_TASK_COUNTS_H
#define MEMTRACE_COUNT_TASK_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/hash.h"
#include "packed.h"

struct row;

struct life {
	UT_hash_handle hh;
	uint64_t id;
	struct row *row; /* by process and by thread: whose lives it is one of */
	struct packed last;
};

struct lives {
	struct life *table;
	uint64_t *finished;
};

int lives__init(struct lives *lives); /* 0 or -ENOMEM */
void lives__free(struct lives *lives);

struct life *lives__find(const struct lives *lives, uint64_t id); /* NULL: not known */
struct life *lives__add(struct lives *lives, uint64_t id);	  /* NULL: no memory */
void lives__remove(struct lives *lives, struct life *life);

/*
 * The life had its final record: a later one of it is late or repeated, and
 * not the first of a new life.
 */
void lives__finish(struct lives *lives, uint64_t id);
bool lives__is_finished(const struct lives *lives, uint64_t id);

#endif
