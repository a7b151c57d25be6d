/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A report on what is in a recording, which is read through once. */
#ifndef MEMTRACE_VIEWS_RECORDING_INFO_H
#define MEMTRACE_VIEWS_RECORDING_INFO_H

#include <stdbool.h>

#include "../report/report.h"

struct recording_info;

/* Reads all of it; an exit code, after one line on stderr if it cannot be read at all. */
int recording_info__read(struct recording_info **info, const char *path);
/* The report borrows from info. */
void recording_info__add(struct recording_info *info, struct report *report);
const int64_t *recording_info__wall_offset_ns(const struct recording_info *info);
/* It could not be read to its end; a message said so. */
bool recording_info__damaged(const struct recording_info *info);
void recording_info__free(struct recording_info *info); /* NULL is fine */

#endif
