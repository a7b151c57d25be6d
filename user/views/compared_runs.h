/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a report of two runs begins with: which they are. */
#ifndef MEMTRACE_VIEWS_COMPARED_RUNS_H
#define MEMTRACE_VIEWS_COMPARED_RUNS_H

#include "../count/compared_runs.h"
#include "../report/report.h"
#include "losses.h"

/* Storage of what a report borrows; all zero at first. */
struct compared_runs_view {
	const char *recordings[NR_COMPARED]; /* the caller's */
	struct cell cells[NR_COMPARED][4];
};

void compared_runs_view__add(struct compared_runs_view *view, const struct compared_runs *runs, struct report *report);

#endif
