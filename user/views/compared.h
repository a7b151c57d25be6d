/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Two runs side by side as a report: all of both, then who differs most. */
#ifndef MEMTRACE_VIEWS_COMPARED_H
#define MEMTRACE_VIEWS_COMPARED_H

#include "../count/compared.h"
#include "../report/report.h"
#include "compared_runs.h"

#define COMPARED_SAMPLES 8
#define COMPARED_COLUMNS 24

/* Storage of what a report borrows; all zero at first. */
struct compared_view {
	const struct compared *compared;
	size_t shown; /* rows of text; 0: all */
	struct compared_table {
		struct compared_view *view;
		struct column columns[COMPARED_COLUMNS];
		size_t nr_columns, pos;
		bool text, totals;
		char cells[5][48];
	} tables[4];
	struct compared_runs_view runs;
	char rest[48];
};

void compared_view__add(struct compared_view *view, struct report *report);

#endif
