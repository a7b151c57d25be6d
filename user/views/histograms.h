/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The aggregate's histograms as a section of a report. */
#ifndef MEMTRACE_VIEWS_HISTOGRAMS_H
#define MEMTRACE_VIEWS_HISTOGRAMS_H

#include "../count/run_view.h"

struct histogram_text {
	const struct hist_row *row;
	struct label labels[4];
	char value[24]; /* of a label that is a number */
	char pid[12], tid[12];
	char group[512]; /* a comm or a cgroup's path */
	struct role_name role;
};

/* Storage of what a report borrows. */
struct histograms {
	struct hist_entry *entries;
	struct histogram *list;
	struct histogram_text *texts;
	size_t nr;
};

/* Makes those that histograms__add() adds.  They need the view no more.  0 or -errno; histograms__done() in any case.
 */
int histograms__make(struct histograms *histograms, const struct run_view *view, enum scope scope);
/*
 * Adds the histograms of the probes that were asked for, one for each label and group that has any value; if none
 * has, an empty one, because that is an answer too.  0 or -errno.
 */
int histograms__add(struct histograms *histograms, const struct run_view *view, struct report *report, enum scope scope,
		    bool not_in_text);
void histograms__done(struct histograms *histograms);

#endif
