// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared_hists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a group that only the other run has. */
static const struct histogram nothing = { .scale = 1 };

static bool is_measured(const struct histograms *side, const struct hist_row *row)
{
	size_t i;

	for (i = 0; i < side->nr; i++)
		if (side->texts[i].row == row)
			return true;
	return false;
}

static bool same_labels(const struct histogram *a, const struct histogram *b)
{
	size_t i;

	for (i = 0; i < a->nr_labels && i < b->nr_labels; i++)
		if (strcmp(a->labels[i].name, b->labels[i].name) || strcmp(a->labels[i].value, b->labels[i].value))
			return false;
	return a->nr_labels == b->nr_labels;
}

/* NULL: that run has none with the labels of one of this kind. */
static const struct histogram *find(const struct histograms *side, const struct hist_row *row,
				    const struct histogram *hist)
{
	size_t i;

	for (i = 0; i < side->nr; i++)
		if (side->texts[i].row == row && side->list[i].count && same_labels(&side->list[i], hist))
			return &side->list[i];
	return NULL;
}

static double amount(const struct histogram *hist)
{
	return (double)(hist->exact ? hist->count : hist->sum) * hist->scale;
}

static void add(struct compared_hist *to, const struct hist_row *row, const struct histogram *now,
		const struct histogram *before)
{
	double difference = amount(now) - (before ? amount(before) : 0);

	*to = (struct compared_hist){ .row = row, .hist = *now, .weight = difference < 0 ? -difference : difference };
	to->hist.before = before;
}

/* One without values stands for all labels and groups: if there are any, it says nothing. */
static bool says_nothing(const struct histograms *other, const struct hist_row *row, const struct histogram *hist)
{
	size_t i;

	for (i = 0; !hist->count && i < other->nr; i++)
		if (other->texts[i].row == row && other->list[i].count)
			return true;
	return false;
}

static size_t merge(struct compared_hists_view *view)
{
	const struct histograms *before = &view->sides[COMPARED_BEFORE], *now = &view->sides[COMPARED_NOW];
	const struct hist_row *row;
	const struct histogram *other;
	struct histogram gone;
	size_t i, nr = 0;

	for (i = 0; i < now->nr; i++) {
		row = now->texts[i].row;
		other = find(before, row, &now->list[i]);
		if (!other && is_measured(before, row))
			other = &nothing;
		if (!says_nothing(before, row, &now->list[i]))
			add(&view->merged[nr++], row, &now->list[i], other);
	}
	for (i = 0; i < before->nr; i++) {
		row = before->texts[i].row;
		if (!before->list[i].count || !is_measured(now, row) || find(now, row, &before->list[i]))
			continue;
		gone = before->list[i];
		gone.count = gone.sum = gone.nr_counts = 0;
		add(&view->merged[nr++], row, &gone, &before->list[i]);
	}
	return nr;
}

static int compare(const void *a, const void *b)
{
	const struct compared_hist *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

/* What one run alone measured. */
static void add_notes(const struct histograms *side, const struct histograms *other, const char *when,
		      struct report *report)
{
	size_t i;

	for (i = 0; i < side->nr; i++)
		if ((!i || side->texts[i].row != side->texts[i - 1].row) && !is_measured(other, side->texts[i].row))
			report__add_note(report, "%s: not measured %s", side->list[i].help, when);
}

static void scale(struct histograms *side, double by)
{
	size_t i;

	for (i = 0; i < side->nr; i++)
		side->list[i].scale = by;
}

int compared_hists_view__add(struct compared_hists_view *view, struct report *report)
{
	struct histograms *before = &view->sides[COMPARED_BEFORE], *now = &view->sides[COMPARED_NOW];
	size_t i, nr;

	view->merged = calloc(before->nr + now->nr + 1, sizeof(*view->merged));
	view->list = calloc(before->nr + now->nr + 1, sizeof(*view->list));
	if (!view->merged || !view->list)
		return -ENOMEM;
	scale(before, compared_runs__scale(&view->runs));
	scale(now, 1);
	nr = merge(view);
	for (i = 0; i < nr; i++)
		view->merged[i].at = i;
	qsort(view->merged, nr, sizeof(*view->merged), compare);
	for (i = 0; i < nr; i++)
		view->list[i] = view->merged[i].hist;
	compared_runs_view__add(&view->runs_view, &view->runs, report);
	add_notes(now, before, "before", report);
	add_notes(before, now, "now", report);
	report__add_histograms(report, view->list, nr, false);
	return 0;
}

void compared_hists_view__done(struct compared_hists_view *view)
{
	histograms__done(&view->sides[COMPARED_BEFORE]);
	histograms__done(&view->sides[COMPARED_NOW]);
	free(view->merged);
	free(view->list);
	memset(view, 0, sizeof(*view));
}
