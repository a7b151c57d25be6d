/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What each process counted over time, in bounded memory.  Of more processes than there is room for those stay that
 * have the largest share of something; the others are added up, by cgroup.  So sums over all rows are exact.
 */
#ifndef MEMTRACE_COUNT_TASKS_OVER_TIME_H
#define MEMTRACE_COUNT_TASKS_OVER_TIME_H

#include "../base/hash.h"
#include "aggregate.h"
#include "over_time.h"

struct task_over_time_key {
	uint64_t start_ns;  /* of a row of several: 0 */
	uint64_t cgroup_id; /* of a row of several; 0: of all others */
	uint32_t pid;	    /* 0: a row of several */
	uint32_t zero;
};

struct task_over_time {
	UT_hash_handle hh;
	struct task_over_time_key key;
	uint64_t cgroup_id; /* the last one */
	uint64_t processes; /* that it stands for */
	uint32_t uid;
	bool exited;
	char comm[MT_COMM_LEN + 1];
	struct timed_counts counts; /* by enum mt_slot */
	double weight;		    /* the largest share that it has of any counter; as of the last sorting */
};

struct tasks_over_time {
	struct task_over_time *table;
	size_t nr_processes, nr_groups; /* rows of one, rows of several */
	size_t max_processes, max_groups, max_values;
	size_t nr_values; /* about */
	size_t limit;	  /* of them, above which rows are folded */
	uint64_t sums[MT_NR_SLOTS];
};

/* Shown are at most max_processes; while the run goes on there are up to twice as many. */
void tasks_over_time__init(struct tasks_over_time *tasks, size_t max_processes, size_t max_groups, size_t max_values);
void tasks_over_time__free(struct tasks_over_time *tasks);
/* What the process counted in a moment of the stretch.  0 or -ENOMEM. */
int tasks_over_time__add(struct tasks_over_time *tasks, const struct entity *entity, uint32_t at);
void tasks_over_time__halve(struct tasks_over_time *tasks);
/* The run is over: folds what is too much, and orders rows by falling weight, those of several last.  0 or -ENOMEM. */
int tasks_over_time__finish(struct tasks_over_time *tasks);
/* After that: at most about so many values stay, if need be of fewer processes, then of fewer cgroups.  0 or -ENOMEM.
 */
int tasks_over_time__bound(struct tasks_over_time *tasks, size_t max_values);

#endif
