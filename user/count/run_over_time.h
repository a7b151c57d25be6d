/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run over its time, in bounded memory: what tasks, the machine and histograms counted in each stretch. */
#ifndef MEMTRACE_COUNT_RUN_OVER_TIME_H
#define MEMTRACE_COUNT_RUN_OVER_TIME_H

#include "run_view.h"
#include "tasks_over_time.h"

/* Of each stretch; MT_UNKNOWN_U64 where nothing is known. */
struct sample_over_time {
	uint64_t value[OVER_TIME_MAX]; /* of a gauge its last value, of a counter how far it grew */
	uint64_t least[OVER_TIME_MAX]; /* of a gauge */
	bool known;		       /* in any of them */
};

/* One histogram, of one value of its label. */
struct hist_over_time {
	const struct hist_row *row;
	int64_t label;
	struct timed_counts counts; /* by bucket */
	struct timed_counts sums;   /* of the values; the key is 0 */
};

struct run_over_time {
	struct stretches stretches;
	struct tasks_over_time tasks;
	struct timed_counts sums; /* by enum mt_slot: of all tasks, also those that no row has */
	struct sample_over_time samples[NR_SAMPLES];
	struct hist_over_time *hists; /* owned */
	size_t nr_hists;
};

struct run_over_time *run_over_time__new(void);	     /* NULL: no memory; the caller sets stretches.begin_ns */
void run_over_time__free(struct run_over_time *run); /* NULL is fine */
/* An interval of the view ended (SCOPE_INTERVAL), whose rows are processes.  0 or -errno. */
int run_over_time__interval(struct run_over_time *run, const struct run_view *view);
/* Nothing follows.  0 or -ENOMEM. */
int run_over_time__finish(struct run_over_time *run);
/* After that: so many values of tasks over time stay as a page has room for.  0 or -ENOMEM. */
int run_over_time__bound(struct run_over_time *run);

#endif
