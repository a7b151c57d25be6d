/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The call path of an event: the program's name, its functions, the kernel's. */
#ifndef MEMTRACE_REPORT_EVENT_PATH_H
#define MEMTRACE_REPORT_EVENT_PATH_H

#include "event.h"

#define EVENT_PATH_USER	 1 /* the part that has the program's functions */
#define EVENT_PATH_PARTS 3

/* Zeroed at first. */
struct event_path {
	const struct event_row *row; /* of the last record; where in its columns these stand: */
	size_t comm, cgroup, user_stack, kernel_stack;
	char name[MT_COMM_LEN + 1];
	/* as call_paths__add() takes them; NULL: not known.  Valid as long as the cells are. */
	const char *parts[EVENT_PATH_PARTS];
	const char *in; /* the path of the task's cgroup, or NULL */
};

/* Reads the parts from the cells of a record, of columns with call chains.  false: it has no call chain. */
bool event_path__read(struct event_path *path, const struct event_row *row, const struct cell *cells);

/* Where a column stands among those of an event with call chains; EVENT_MAX_COLUMNS: nowhere. */
size_t event_path__column(const struct event_row *row, const char *path);

#endif
