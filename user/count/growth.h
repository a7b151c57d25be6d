/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which processes grow: from the records of the probe "memory". */
#ifndef MEMTRACE_COUNT_GROWTH_H
#define MEMTRACE_COUNT_GROWTH_H

#include "../model/schema.h"
#include "../base/hash.h"
#include "growth_series.h"

/* Of processes that have ended so many are kept: those that held most. */
#define GROWTH_ENDED_MAX 1024

/* All zero at first, which is also what is not seen: it has no bytes that a key could differ in. */
struct grown_key {
	uint64_t pid, start_ns;
};

/* A process, from the begin of the run on or, where it began later, from its own; it had nothing then. */
struct grown {
	struct grown_key key;
	struct mt_memory first, last;
	struct growth_series held; /* resident and swapped bytes */
	uint64_t most;		   /* that it held */
	UT_hash_handle hh;
};

struct growth_table {
	struct grown *processes;    /* owned */
	uint64_t begun_ns, step_ns; /* of the run, CLOCK_BOOTTIME; how often memory is read: set by the owner */
	struct grown *ended[GROWTH_ENDED_MAX]; /* private: those of the processes that have ended */
	size_t nr_ended, left_out;	       /* of those that have ended: how many are kept, and how many are not */
};

/* A record of that probe; 0 or -ENOMEM. */
int growth_table__take(struct growth_table *table, const struct mt_memory *record);
/* The run begins: what came before is where processes begin from. */
void growth_table__begin(struct growth_table *table, uint64_t now_ns);
/* The run, or a part of it, ends: processes that live still hold what they held last.  0 or -ENOMEM. */
int growth_table__end(struct growth_table *table, uint64_t now_ns);
/* How a process grew until then: one that did not change all the time has no points for it. */
struct growth growth_table__judge(const struct growth_table *table, const struct grown *grown, uint64_t now_ns);
/* Those that grew most first: *list is the caller's to free(), what it points to is not.  0 or -ENOMEM. */
int growth_table__rank(const struct growth_table *table, struct grown ***list, size_t *nr);
void growth_table__done(struct growth_table *table);

/* The process, or NULL. */
struct grown *growth_table__find(const struct growth_table *table, const struct mt_who *who);
/* Resident and swapped bytes of a record. */
uint64_t growth__held(const struct mt_memory *record);

#endif
