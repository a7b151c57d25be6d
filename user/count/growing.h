/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Things that take memory of the kernel, by their names, and how they grow from one reading to the next. */
#ifndef MEMTRACE_COUNT_GROWING_H
#define MEMTRACE_COUNT_GROWING_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/hash.h"
#include "../model/kernel_item.h"
#include "growth_series.h"

struct growing {
	struct kernel_item first, last; /* at the begin, at the last reading; one that came later began with nothing */
	struct growth_series bytes;
	UT_hash_handle hh;
};

/* Zero at first, but for max. */
struct growing_table {
	struct growing *list; /* owned, by name */
	size_t max;	      /* how many there may be: the owner's to set */
	uint64_t left_out;    /* bytes of those that found no room, at the last reading */
	bool begun;	      /* there was a reading */
};

/* A reading begins: what it does not have has gone. */
void growing__begin(struct growing_table *table);
/* One item of it; those of one name are added up.  ctx: a struct growing_table.  0 or -ENOMEM. */
int growing__take(void *ctx, const struct kernel_item *item);
/* It has ended, at that moment.  0 or -ENOMEM. */
int growing__end(struct growing_table *table, uint64_t now_ns, uint64_t step_ns);
/* Those that grew most first: *list is the caller's to free(), what it points to is not.  0 or -ENOMEM. */
int growing__rank(const struct growing_table *table, struct growing ***list, size_t *nr);
void growing__done(struct growing_table *table);

#endif
