// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "run_over_time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROCESSES 500
#define MAX_GROUPS    128
#define MAX_VALUES    1000000 /* of processes: 16 bytes each */
#define SHOWN_VALUES  160000  /* of a run that is over: some 7 bytes each in a page */
#define MAX_HISTS     256

struct run_over_time *run_over_time__new(void)
{
	struct run_over_time *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	tasks_over_time__init(&run->tasks, MAX_PROCESSES, MAX_GROUPS, MAX_VALUES);
	return run;
}

void run_over_time__free(struct run_over_time *run)
{
	size_t i;

	if (!run)
		return;
	for (i = 0; i < run->nr_hists; i++) {
		timed_counts__done(&run->hists[i].counts);
		timed_counts__done(&run->hists[i].sums);
	}
	free(run->hists);
	timed_counts__done(&run->sums);
	tasks_over_time__free(&run->tasks);
	free(run);
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a == MT_UNKNOWN_U64 ? b : b == MT_UNKNOWN_U64 ? a : a + b;
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void put_sample(struct sample_over_time *sample, enum sample_kind kind, uint32_t to, uint64_t value,
		       uint64_t least)
{
	if (kind == SAMPLE_COUNTER)
		sample->value[to] = sum_of(sample->value[to], value);
	else if (value != MT_UNKNOWN_U64)
		sample->value[to] = value;
	sample->least[to] = least_of(sample->least[to], least);
	sample->known |= value != MT_UNKNOWN_U64;
}

static void clear_sample(struct sample_over_time *sample, uint32_t at)
{
	sample->value[at] = sample->least[at] = MT_UNKNOWN_U64;
}

static void halve_samples(struct run_over_time *run)
{
	enum sample_id id;
	uint32_t at;

	for (id = 0; id < NR_SAMPLES; id++) {
		struct sample_over_time *sample = &run->samples[id];

		for (at = 0; at < run->stretches.nr; at++) {
			uint64_t value = sample->value[at], least = sample->least[at];

			if (at % 2 == 0)
				clear_sample(sample, at / 2);
			put_sample(sample, sample_rows[id].kind, at / 2, value, least);
		}
	}
}

static void halve(struct run_over_time *run)
{
	size_t i;

	halve_samples(run);
	tasks_over_time__halve(&run->tasks);
	timed_counts__halve(&run->sums);
	for (i = 0; i < run->nr_hists; i++) {
		timed_counts__halve(&run->hists[i].counts);
		timed_counts__halve(&run->hists[i].sums);
	}
	stretches__halve(&run->stretches);
}

static void add_samples(struct run_over_time *run, const struct run_view *view, uint32_t at, bool first)
{
	enum sample_id id;

	for (id = 0; id < NR_SAMPLES; id++) {
		const struct sample_extent *extent = &view->samples->extents[SCOPE_INTERVAL][id];
		enum sample_kind kind = sample_rows[id].kind;
		bool known = view->samples->any;

		if (first)
			clear_sample(&run->samples[id], at);
		put_sample(&run->samples[id], kind, at,
			   !known		  ? MT_UNKNOWN_U64 :
			   kind == SAMPLE_COUNTER ? sample_extent__growth(extent) :
						    extent->end,
			   known && kind == SAMPLE_GAUGE ? extent->min : MT_UNKNOWN_U64);
	}
}

static int add_tasks(struct run_over_time *run, const struct run_view *view, uint32_t at)
{
	const struct order order = { .levels = 0 };
	struct selection *rows = aggregate__select(view->aggregate, SCOPE_INTERVAL, &order);
	struct entity entity;
	size_t i;
	int err = rows ? 0 : -errno;

	for (i = 0; !err && i < selection__nr(rows); i++) {
		err = selection__at(rows, i, &entity);
		if (!err)
			err = tasks_over_time__add(&run->tasks, &entity, at);
	}
	selection__free(rows);
	return err;
}

static int add_sums(struct run_over_time *run, const struct run_view *view, uint32_t at)
{
	const uint64_t *sums = aggregate__sums(view->aggregate, SCOPE_INTERVAL);
	uint32_t slot;
	int err = 0;

	for (slot = 0; !err && slot < MT_NR_SLOTS; slot++)
		err = timed_counts__add(&run->sums, at, slot, sums[slot]);
	return err;
}

/* NULL: no memory.  What finds no room stands under the row's label that is not known. */
static struct hist_over_time *get_hist(struct run_over_time *run, const struct hist_entry *entry)
{
	int64_t label = run->nr_hists < MAX_HISTS ? entry->label : MT_UNKNOWN_S32;
	struct hist_over_time *hists;
	size_t i;

	for (i = 0; i < run->nr_hists; i++)
		if (run->hists[i].row == entry->row && run->hists[i].label == entry->label)
			return &run->hists[i];
	for (i = 0; label != entry->label && i < run->nr_hists; i++)
		if (run->hists[i].row == entry->row && run->hists[i].label == label)
			return &run->hists[i];
	hists = reallocarray(run->hists, run->nr_hists + 1, sizeof(*hists));
	if (!hists)
		return NULL;
	run->hists = hists;
	hists[run->nr_hists] = (struct hist_over_time){ .row = entry->row, .label = label };
	return &hists[run->nr_hists++];
}

static int add_hist(struct run_over_time *run, const struct hist_entry *entry, uint32_t at)
{
	struct hist_over_time *hist = get_hist(run, entry);
	uint32_t bucket;
	int err = hist ? timed_counts__add(&hist->sums, at, 0, entry->sum) : -ENOMEM;

	for (bucket = 0; !err && bucket < MT_HIST_SLOTS; bucket++)
		err = timed_counts__add(&hist->counts, at, bucket, entry->counts[bucket]);
	return err;
}

static int add_hists(struct run_over_time *run, const struct run_view *view, uint32_t at)
{
	struct hist_entry *list;
	size_t i, nr;
	int err = aggregate__histograms(view->aggregate, SCOPE_INTERVAL, &list, &nr);

	if (err)
		return err;
	for (i = 0; !err && i < nr; i++)
		if (list[i].count)
			err = add_hist(run, &list[i], at);
	free(list);
	return err;
}

int run_over_time__interval(struct run_over_time *run, const struct run_view *view)
{
	size_t before;
	uint32_t at;
	int err;

	if (stretches__is_full(&run->stretches))
		halve(run);
	before = run->stretches.nr;
	at = stretches__add(&run->stretches, view->interval_end_ns);
	add_samples(run, view, at, run->stretches.nr > before);
	err = add_tasks(run, view, at);
	if (!err)
		err = add_sums(run, view, at);
	return err ? err : add_hists(run, view, at);
}

int run_over_time__finish(struct run_over_time *run)
{
	size_t i;

	timed_counts__tidy(&run->sums);
	for (i = 0; i < run->nr_hists; i++) {
		timed_counts__tidy(&run->hists[i].counts);
		timed_counts__tidy(&run->hists[i].sums);
	}
	return tasks_over_time__finish(&run->tasks);
}

int run_over_time__bound(struct run_over_time *run)
{
	return tasks_over_time__bound(&run->tasks, SHOWN_VALUES);
}
