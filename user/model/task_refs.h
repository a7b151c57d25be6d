/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whom the references in records of single events stand for. */
#ifndef MEMTRACE_MODEL_TASK_REFS_H
#define MEMTRACE_MODEL_TASK_REFS_H

#include <stdint.h>

#include "../base/hash.h"
#include "schema.h"

struct whos {
	struct whos_entry *table;
	unsigned int age;
};

void whos__free(struct whos *whos); /* zeroed is fine */

/* Takes an announcement; 0 or -ENOMEM. */
int whos__learn(struct whos *whos, const struct mt_who_is *is);
/* NULL: not known.  Valid until the next call of whos__learn() or whos__age(). */
const struct mt_who *whos__find(const struct whos *whos, uint64_t id);
/*
 * A tick has passed, and all records from before it were delivered.  Tasks are
 * announced anew in each tick in which they have events: who was not for some is forgotten.
 */
void whos__age(struct whos *whos);

#endif
