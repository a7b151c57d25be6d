/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Rows of processes that are gone, kept out of memory. */
#ifndef MEMTRACE_COUNT_DEAD_ROWS_H
#define MEMTRACE_COUNT_DEAD_ROWS_H

#include <stdint.h>

#include "aggregate.h"
#include "../base/tmpstore.h"

struct dead_rows {
	struct tmpstore bytes;
};

struct dead_rows_cursor {
	uint64_t at;   /* of the row that was read last */
	uint64_t next; /* where to go on; 0 to start */
};

void dead_rows__init(struct dead_rows *dead);
void dead_rows__free(struct dead_rows *dead);

/* Appends a row with its counts; *at names it from then on.  0 or -ENOMEM. */
int dead_rows__append(struct dead_rows *dead, const struct entity *entity, uint64_t *at);
/* The row at that place, its counts in v[MT_NR_SLOTS]; 0 or -errno. */
int dead_rows__at(struct dead_rows *dead, uint64_t at, struct entity *entity, uint64_t *v);
/* The next row that is not superseded; 1, 0 at the end, or -errno. */
int dead_rows__next(struct dead_rows *dead, struct dead_rows_cursor *cursor, struct entity *entity, uint64_t *v);
/* The row's counts are in another row from now on; 0 or -errno. */
int dead_rows__supersede(struct dead_rows *dead, uint64_t at);
/* Forgets all rows. */
void dead_rows__reset(struct dead_rows *dead);

#endif
