// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* While a run goes on, and of what is shown in the end: what a page of 2 MB has room for. */
static const struct path_limits most = { .rows = 1U << 17, .values = 4U << 20, .bytes = 128U << 20 };
static const struct path_limits shown = { .rows = 7000, .values = 200000, .bytes = 2U << 20 };

/* The events that have call chains, and the columns that say how many pages it was, how long it took, what was done. */
static const struct source_row {
	enum mt_rec_id event;
	const char *order, *duration, *kind;
} sources[PATH_SOURCES] = {
	{ MT_REC_fault, NULL, NULL, NULL },
	{ MT_REC_minor, NULL, "duration_ns", "kind" },
	{ MT_REC_alloc, "order", NULL, NULL },
	{ MT_REC_stall, NULL, "duration_ns", NULL },
};

int paths_view__init(struct paths_view *view)
{
	size_t i;

	for (i = 0; i < NR(sources); i++) {
		const struct event_row *row = &event_rows[sources[i].event];

		view->of[i].order = event_path__column(row, sources[i].order);
		view->of[i].duration = event_path__column(row, sources[i].duration);
		view->of[i].kind = event_path__column(row, sources[i].kind);
		view->of[i].pid = event_path__column(row, "pid");
		view->of[i].tid = event_path__column(row, "tid");
	}
	return paths_over_time__init(&view->paths, &most);
}

void paths_view__done(struct paths_view *view)
{
	paths_over_time__done(&view->paths);
	free(view->list);
	view->list = NULL;
}

static uint64_t number_of(const struct cell *cells, size_t at)
{
	return at < EVENT_MAX_COLUMNS && (cells[at].kind == CELL_UINT || cells[at].kind == CELL_INT) ? cells[at].u : 0;
}

static void add_pages(const void *record, enum mt_rec_id event, uint64_t order, uint64_t page_size, uint64_t *sums)
{
	const struct mt_minor *minor = record;

	if (event == MT_REC_alloc && order < 32)
		sums[PATH_PAGES] = 1ULL << order;
	if (event != MT_REC_minor)
		return;
	/* a table of pages fills a page: so many entries of 8 bytes make a huge page */
	sums[PATH_PAGES] = minor->kind == MT_MINOR_HUGE ? page_size / 8 : 1;
	if (minor->kind == MT_MINOR_HUGE || minor->kind == MT_MINOR_FIRST_TOUCH)
		sums[PATH_TOUCHED] = sums[PATH_PAGES];
}

/* What the kernel did, as the last part of the path. */
static const char *did(struct paths_view *view, const struct cell *cells, size_t at)
{
	if (at >= EVENT_MAX_COLUMNS || cells[at].kind != CELL_STRING)
		return NULL;
	snprintf(view->kind, sizeof(view->kind), "[%s]", cells[at].s);
	return view->kind;
}

int paths_view__event(struct paths_view *view, const struct event_row *row, const void *record,
		      const struct event_names *names, uint64_t page_size, uint32_t at)
{
	struct cell cells[EVENT_MAX_COLUMNS];
	uint64_t sums[NR_PATH_WEIGHTS] = { [PATH_EVENTS] = 1 };
	const char *parts[EVENT_PATH_PARTS + 1];
	struct path_owner owner = { 0 };
	struct path_columns *of;

	while (owner.source < NR(sources) && sources[owner.source].event != row->id)
		owner.source++;
	if (owner.source == NR(sources))
		return 0;
	of = &view->of[owner.source];
	event__cells(row, record, names, cells);
	if (!event_path__read(&of->path, row, cells))
		return 0;
	owner.pid = (uint32_t)number_of(cells, of->pid);
	owner.tid = (uint32_t)number_of(cells, of->tid);
	add_pages(record, row->id, number_of(cells, of->order), page_size, sums);
	sums[PATH_NS] = number_of(cells, of->duration);
	memcpy(parts, of->path.parts, sizeof(of->path.parts));
	parts[EVENT_PATH_PARTS] = did(view, cells, of->kind);
	return paths_over_time__add(&view->paths, &owner, parts, NR(parts), sums, at);
}

static int rewind_rows(void *ctx)
{
	((struct paths_view *)ctx)->begun = false;
	return 0;
}

static int fill(struct paths_view *view, const struct timed_counts *counts)
{
	size_t i, nr = 3 * counts->nr;
	uint64_t *list;

	if (nr > view->room) {
		list = reallocarray(view->list, nr, sizeof(*list));
		if (!list)
			return -ENOMEM;
		view->list = list;
		view->room = nr;
	}
	for (i = 0; i < counts->nr; i++) {
		view->list[3 * i] = counts->list[i].at;
		view->list[3 * i + 1] = counts->list[i].key;
		view->list[3 * i + 2] = counts->list[i].value;
	}
	view->numbers = (struct numbers){ view->list, nr };
	return 0;
}

static int next_row(void *ctx, struct cell *cells)
{
	struct paths_view *view = ctx;
	const struct path_owner *owner;
	int err;

	view->at = view->begun ? view->at->hh.next : view->paths.table;
	if (!view->at)
		return 0;
	view->begun = true;
	err = fill(view, &view->at->counts);
	owner = &view->at->key.owner;
	view->before = (struct numbers){ view->at->before, NR_PATH_WEIGHTS };
	cells[0] = cell_string(event_rows[sources[owner->source].event].name);
	cells[1] = owner->pid ? cell_uint(owner->pid) : cell_none();
	cells[2] = owner->tid ? cell_uint(owner->tid) : cell_none();
	cells[3] = cell_string(view->at->key.path->text);
	cells[4] = cell_numbers(&view->numbers);
	cells[5] = cell_numbers(view->compared ? &view->before : NULL);
	return err ? err : 1;
}

static void add_folded(struct paths_view *view, struct report *report)
{
	static const struct column columns[] = { { .path = "paths_folded", .unit = UNIT_COUNT } };
	const struct path_over_time *path;
	uint64_t folded = 0;

	for (path = view->paths.table; path; path = path->hh.next)
		folded += path->stands_for;
	view->folded[0] = cell_uint(folded);
	report__add_values(report,
			   &(struct values){ .path = "", .columns = columns, .cells = view->folded, .nr_columns = 1 });
}

int paths_view__add(struct paths_view *view, const struct paths_view *other, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "event" },  { .path = "pid" },
		{ .path = "tid" },    { .path = "stack", .path_of_calls = true },
		{ .path = "counts" }, { .path = "before" },
	};
	int err = other ? paths_over_time__compare(&view->paths, &other->paths) : 0;

	view->compared = other;
	if (!err)
		err = paths_over_time__fold(&view->paths, &shown);
	report__add_table(report, &(struct table){ .path = "paths",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_rows, next_row, view } });
	add_folded(view, report);
	return err;
}
