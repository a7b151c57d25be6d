/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Two runs, or two parts of one: when they were, and how long. */
#ifndef MEMTRACE_COUNT_COMPARED_RUNS_H
#define MEMTRACE_COUNT_COMPARED_RUNS_H

#include "run_view.h"

enum compared_side_id { COMPARED_BEFORE, COMPARED_NOW, NR_COMPARED };

/* All zero at first. */
struct compared_runs {
	struct compared_when {
		uint64_t start_ns; /* since the Unix epoch */
		uint64_t duration_ns;
		struct losses losses;
	} run[NR_COMPARED];
};

/* Of a run that is over; its session may then end. */
void compared_runs__take(struct compared_runs *runs, enum compared_side_id side, const struct run_view *view);
/* By how much counts before are multiplied, so that both runs are as long: 1 if they are within a hundredth. */
double compared_runs__scale(const struct compared_runs *runs);

#endif
