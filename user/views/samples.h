/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A section with the samples of a run or an interval, for programs (JSON). */
#ifndef MEMTRACE_VIEWS_SAMPLES_H
#define MEMTRACE_VIEWS_SAMPLES_H

#include "../count/run_view.h"
#include "../report/report.h"

/* Storage of what the report borrows. */
struct samples {
	/* Of a gauge the newest, the least and the most; of a counter its growth. */
	struct column columns[3 * NR_SAMPLES];
	struct cell cells[3 * NR_SAMPLES];
	size_t nr;
};

/* Adds nothing where a recording has none. */
void samples__add(struct samples *samples, const struct run_view *view, struct report *report, enum scope scope);

#endif
