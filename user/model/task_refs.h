/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The tasks that references in records of single events stand for. */
#ifndef MEMTRACE_MODEL_TASK_REFS_H
#define MEMTRACE_MODEL_TASK_REFS_H

#include <stdint.h>

#include "../base/hash.h"
#include "schema.h"

struct task_refs {
	struct task_ref *table;
	unsigned int age;
};

void task_refs__free(struct task_refs *task_refs); /* zeroed is fine */

/* Takes an announcement; 0 or -ENOMEM. */
int task_refs__learn(struct task_refs *task_refs, const struct mt_who_is *is);
/* NULL: not known.  Valid until the next call of task_refs__learn() or task_refs__age(). */
const struct mt_who *task_refs__find(const struct task_refs *task_refs, uint64_t id);
/*
 * A tick has passed, and all records from before it were delivered.  Tasks are announced again in each tick in which
 * they have events; a task that was not announced for some ticks is forgotten.
 */
void task_refs__age(struct task_refs *task_refs);

#endif
