/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What stands out in days of history: OOM kills, and the minutes in which most was waited for memory. */
#ifndef MEMTRACE_COUNT_HISTORY_SUMMARY_H
#define MEMTRACE_COUNT_HISTORY_SUMMARY_H

#include "../model/recorded_clock.h"
#include "../model/recorded_gap.h"
#include "../model/samples.h"

#define HISTORY_MINUTES	  5
#define HISTORY_MAX_KILLS 1000 /* of more only the number is known */

struct history_kill {
	uint64_t time_ns; /* the clock of the source, as all times here */
	uint32_t pid;
	char comm[MT_COMM_LEN + 1];
	char *cgroup; /* the victim's; owned; NULL: not known */
};

/* A minute of the clock on the wall. */
struct history_minute {
	uint64_t from_ns;
	uint64_t waited_ns; /* the growth of PSI's "some" of memory, between looks at most a minute apart */
};

/* All zero at first, but for what the caller fills in. */
struct history_summary {
	const struct recorded_clock *clocks; /* the caller's, borrowed: those known so far, by time */
	size_t nr_clocks;
	const struct recorded_gap *gaps; /* the same */
	size_t nr_gaps;
	uint64_t nr_kills;
	size_t nr_listed;			      /* of them */
	struct history_kill *kills;		      /* the first HISTORY_MAX_KILLS; owned */
	struct history_minute worst[HISTORY_MINUTES]; /* the worst first; those with waited_ns 0 are none */
	struct history_minute open;		      /* the minute of the last look */
	uint64_t last_ns, last_total_ns;	      /* the last look; 0: none */
};

/* cgroup: the name of an id, or NULL.  0 or -ENOMEM. */
int history_summary__take(struct history_summary *summary, const void *record,
			  const char *(*cgroup)(void *ctx, uint64_t id), void *ctx);
/* How far the wall's clock was ahead at that time. */
int64_t history_summary__wall_offset(const struct history_summary *summary, uint64_t ns);
/* There are no more records. */
void history_summary__end(struct history_summary *summary);
/* What it owns. */
void history_summary__free(struct history_summary *summary);

#endif
