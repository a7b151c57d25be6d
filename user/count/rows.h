/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rows that are in memory: a process, thread, comm or cgroup each. */
#ifndef MEMTRACE_COUNT_ROWS_H
#define MEMTRACE_COUNT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "aggregate.h"
#include "../base/hash.h"
#include "packed.h"

/* What tells rows apart; which parts it holds depends on enum group_by. */
struct row_key {
	uint64_t a, b;
};

struct row {
	UT_hash_handle hh;
	struct row_key key;
	uint64_t id;
	uint64_t start_ns;
	uint64_t cgroup_id;
	uint64_t newest_ns; /* of the record that gave it its names */
	uint32_t pid, tid;
	uint32_t uid;
	uint32_t who_flags;
	uint32_t lives;	  /* entries of struct life that point here: none may outlive it */
	bool leader_gone; /* by thread: the thread is gone */
	bool other;
	bool counted, ended;	/* counted: since the groups that end were last looked for */
	uint64_t counted_ns;	/* when it had done so the last time */
	char comm[MT_COMM_LEN]; /* without NUL if it is full */
	struct packed counts[NR_SCOPES];
	uint64_t processes[NR_SCOPES];
	uint32_t waiter[NR_SCOPES]; /* waiter.h */
};

struct rows {
	enum group_by by;
	size_t max_groups;
	struct row *table;
	struct row other;
	uint64_t next_id;
};

/* Not by role. */
struct row_key row_key__of(enum group_by by, const struct mt_who *who, uint64_t life);
/* The key of a row that entity describes; by process and by thread only. */
struct row_key row_key__of_entity(enum group_by by, const struct entity *entity);

void rows__init(struct rows *rows, enum group_by by, size_t max_groups);
void rows__free(struct rows *rows);

/* NULL: there is none. */
struct row *rows__find(const struct rows *rows, const struct row_key *key);
/* Finds or adds it; beyond max_groups the group "other".  NULL: no memory. */
struct row *rows__get(struct rows *rows, const struct row_key *key);
void rows__remove(struct rows *rows, struct row *row);
/* All rows one by one, NULL to start and at the end.  The row that is passed in must still exist. */
struct row *rows__next(struct rows *rows, const struct row *after);

/* Takes names as of that time, unless they are older than those it has. */
void row__refresh(struct row *row, enum group_by by, const struct mt_who *who, uint64_t time_ns);
/* Everything but the counts. */
void row__describe(const struct row *row, struct entity *entity);
bool row__exited(const struct row *row);
static inline struct packed *row__counts(struct row *row, enum scope scope)
{
	return &row->counts[scope];
}

#endif
