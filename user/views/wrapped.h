/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Lines of text "label     part, part, part", broken between parts where they would be longer than the
 * terminal is wide, or than 100 columns.
 */
#ifndef MEMTRACE_VIEWS_WRAPPED_H
#define MEMTRACE_VIEWS_WRAPPED_H

#include "../report/report.h"

#define WRAPPED_LABEL 10 /* columns */
#define WRAPPED_WIDTH 100
#define WRAPPED_LEAST 40 /* narrower ones break lines themselves */

struct wrapped {
	struct report *report;
	const char *label; /* of the first line that is not printed yet; "" of the others */
	size_t len;
	char line[8192];
};

/* label must outlive wrapped. */
void wrapped__begin(struct wrapped *wrapped, struct report *report, const char *label);
/* One part, behind the separator if it does not begin a line; what is longer than a few thousand bytes is cut. */
void wrapped__add(struct wrapped *wrapped, const char *separator, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Prints what is left. */
void wrapped__end(struct wrapped *wrapped);

#endif
