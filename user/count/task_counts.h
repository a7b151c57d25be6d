/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The counts of each life of a task, as of its last record. */
#ifndef MEMTRACE_COUNT_TASK_COUNTS_H
#define MEMTRACE_COUNT_TASK_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/hash.h"
#include "packed.h"

struct row;
struct member;

struct life {
	UT_hash_handle hh;
	uint64_t id;
	struct row *row;       /* the row that it belongs to; NULL by parent */
	struct member *member; /* else, where processes are counted: its process */
	struct packed last;
};

struct task_counts {
	struct life *table;
	uint64_t *finished;
};

int task_counts__init(struct task_counts *counts); /* 0 or -ENOMEM */
void task_counts__free(struct task_counts *counts);

struct life *task_counts__find(const struct task_counts *counts, uint64_t id); /* NULL: not known */
struct life *task_counts__add(struct task_counts *counts, uint64_t id);	       /* NULL: no memory */
void task_counts__remove(struct task_counts *counts, struct life *life);

/*
 * The life had its final record: a later one of it is late or repeated, and
 * not the first of a new life.
 */
void task_counts__finish(struct task_counts *counts, uint64_t id);
bool task_counts__is_finished(const struct task_counts *counts, uint64_t id);

#endif
