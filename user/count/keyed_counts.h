/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What keyed counters counted in a run and in its intervals.  Records have absolute values by life of an element; the
 * differences are credited to what is shown of its key, so that a repeated or late record doubles nothing.
 */
#ifndef MEMTRACE_COUNT_KEYED_COUNTS_H
#define MEMTRACE_COUNT_KEYED_COUNTS_H

#include "../model/keyed.h"
#include "aggregate.h"

struct keyed_counts;

/* intervals: as in the aggregate's config; max_groups: keys that are told apart, for each row.  NULL if memory ran out.
 */
struct keyed_counts *keyed_counts__new(bool intervals, size_t max_groups);
void keyed_counts__free(struct keyed_counts *counts); /* NULL is fine */

/*
 * Takes one record, already checked for its size.  *added: the record with the differences as its counters, valid until
 * the next call, or NULL: nothing is new.  0; -ENOMEM or -E2BIG: it is not counted, which the element's next one makes
 * up for.
 */
int keyed_counts__take(struct keyed_counts *counts, const struct keyed_row *row, const void *record,
		       const void **added);
/* The run begins here: what was counted so far is where later counts start. */
void keyed_counts__restart(struct keyed_counts *counts);
/*
 * As those of the aggregate, for keys with a cgroup in them: records of SCOPE_TOTAL have MT_KEYED_ENDED.
 */
void keyed_counts__mark_ended(struct keyed_counts *counts, const struct ending *ending);
void keyed_counts__drop_ended(struct keyed_counts *counts);
/* As aggregate__next_interval(). */
void keyed_counts__next_interval(struct keyed_counts *counts);

/* Whether the row was counted at all: an older recording does not have it. */
bool keyed_counts__knows(const struct keyed_counts *counts, const struct keyed_row *row);

/*
 * The counts of the scope as records of the row, of which key and counters mean something, and MT_KEYED_OTHER for what
 * exceeded a bound; those with most time first, or without a time with the highest count.  Memory: *list is the
 * caller's to free(), the records stay until the next call of another function.  0, -ENOMEM or -EINVAL.
 */
int keyed_counts__list(const struct keyed_counts *counts, const struct keyed_row *row, enum scope scope,
		       const void ***list, size_t *nr);

#endif
