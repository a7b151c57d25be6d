/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run over its time as sections of a report, for programs: counts are lists of numbers, those of 0 left out. */
#ifndef MEMTRACE_VIEWS_OVER_TIME_H
#define MEMTRACE_VIEWS_OVER_TIME_H

#include "../count/run_over_time.h"
#include "../model/recording_head.h"
#include "../report/report.h"

#define OVER_TIME_COLUMNS 64

struct number_list {
	uint64_t *list; /* owned */
	size_t room;
	struct numbers numbers; /* of the list */
};

int number_list__put(struct number_list *numbers, uint64_t number); /* 0 or -ENOMEM */

/* A column of the table of processes: the sum of counters. */
struct over_time_column {
	const struct probe_column *column;
	enum mt_probe probe;
};

/* Storage of what the report borrows. */
struct over_time_view {
	const struct run_over_time *run;
	const struct run_view *view;
	struct cell host[7], stretches[3], sums[1];
	char every[256];
	uint32_t counters[MT_NR_SLOTS]; /* which slots are shown, in their order */
	uint32_t counter_of[MT_NR_SLOTS];
	size_t nr_counters, counter_pos;
	struct over_time_column columns[OVER_TIME_COLUMNS];
	size_t nr_columns, column_pos;
	const struct task_over_time *task;
	bool tasks_begun;
	char cgroup[4097];
	size_t sample_pos, hist_pos;
	char label[24];
	struct number_list all, numbers, more;
	struct numbers ends, values, least;
};

/* head: what a recording says of the machine.  0 or -ENOMEM; over_time_view__done() in any case, once rendered. */
int over_time_view__add(struct over_time_view *storage, const struct run_over_time *run, const struct run_view *view,
			const struct recording_head *head, struct report *report);
void over_time_view__done(struct over_time_view *storage);

#endif
