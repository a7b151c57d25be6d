/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the memory of processes is. */
#ifndef MEMTRACE_VIEWS_MAP_H
#define MEMTRACE_VIEWS_MAP_H

#include "../count/map_class.h"
#include "../report/cell_list.h"

/* What is to be shown of one process. */
struct map_process {
	struct process_map *map;
	const char *cgroup;	       /* NULL: not known */
	const char *command;	       /* its command line; NULL: not known, or not asked for */
	uint64_t parent;	       /* the pid of its parent; unknown where that is */
	struct map_groups *groups;     /* NULL: mappings were not asked for */
	struct map_activity *activity; /* one for each group; NULL: nothing was traced */
	uint64_t grew_from;	       /* rss and swap at the begin of the interval, in bytes; unknown: there is none */
	uint64_t swap_from;	       /* swap alone */
	uint64_t charged;	       /* to its cgroup, of mapped memory, in bytes; unknown: not read */
	bool ended;		       /* it is gone: what is shown was read before that */
};

struct map_request {
	const struct map_process *processes;
	size_t nr;
	uint64_t duration_ns; /* of the interval; 0: there is none */
	uint64_t rows;	      /* of each table in text; 0: all */
	bool pss;	      /* was asked for */
	bool wss;	      /* the same */
	uint32_t nodes;	      /* of which pages are told, as bits; 0: it was not asked for */
	bool traced;	      /* activity was */
	uint64_t lost;	      /* faults that are in no activity */
	bool machine;	      /* all processes, without their mappings */
	const char *sort;     /* a column of the table of processes: map_view__sorts_by(); NULL: rss */
	bool command;	      /* of processes that, and their parents, were asked for */
	bool by_cgroup;	      /* text has the table of cgroups */
};

/* Storage of what a report borrows; all zero at first. */
struct map_view {
	struct map_table {
		struct cell *cells;
		struct cell_rows rows;
		struct table table;
		char rest_name[32];
		size_t shown;
		const struct map_process *process;
		uint64_t duration_ns;
	} * tables; /* one a process; owned */
	size_t nr_tables;
	struct arena names; /* of mappings in text, where they are others */
	struct cell_list processes, cgroups;
	struct column process_columns[32], cgroup_columns[16];
	struct column columns[32]; /* of mappings */
	struct cell head[3];
};

/* Whether the table of processes has such a column, named as in its header or in JSON. */
bool map_view__sorts_by(const char *name);
/* Adds all to a report of the schema memtrace.map/1.  0 or -ENOMEM; map_view__done() in any case. */
int map_view__add(struct map_view *view, const struct map_request *request, struct report *report);
void map_view__done(struct map_view *view);

#endif
