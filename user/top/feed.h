/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Moments of a run, whose aggregate is by thread. */
#ifndef MEMTRACE_TOP_FEED_H
#define MEMTRACE_TOP_FEED_H

#include "../count/run_view.h"
#include "moment.h"

struct top_feed_process;

/* All zero at first. */
struct top_feed {
	struct top_feed_process *processes; /* owned, by pid */
	uint64_t own_cpu_ns, own_time_ns;   /* at the last moment */
	bool begun;
};

/* What a process has now.  0 or -ENOMEM. */
int top_feed__memory(struct top_feed *feed, const struct mt_memory *record);
/* The last interval, into a moment that is all zero or was filled before.  0 or -errno; then it is empty. */
int top_feed__moment(struct top_feed *feed, const struct run_view *view, struct top_moment *moment);
void top_feed__free(struct top_feed *feed);

#endif
