/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The run that another one is compared with, as a section of the other's report: what each name and cgroup counted. */
#ifndef MEMTRACE_VIEWS_AGAINST_H
#define MEMTRACE_VIEWS_AGAINST_H

#include "over_time.h"

/* Processes of one name in one cgroup.  Texts are owned; NULL: of several. */
struct against_row {
	char *comm, *cgroup;
	uint64_t processes;
	uint64_t sums[MT_NR_SLOTS];
};

/* All zero at first. */
struct against_view {
	struct against_row *rows; /* owned */
	size_t nr;
	bool known[MT_NR_SLOTS]; /* counters that the run has */
	char *subject, *host;	 /* owned; NULL: not known */
	uint64_t start_ns;	 /* since 1970 */
	uint64_t duration_ns;
	const struct over_time_view *beside;
	size_t at;
	struct number_list counters, sums;
	struct cell cells[5];
};

/* Copies what is shown of a run that is over, whose session may then end.  0 or -ENOMEM; against_view__done() in any
 * case. */
int against_view__take(struct against_view *storage, const struct run_over_time *run, const struct run_view *view,
		       const struct recording_head *head);
/* Adds it to the report of the other run, which is in beside already.  0 or -ENOMEM. */
int against_view__add(struct against_view *storage, const struct over_time_view *beside, struct report *report);
void against_view__done(struct against_view *storage);

#endif
