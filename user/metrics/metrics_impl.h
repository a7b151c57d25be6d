/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the parts of metrics, which make, count and report families. */
#ifndef MEMTRACE_METRICS_METRICS_IMPL_H
#define MEMTRACE_METRICS_METRICS_IMPL_H

#include "../base/hash.h"
#include "../count/series.h"
#include "../base/arena.h"
#include "metrics.h"

/* Where a histogram's counters are: those that are always there first, as a part is as wide as it is used. */
enum { HIST_COUNT, HIST_SUM, HIST_FIRST, HIST_WIDTH = HIST_FIRST + MT_HIST_SLOTS };

/* The events of one cgroup's name since the start. */
struct sum {
	UT_hash_handle hh;
	char *name;
	uint64_t cgroup_id; /* of the last one */
	uint64_t newest_ns; /* the same */
	uint64_t values[];
};

#define METRIC_NAME_MAX 96

/* What the series of some families stand for. */
struct grouping {
	enum group_by by;
	struct aggregate *aggregate; /* whose rows have that group */
};

/* One metric with a label for the group: its series, and the fixed label values that each series has. */
struct family {
	const char *metric, *help;	 /* metric: in the schema */
	char name[METRIC_NAME_MAX];	 /* the same, with the group unless it is the first */
	const struct grouping *grouping; /* of what has no key of its own */
	enum group_by by;		 /* what the series are of */
	const char *label;		 /* the fixed label's name, or NULL */
	const char *values[MT_NR_SLOTS]; /* its values, one a counter; NULL without */
	size_t width;			 /* counters a series; of a histogram, a label value */
	uint16_t slots[MT_NR_SLOTS];	 /* of a family of slots: nr_slots that are known, and the counter of each */
	uint16_t counters[MT_NR_SLOTS];
	size_t nr_slots;
	enum unit unit;
	const struct hist_row *hist;   /* a histogram: NULL for counters */
	const struct count_row *count; /* counts events: NULL else */
	const struct keyed_row *keyed; /* counts by a key: NULL else */
	const struct keyed_column *counter, *group,
		*code;	    /* of it: what is counted, whose names series have, the label */
	size_t nr_labels;   /* values of a histogram's own label; behind them comes "other" */
	struct sum *events; /* of a family that counts events */
	uint64_t newest_ns; /* the last of them; 0: there was none */
	struct series_set *series;
	size_t nr_shown; /* label sets in the last report */
	bool grouped;
};

struct shown_name;

/* A cgroup's name as it was first seen: it must not change under a series. */
struct cgroup_name {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
	uint64_t round; /* in which it was asked for last */
};

struct metrics {
	const struct run_view *view;
	struct grouping groupings[METRICS_MAX_GROUPS];
	size_t nr_groupings;
	struct family *families; /* room for one a row of the schema and group; owned */
	size_t nr_families;
	size_t max_series;
	uint64_t idle_ns; /* after which a name ends that is gone */
	uint64_t round;
	uint64_t not_written; /* reports */
	struct cgroup_name *cgroup_names;
	char role[sizeof(struct role_name) + 2]; /* the last that was named */
	struct arena arena;			 /* what the last report borrows */
	struct shown_name *shown_cgroups;	 /* names of cgroups in the report that is being made */
};

/* Brings all series up to date; 0 or -errno. */
int metrics__count(struct metrics *m);
void sums__drop(struct sum **sums, struct sum *sum);
/* What tells a group from others. */
struct group_id {
	bool other;
	uint64_t cgroup_id, role;
	const char *comm;
};

/*
 * A cgroup's name, and that of a row or histogram's group, which for a role is valid until the next call; NULL if
 * memory ran out.
 */
const char *metrics__cgroup_name(struct metrics *m, uint64_t id);
const char *metrics__group_name(struct metrics *m, enum group_by by, const struct group_id *group);
/* The report has that cgroup's name, which lives as long; 0 or -ENOMEM. */
int metrics__show_cgroup(struct metrics *m, const char *name);
void metrics__forget_shown(struct metrics *m);
/* What people call the cgroups that are shown; 0 or -ENOMEM. */
int metrics__add_cgroup_names(struct metrics *m, struct report *report);
/* Forgets names of cgroups that were not asked for in this round: nothing has them any more. */
void metrics__drop_names(struct metrics *m);
/* The label that has the group's names. */
const char *metrics__group_label(enum group_by by);
/* The help of a counter's metric: that of all counters that share its name, or else its own. */
const char *metrics__slot_help(const struct slot_row *row);

#endif
