/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run's counts as metrics: bounded in label sets, and no counter ever goes down. */
#ifndef MEMTRACE_METRICS_METRICS_H
#define MEMTRACE_METRICS_METRICS_H

#include "../count/run_view.h"

struct metrics;

/* A metric that belongs to no probe's row: memtrace's own. */
struct metric_row {
	const char *name, *help;
	enum metric_type type;
	const char *label; /* or NULL */
};

enum self_metric {
	SELF_BUILD_INFO,
	SELF_LAST_UPDATE,
	SELF_CPU,
	SELF_PROBE_ATTACHED,
	SELF_LOST_RECORDS,
	SELF_LOST_EVENTS,
	SELF_BPF_RUN_TIME,
	SELF_BPF_RUNS,
	SELF_CGROUPS_LEFT_OUT,
	SELF_EXPORT_ERRORS,
	SELF_CGROUP_INFO,
	SELF_SERIES,
	SELF_SERIES_ENDED,
	NR_SELF_METRICS
};

extern const struct metric_row self_metrics[NR_SELF_METRICS];

#define METRICS_MAX_GROUPS 2

struct metrics_config {
	/*
	 * BY_COMM, BY_CGROUP, BY_ROLE: that of the view's aggregate, and, if there is a second one, its config.also.
	 * Metrics by the first have the schema's names; those by the second have it in their names
	 * (memtrace_cgroup_..._total), so that no sum over a metric counts twice.
	 */
	enum group_by by[METRICS_MAX_GROUPS];
	size_t nr_by;
	size_t max_series; /* label sets of each metric at most */
	/* A name without living task or cgroup ends when it has counted nothing for so long; UINT64_MAX: never. */
	uint64_t idle_ns;
};

/* NULL if memory ran out. */
struct metrics *metrics__new(const struct run_view *view, const struct metrics_config *config);
void metrics__free(struct metrics *metrics);

/* An event came: counted where a metric counts such events. */
int metrics__event(struct metrics *metrics, const struct event_row *row, const void *record);

/* The last report could not be written; counted, to be seen when there is one again. */
void metrics__not_written(struct metrics *metrics);

/*
 * Adds all metrics as of now to a report; what it borrows, costs among it, lives until the next call.  Without costs
 * there are no metrics of them, because 0 would be wrong.  0 or -errno.
 */
int metrics__add(struct metrics *metrics, struct report *report, const struct program_cost *costs, size_t nr_costs);

#endif
