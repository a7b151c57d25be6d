/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is in a recording: its run, how many of each event, samples, losses. */
#ifndef MEMTRACE_VIEWS_RECORDING_INFO_H
#define MEMTRACE_VIEWS_RECORDING_INFO_H

#include "../count/recording_summary.h"
#include "../report/report.h"

struct recording_info;

/* NULL: no memory.  Borrows the summary. */
struct recording_info *recording_info__new(const struct recording_summary *summary);
/* The report borrows from info. */
int recording_info__add(struct recording_info *info, struct report *report);
void recording_info__free(struct recording_info *info); /* NULL is fine */

#endif
