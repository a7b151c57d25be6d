/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the two halves of metrics, which count and report families. */
#ifndef MEMTRACE_METRICS_METRICS_IMPL_H
#define MEMTRACE_METRICS_METRICS_IMPL_H

#include "../base/hash.h"
#include "../count/series.h"
#include "../base/arena.h"
#include "metrics.h"

#define HIST_WIDTH (MT_HIST_SLOTS + 2) /* counts, sum, count */

/* The sum over the sources of one name in this interval, or, for events, since the start. */
struct sum {
	UT_hash_handle hh;
	char *name;
	uint64_t values[];
};

/* One metric with a label for the group: its series, and the fixed label values that each series has. */
struct family {
	const char *name, *help;
	const char *label;		 /* the fixed label's name, or NULL */
	const char *values[MT_NR_SLOTS]; /* its values, one a counter; NULL without */
	size_t width;			 /* counters a series */
	enum unit unit;
	const struct hist_row *hist;   /* a histogram: NULL for counters */
	const struct count_row *count; /* counts events: NULL else */
	const struct keyed_row *keyed; /* counts by a key: NULL else */
	const struct keyed_column *counter, *group,
		*code;	    /* of it: what is counted, whose names series have, the label */
	size_t nr_labels;   /* values of a histogram's own label; behind them comes "other" */
	struct sum *events; /* of a family that counts events */
	struct series_set *series;
	bool grouped;
};

/* A cgroup's name as it was first seen: it must not change under a series. */
struct cgroup_name {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
};

struct metrics {
	const struct run_view *view;
	enum group_by by;
	struct family *families; /* room for one a row of the schema; owned */
	size_t nr_families;
	size_t max_series;
	struct cgroup_name *cgroup_names;
	struct arena arena; /* what the last report borrows */
};

/* Brings all series up to date; 0 or -errno. */
int metrics__count(struct metrics *m);
/* The help of a counter's metric: that of all counters that share its name, or else its own. */
const char *metrics__slot_help(const struct slot_row *row);

#endif
