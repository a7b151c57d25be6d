/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which records of a recording count: by the tasks that they are about, as the filters of a live run do in the kernel,
 * and by whether they came before the part that is wanted.  Records of tasks carry absolute counts, so one that does
 * not count is not dropped: it says where the next one's counts start.
 */
#ifndef MEMTRACE_COUNT_RECORD_FILTER_H
#define MEMTRACE_COUNT_RECORD_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../model/samples.h"
#include "../model/task_refs.h"

struct filter_value {
	char *text; /* as it was given; owned, as found */
	uint64_t number;
	bool seen;   /* a record met it */
	char *found; /* of a short name of a cgroup: the path that it stands for, once there was one */
};

/* A task must meet one of them; any task does if there are none. */
struct filter_values {
	struct filter_value *list;
	size_t nr;
};

/* All zero at first, but for cgroup and ctx. */
struct record_filter {
	struct filter_values pids, tids, uids, comms, cgroups;
	const char *(*cgroup)(void *ctx, uint64_t id); /* a cgroup's path; valid until the next call */
	void *ctx;
	bool before;		    /* what is wanted has not begun */
	bool left_out_keyed;	    /* counters by a key, as they have no task */
	char *ambiguous;	    /* a second path that a short name could stand for; owned */
	const char *ambiguous_name; /* which name */
};

/* Adds one of the numbers or names that are wanted.  0 or -ENOMEM. */
int filter_values__add(struct filter_values *values, const char *text, uint64_t number);
void record_filter__free(struct record_filter *filter);

/* Whether there is any condition for tasks. */
bool record_filter__has_tasks(const struct record_filter *filter);
/* Whether the task is wanted, at any time. */
bool record_filter__who(struct record_filter *filter, const struct mt_who *who);
/* Whether the counts of a task record count. */
bool record_filter__task(struct record_filter *filter, const struct mt_who *who);
/*
 * Whether an event is about a task that is wanted, whenever it came; any event is that is about no task (a session of
 * kswapd).  Tasks by reference are looked up in task_refs.
 */
bool record_filter__event(struct record_filter *filter, const struct event_row *row, const void *record,
			  const struct task_refs *task_refs);
/* Whether samples of that cgroup are wanted; 0: what is said about all of them. */
bool record_filter__cgroup(struct record_filter *filter, uint64_t id);

#endif
