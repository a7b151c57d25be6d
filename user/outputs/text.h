/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the parts of the text output. */
#ifndef MEMTRACE_OUTPUTS_TEXT_H
#define MEMTRACE_OUTPUTS_TEXT_H

#include "../report/output.h"

/* One rendering; zeroed but for out and stream. */
struct text {
	struct output *out;
	FILE *stream;
	char *buf; /* of the cell that was formatted last */
	size_t size;
	int error; /* the first one; what is written after it does not matter */
};

#define TEXT_BOLD  "\033[1m"
#define TEXT_DIM   "\033[2m"
#define TEXT_RESET "\033[0m"

/* The escape sequence if colours are wanted, or "". */
const char *text__style(const struct text *text, const char *sequence);

/* A string made harmless, valid until the next call of this or text__cell(). */
const char *text__safe(struct text *text, const char *string);

/* A cell in its column's unit, for a table. */
const char *text__cell(struct text *text, const struct column *column, const struct cell *cell);

/* The same inside a sentence, where no header names a unit that the number itself does not show. */
const char *text__word(struct text *text, const struct column *column, const struct cell *cell);

/* Whether a cell is 0 or unknown. */
bool text__is_zero(const struct cell *cell);

/* Prints a line, {path} or {title} replaced by the cell there. */
void text__line(struct text *text, const char *format, const struct column *columns, const struct cell *cells,
		size_t nr);

/* Each renders a section; errors are left in text->error. */
void text__table(struct text *text, const struct table *table);
void text__histogram(struct text *text, const struct histogram *hist);

#endif
