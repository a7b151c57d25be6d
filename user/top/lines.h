/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A page of text: lines, each with what it looks like. */
#ifndef MEMTRACE_TOP_LINES_H
#define MEMTRACE_TOP_LINES_H

#include "../screen/screen.h"

#define TOP_MAX_LINES 1000

/* All zero at first. */
struct top_lines {
	struct top_line {
		char *text; /* any bytes */
		enum screen_style style;
	} list[TOP_MAX_LINES];
	size_t nr; /* more than that are left out, as those are for which there is no memory */
};

void top_lines__add(struct top_lines *lines, enum screen_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Text of several lines, each behind a prefix. */
void top_lines__add_text(struct top_lines *lines, enum screen_style style, const char *prefix, const char *text);
void top_lines__clear(struct top_lines *lines);

#endif
