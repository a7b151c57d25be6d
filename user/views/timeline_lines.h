/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Lines of a timeline, for any output. */
#ifndef MEMTRACE_VIEWS_TIMELINE_LINES_H
#define MEMTRACE_VIEWS_TIMELINE_LINES_H

#include "../count/run_view.h"
#include "../count/timeline.h"
#include "../report/output.h"

#define TIMELINE_COLUMNS 42
#define TIMELINE_PATH	 4097 /* of a cgroup, cut if it is longer */
#define TIMELINE_COUNTS	 6

/* All zero at first, but for view. */
struct timeline_lines {
	const struct run_view *view;
	char at[32];	 /* the time of day of the line before */
	char moment[32]; /* how much of it the next line shows */
	char indent[64];
	char comm[MT_COMM_LEN + 1], tcomm[MT_COMM_LEN + 1], victim_comm[MT_COMM_LEN + 1];
	char cgroup[TIMELINE_PATH], victim_cgroup[TIMELINE_PATH], target[TIMELINE_PATH];
	char gfp[256], scanned[32], reclaimed[32];
	struct cell cells[TIMELINE_COLUMNS];
	struct cell counts[NR_TIMELINE_KINDS * TIMELINE_COUNTS];
	struct cell_rows count_rows;
};

/* Writes the entry's line; 0 or -errno. */
int timeline_lines__write(struct timeline_lines *lines, struct output *out, const struct timeline_entry *entry);
/* How many there were of each kind, at the path "events"; lines must live until it was rendered. */
struct table timeline_lines__counts(struct timeline_lines *lines, const struct timeline *timeline);
/* Lines and events of all kinds, added up. */
struct timeline_count timeline_lines__sum(const struct timeline *timeline);

#endif
