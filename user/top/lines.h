/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A page of text: lines, each with what it looks like. */
#ifndef MEMTRACE_TOP_LINES_H
#define MEMTRACE_TOP_LINES_H

#include "../screen/screen.h"

#define TOP_MAX_LINES 1000
#define TOP_NO_WRAP   UINT32_MAX /* a line that is cut where the screen ends */

/* All zero at first. */
struct top_lines {
	struct top_line {
		char *text; /* any bytes */
		enum screen_style style;
		uint32_t hang;
	} list[TOP_MAX_LINES];
	size_t nr;     /* more than that are left out, as those are for which there is no memory */
	uint32_t hang; /* of lines added from now on: where what does not fit goes on, 0: below their own text */
};

void top_lines__add(struct top_lines *lines, enum screen_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Text of several lines, each behind a prefix. */
void top_lines__add_text(struct top_lines *lines, enum screen_style style, const char *prefix, const char *text);
/* The same lines in width columns: broken at spaces, words only that are longer than a line. */
void top_lines__wrap(struct top_lines *to, const struct top_lines *from, size_t width);
void top_lines__clear(struct top_lines *lines);

#endif
