/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MEMTRACE_MODEL_GROUP_BY_H
#define MEMTRACE_MODEL_GROUP_BY_H

/* What a row of a table, or a histogram, stands for. */
enum group_by {
	BY_ALL, /* histograms only: one for all */
	BY_PROCESS,
	BY_THREAD,
	BY_COMM,
	BY_CGROUP,
	BY_ROLE,   /* what a thread is for: a struct role_name */
	BY_PARENT, /* tables only: the living process that started the row's processes */
};

#endif
