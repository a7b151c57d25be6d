/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The processes behind rows that stand for several: who started each, and in which rows it was counted.  A process is
 * known from its first record until some time after its last one.
 */
#ifndef MEMTRACE_COUNT_MEMBERS_H
#define MEMTRACE_COUNT_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "aggregate.h"
#include "../base/hash.h"

/* Of the rows that a process came to last, so many are remembered: only a process that comes back to a row after so
 * many others is counted there twice. */
#define MEMBER_ROWS 8

struct member_key {
	uint32_t pid;
	uint32_t pad;
	uint64_t start_ns;
};

struct member {
	UT_hash_handle hh;
	struct member_key key;
	struct mt_who who;    /* of its newest record */
	struct mt_who parent; /* who started it, or took that one's place; all 0: not known */
	uint64_t newest_ns;
	uint32_t lives;	  /* entries of struct life that point here: none may outlive it */
	bool leader_gone; /* the leader had its final record */
	uint32_t nr_rows; /* remembered ones */
	struct member_row {
		uint64_t id;	   /* of struct row */
		uint64_t interval; /* the last one in which it was counted there */
	} rows[MEMBER_ROWS];
};

struct members {
	struct member *table;
};

void members__free(struct members *members);
struct member *members__find(const struct members *members, const struct mt_who *who); /* NULL: not known */
/*
 * Finds or adds the record's process, and takes the record's names.  Its parent is the one of the first record: later
 * the kernel may have given it to init.  NULL: no memory.
 */
struct member *members__get(struct members *members, const struct mt_task *task);
/* Forgets those that have ended and of which no record came for that long. */
void members__retire(struct members *members, uint64_t now_ns, uint64_t linger_ns);

/* No thread of it is left. */
bool member__ended(const struct member *member);
/*
 * The process itself or, if it has ended, the one that started it, and so on: the nearest that has not ended, but none
 * that memtrace's command descends from.
 */
const struct mt_who *members__ancestor(const struct members *members, const struct mt_who *who);

enum member_news {
	MEMBER_NO_NEWS,
	MEMBER_NEW_IN_INTERVAL, /* the row had it before this interval */
	MEMBER_NEW_IN_ROW,
};

/* The process has counted something in the row with that id, in that interval: is that the first time? */
enum member_news member__count(struct member *member, uint64_t row_id, uint64_t interval);

#endif
