/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a recording is of, read through once, as a report. */
#ifndef MEMTRACE_VIEWS_RECORDING_INFO_H
#define MEMTRACE_VIEWS_RECORDING_INFO_H

#include <stdbool.h>

#include "../report/report.h"

struct contents;

/* Reads all of it; an exit code, after one line on stderr if it cannot be read at all. */
int contents__read(struct contents **contents, const char *path);
/* The report borrows from contents. */
void contents__add(struct contents *contents, struct report *report);
const int64_t *contents__wall_offset_ns(const struct contents *contents);
/* It could not be read to its end, which was said. */
bool contents__damaged(const struct contents *contents);
void contents__free(struct contents *contents); /* NULL is fine */

#endif
