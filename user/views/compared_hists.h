/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The histograms of two runs side by side. */
#ifndef MEMTRACE_VIEWS_COMPARED_HISTS_H
#define MEMTRACE_VIEWS_COMPARED_HISTS_H

#include "compared_runs.h"
#include "histograms.h"

/* All zero at first.  Both sides are made by the caller with histograms__make(). */
struct compared_hists_view {
	struct compared_runs runs;
	struct compared_runs_view runs_view;
	struct histograms sides[NR_COMPARED];
	struct compared_hist {
		const struct hist_row *row;
		struct histogram hist;
		double weight; /* of the difference */
		size_t at;     /* where it stood before it was sorted */
	} * merged;
	struct histogram *list; /* as the report borrows it */
};

/*
 * Adds each histogram that both runs measured, for each label and group that either has; of one kind what differs most
 * comes first: by the time in all, or by how many.  0 or -ENOMEM.
 */
int compared_hists_view__add(struct compared_hists_view *view, struct report *report);
void compared_hists_view__done(struct compared_hists_view *view);

#endif
