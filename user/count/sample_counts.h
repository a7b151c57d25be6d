/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Samples over a run and its intervals: the newest, least and greatest values, and how far counters grew. */
#ifndef MEMTRACE_COUNT_SAMPLE_COUNTS_H
#define MEMTRACE_COUNT_SAMPLE_COUNTS_H

#include "aggregate.h"
#include "sample_extent.h"

/* All zero at first. */
struct sample_counts {
	bool any; /* there was a record: an older recording has none */
	struct sample_extent extents[NR_SCOPES][NR_SAMPLES];
};

/* The first record is where the run begins. */
void sample_counts__take(struct sample_counts *counts, const struct sample_record *record);
/* The run begins with the newest values. */
void sample_counts__restart(struct sample_counts *counts);
/* As aggregate__next_interval(); the next one begins with the newest values. */
void sample_counts__next_interval(struct sample_counts *counts);

#endif
