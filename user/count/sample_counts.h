/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Samples over a run and its intervals: the newest, least and greatest values, and how far counters grew. */
#ifndef MEMTRACE_COUNT_SAMPLE_COUNTS_H
#define MEMTRACE_COUNT_SAMPLE_COUNTS_H

#include "../model/samples.h"
#include "aggregate.h"

/* Here and below, MT_UNKNOWN_U64 is a value that is not known. */
struct sample_span {
	uint64_t begin[NR_SAMPLES], end[NR_SAMPLES], min[NR_SAMPLES], max[NR_SAMPLES];
};

/* All zero at first. */
struct sample_counts {
	bool any; /* there was a record: an older recording has none */
	struct sample_span spans[NR_SCOPES];
};

/* The first record is where the run begins. */
void sample_counts__take(struct sample_counts *counts, const struct sample_record *record);
/* As aggregate__next_interval(); the next one begins with the newest values. */
void sample_counts__next_interval(struct sample_counts *counts);
/* The growth of a counter; unknown if its value at the start or at the end is. */
uint64_t sample_counts__growth(const struct sample_counts *counts, enum sample_id id, enum scope scope);

#endif
