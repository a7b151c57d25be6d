/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The ledger of stalls: who waited for memory, for what and how long, beside what PSI says. */
#ifndef MEMTRACE_VIEWS_STALLS_H
#define MEMTRACE_VIEWS_STALLS_H

#include "keyed.h"
#include "tasks_table.h"

#define STALLS_MAX_KTHREADS 320 /* more than the probe has room for */

extern const struct probe_column stalls__columns[]; /* slots NULL at the end */

/* Storage of what reports borrow; one per report that is being rendered. */
struct stalls {
	const struct run_view *view;
	enum scope scope;
	struct tasks_table table;
	uint64_t task_ns; /* of all tasks and kernel threads */
	/* Kernel threads, those with most time first: */
	struct stalls_kthread {
		char name[40];
		int32_t node; /* MT_UNKNOWN_S32: none */
		uint64_t ns;
	} kthreads[STALLS_MAX_KTHREADS];
	size_t nr_kthreads;
	struct cell kthread_cells[STALLS_MAX_KTHREADS * 3];
	struct cell_rows kthread_rows;
	struct keyed_tables keyed; /* functions that tasks waited in, and so on */
	struct cell facts[10], sources[5], state[8];
	struct cell_rows source_rows;
};

/* view must outlive stalls.  EXIT_OK, or EXIT_USAGE after one line on stderr. */
int stalls__init(struct stalls *stalls, const struct run_view *view, const struct tasks_request *request);
/* Adds the ledger of that scope: behind the run's head, before the losses.  0 or -errno. */
int stalls__add(struct stalls *stalls, struct report *report, enum scope scope);
/* After the report was rendered. */
void stalls__done(struct stalls *stalls);

#endif
