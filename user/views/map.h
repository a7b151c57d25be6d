/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the memory of processes is. */
#ifndef MEMTRACE_VIEWS_MAP_H
#define MEMTRACE_VIEWS_MAP_H

#include "../count/map_class.h"
#include "../report/report.h"

/* What is to be shown of one process. */
struct map_process {
	const struct process_map *map;
	const char *cgroup; /* NULL: not known */
	const struct map_groups *groups;
	const struct map_activity *activity; /* one for each group; NULL: nothing was traced */
	uint64_t grew_from; /* rss and swap at the begin of the interval, in bytes; unknown: there is none */
	bool ended;	    /* it is gone: what is shown was read before that */
};

struct map_request {
	const struct map_process *processes;
	size_t nr;
	uint64_t duration_ns; /* of the interval; 0: there is none */
	uint64_t rows;	      /* of each table in text; 0: all */
	bool pss;	      /* was asked for */
};

/* Storage of what a report borrows; all zero at first. */
struct map_view {
	struct map_table {
		struct cell *cells;
		struct cell_rows rows;
		struct table table;
		struct cell rest[16];
		char rest_name[32];
		size_t shown;
		const struct map_process *process;
	} * tables;	    /* one a process; owned */
	struct cell *cells; /* of processes; owned */
	struct cell_rows rows;
	struct column columns[16]; /* of mappings */
	struct cell head[3];
};

/* Adds all to a report of the schema memtrace.map/1.  0 or -ENOMEM; map_view__done() in any case. */
int map_view__add(struct map_view *view, const struct map_request *request, struct report *report);
void map_view__done(struct map_view *view);

#endif
