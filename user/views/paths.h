/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths of single events over the time of a run, as a section of a report for programs. */
#ifndef MEMTRACE_VIEWS_PATHS_H
#define MEMTRACE_VIEWS_PATHS_H

#include "../count/paths_over_time.h"
#include "../count/run_view.h"
#include "../report/event_path.h"
#include "../report/report.h"

/* All zero at first. */
struct paths_view {
	struct paths_over_time paths;
	struct path_columns {
		struct event_path path;
		size_t order, duration, kind, pid, tid;
	} of[PATH_SOURCES];
	const struct path_over_time *at;
	bool begun, compared;
	uint64_t *list; /* owned: numbers of the row that was read last */
	size_t room;
	struct numbers numbers, before;
	struct cell folded[1];
	char kind[32];
};

/* 0 or -ENOMEM; paths_view__done() in any case. */
int paths_view__init(struct paths_view *view);
void paths_view__done(struct paths_view *view);
/*
 * An event came; those without a call chain are left out.  at: the stretch that it is in; page_size in bytes.  0 or
 * -ENOMEM.
 */
int paths_view__event(struct paths_view *view, const struct event_row *row, const void *record,
		      const struct event_names *names, uint64_t page_size, uint32_t at);
/* other: of the run that this one is compared with, or NULL.  0 or -ENOMEM. */
int paths_view__add(struct paths_view *view, const struct paths_view *other, struct report *report);

#endif
