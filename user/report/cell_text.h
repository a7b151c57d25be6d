/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Cells as people read them, for all outputs and views that print some. */
#ifndef MEMTRACE_REPORT_CELL_TEXT_H
#define MEMTRACE_REPORT_CELL_TEXT_H

#include "report.h"

/* All zero at first.  buf is the caller's to free(). */
struct cell_text {
	const int64_t *wall_offset_ns; /* as in struct output */
	char *buf;		       /* of the cell that was formatted last */
	size_t size;
	int error; /* -ENOMEM: some cells came out empty */
};

/* A string made harmless, valid until the next call of this or of the next two. */
const char *cell_text__safe(struct cell_text *text, const char *string);

/* A cell in its column's unit, for a table. */
const char *cell_text__format(struct cell_text *text, const struct column *column, const struct cell *cell);

/* The same inside a sentence, where no header names a unit that the number itself does not show. */
const char *cell_text__word(struct cell_text *text, const struct column *column, const struct cell *cell);

/* Whether a cell is 0 or unknown. */
bool cell__is_zero(const struct cell *cell);

#endif
