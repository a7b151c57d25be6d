/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the parts of the text output. */
#ifndef MEMTRACE_OUTPUTS_TEXT_H
#define MEMTRACE_OUTPUTS_TEXT_H

#include "../report/cell_text.h"
#include "../report/output.h"

/* One rendering; zeroed but for out, stream and cells.wall_offset_ns. */
struct text {
	struct output *out;
	FILE *stream;
	struct cell_text cells; /* cells.error: the first error; what is written after it does not matter */
};

#define TEXT_BOLD  "\033[1m"
#define TEXT_DIM   "\033[2m"
#define TEXT_RESET "\033[0m"

/* The escape sequence if colours are wanted, or "". */
const char *text__style(const struct text *text, const char *sequence);

/* Prints a line, {path} or {title} replaced by the cell there. */
void text__line(struct text *text, const char *format, const struct column *columns, const struct cell *cells,
		size_t nr);

/* Each renders a section; errors are left in text->cells.error. */
void text__table(struct text *text, const struct table *table);
void text__histogram(struct text *text, const struct histogram *hist);

#endif
