/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Samples of an interval as a report of its own, for outputs that show them beside events. */
#ifndef MEMTRACE_VIEWS_INTERVAL_SAMPLES_H
#define MEMTRACE_VIEWS_INTERVAL_SAMPLES_H

#include "../report/render.h"
#include "samples.h"
#include "summary.h"

/* Storage of what the report borrows. */
struct interval_samples {
	struct summary summary;
	struct samples samples;
};

/* Renders those of the last complete interval, if the output has them; 0 or -errno. */
int interval_samples__render(struct interval_samples *storage, const struct run_view *view, struct render *render);

#endif
