/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of memtrace map for some time share: a run, and the reading of looks that only a live one does. */
#ifndef MEMTRACE_COMMANDS_MAP_LIVE_H
#define MEMTRACE_COMMANDS_MAP_LIVE_H

#include "../count/map_recorded.h"
#include "../kernel/cgroup.h"
#include "../session/tracing.h"
#include "map_look.h"

/* Of so many processes at most mappings are shown: those that hold most. */
#define MAPPED_PROCESSES 64

struct map_live {
	struct tracing tracing;
	struct map_activities all;
	struct page_scan scan;
	struct map_recorded maps; /* of the newest look: as they were read, or as the recording has them */
	struct map_look look;	  /* the newest */
	struct arena names;	  /* of cgroups */
	struct cgroups *cgroups;  /* where what is charged to them is read; NULL: it is not asked for */
	uint64_t begun_ns;	  /* the interval */
	uint64_t next_look_ns;	  /* not before */
	uint64_t lost;		  /* events until the interval began */
	bool single;		  /* processes with their mappings: else all, without */
	bool traced;		  /* with what happens to them */
	bool begun;		  /* the run, after which records count */
	bool shown;		  /* something was */
};

/* All that were there within the interval, those that hold most first: *list is the caller's to free().  0 or -ENOMEM.
 */
int map_live__rank(const struct map_live *run, struct map_traced ***list, size_t *nr);

/*
 * Reads the mappings of the processes that hold most into run->maps, and sends them to a recording.  shown: also
 * what is only asked for where something is shown: what was used since the marks were cleared, nodes.  0 or -errno.
 */
int map_gather__mappings(struct map_live *run, bool shown);
/*
 * The same of PSS and USS of all processes, and of what is charged to their cgroups, as far as either is asked for and
 * there is time.
 */
int map_gather__machine(struct map_live *run);
/* Clears the marks by which it is told what is used. */
void map_gather__clear_referenced(struct map_live *run);

#endif
