/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which interval had much more of something than the others: a mean over the run hides it.  What is looked at are the
 * columns of the table of tasks that are rates or shares of the time.
 */
#ifndef MEMTRACE_VIEWS_BURSTS_H
#define MEMTRACE_VIEWS_BURSTS_H

#include "../count/run_view.h"
#include "../model/probe.h"
#include "../report/report.h"

#define BURSTS_MAX 16
/* A burst has so many times as much as the run's mean; a run of fewer intervals has none. */
#define BURST_TIMES	3
#define BURST_INTERVALS 3

struct bursts {
	const struct run_view *view;
	size_t intervals; /* so far */
	struct burst {
		const struct probe_column *column;
		double peak;	  /* a second, in the column's unit: of the interval that had the most */
		uint64_t from_ns; /* when that began */
		/* What reports borrow: */
		struct column columns[3];
		struct cell cells[4];
		char heading[48];
	} of[BURSTS_MAX];
	size_t nr;
	struct cell cells[BURSTS_MAX * 4];
	struct cell_rows rows;
};

/* view must outlive it. */
void bursts__init(struct bursts *bursts, const struct run_view *view);
/* An interval is over. */
void bursts__note(struct bursts *bursts);
/* What burst in the interval that was noted last, against the run before it; in text alone. */
void bursts__mark(struct bursts *bursts, struct report *report);
/* The bursts of the whole run; the report borrows from *bursts. */
void bursts__add(struct bursts *bursts, struct report *report);

#endif
