/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The samples of each cgroup in a run or an interval, for programs. */
#ifndef MEMTRACE_VIEWS_CGROUPS_H
#define MEMTRACE_VIEWS_CGROUPS_H

#include "../count/run_view.h"
#include "../report/report.h"

/* What the report borrows. */
struct cgroups_table {
	const struct run_view *view;
	enum scope scope;
	size_t at;
	struct cell left_out;
};

/* Adds nothing where a recording has none. */
void cgroups_table__add(struct cgroups_table *table, const struct run_view *view, struct report *report,
			enum scope scope);

#endif
