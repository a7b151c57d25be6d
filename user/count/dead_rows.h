/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Rows of processes that are gone, kept out of memory. */
#ifndef MEMTRACE_COUNT_DEAD_ROWS_H
#define MEMTRACE_COUNT_DEAD_ROWS_H

#include <stdint.h>

#include "aggregate.h"
#include "../base/tmpstore.h"

struct spill {
	struct scratch bytes;
};

struct spill_cursor {
	uint64_t at;   /* of the row that was read last */
	uint64_t next; /* where to go on; 0 to start */
};

void spill__init(struct spill *spill);
void spill__free(struct spill *spill);

/* Appends a row with its counts; *at names it from then on.  0 or -ENOMEM. */
int spill__append(struct spill *spill, const struct entity *entity, uint64_t *at);
/* The row at that place, its counts in v[MT_NR_SLOTS]; 0 or -errno. */
int spill__at(struct spill *spill, uint64_t at, struct entity *entity, uint64_t *v);
/* The next row that is not superseded; 1, 0 at the end, or -errno. */
int spill__next(struct spill *spill, struct spill_cursor *cursor, struct entity *entity, uint64_t *v);
/* The row's counts are in another row from now on; 0 or -errno. */
int spill__supersede(struct spill *spill, uint64_t at);
/* Forgets all rows. */
void spill__reset(struct spill *spill);

#endif
