// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "against.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* NULL stays NULL.  0 or -ENOMEM. */
static int copy_text(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? -ENOMEM : 0;
}

static int compare_texts(const char *a, const char *b)
{
	return !a || !b ? !a - !b : strcmp(a, b);
}

static int compare(const void *a, const void *b)
{
	const struct against_row *x = a, *y = b;
	int order = compare_texts(x->comm, y->comm);

	return order ? order : compare_texts(x->cgroup, y->cgroup);
}

static void free_row(struct against_row *row)
{
	free(row->comm);
	free(row->cgroup);
}

static int take_task(struct against_row *row, const struct task_over_time *task, const struct event_names *names)
{
	size_t i;
	int err = copy_text(&row->comm, task->key.pid ? task->comm : NULL);

	if (!err)
		err = copy_text(&row->cgroup, task->cgroup_id ? names->cgroup(names->ctx, task->cgroup_id) : NULL);
	row->processes = task->processes;
	for (i = 0; i < task->counts.nr; i++)
		row->sums[task->counts.list[i].key] += task->counts.list[i].value;
	return err;
}

/* Each name and cgroup once. */
static void join_rows(struct against_view *storage)
{
	size_t i, slot, last = 0;

	if (!storage->nr)
		return;
	qsort(storage->rows, storage->nr, sizeof(*storage->rows), compare);
	for (i = 1; i < storage->nr; i++) {
		struct against_row *row = &storage->rows[i], *to = &storage->rows[last];

		if (compare(to, row)) {
			storage->rows[++last] = *row;
			continue;
		}
		to->processes += row->processes;
		for (slot = 0; slot < MT_NR_SLOTS; slot++)
			to->sums[slot] += row->sums[slot];
		free_row(row);
	}
	storage->nr = last + 1;
}

int against_view__take(struct against_view *storage, const struct run_over_time *run, const struct run_view *view,
		       const struct recording_head *head)
{
	const struct task_over_time *task;
	uint32_t slot;
	int err = copy_text(&storage->subject, view->facts->subject);

	if (!err)
		err = copy_text(&storage->host, head ? head->host.name : NULL);
	storage->start_ns = view->start_ns + (uint64_t)view->checkpoint->wall_offset_ns;
	storage->duration_ns = view->checkpoint->now_ns - view->start_ns;
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		storage->known[slot] = run_view__asked(view, slot_rows[slot].probe) && run_view__knows(view, slot);
	storage->rows = calloc(run->tasks.nr_processes + run->tasks.nr_groups + 1, sizeof(*storage->rows));
	if (!storage->rows)
		return -ENOMEM;
	for (task = run->tasks.table; !err && task; task = task->hh.next)
		err = take_task(&storage->rows[storage->nr++], task, view->names);
	join_rows(storage);
	return err;
}

static int rewind_rows(void *ctx)
{
	((struct against_view *)ctx)->at = 0;
	return 0;
}

/* Counters of the other run that this one has, too: counter, sum. */
static int fill_sums(struct against_view *storage, const struct against_row *row)
{
	const struct over_time_view *beside = storage->beside;
	size_t i;
	int err = 0;

	storage->sums.numbers.nr = 0;
	for (i = 0; !err && i < beside->nr_counters; i++) {
		uint64_t sum = storage->known[beside->counters[i]] ? row->sums[beside->counters[i]] : 0;

		if (sum)
			err = number_list__put(&storage->sums, i);
		if (sum && !err)
			err = number_list__put(&storage->sums, sum);
	}
	return err;
}

static int next_row(void *ctx, struct cell *cells)
{
	struct against_view *storage = ctx;
	const struct against_row *row;
	int err;

	if (storage->at == storage->nr)
		return 0;
	row = &storage->rows[storage->at++];
	err = fill_sums(storage, row);
	cells[0] = cell_string(row->comm);
	cells[1] = cell_string(row->cgroup);
	cells[2] = cell_uint(row->processes);
	cells[3] = cell_numbers(&storage->sums.numbers);
	return err ? err : 1;
}

static void add_rows(struct against_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "comm" }, { .path = "cgroup" }, { .path = "processes" }, { .path = "sums" }
	};

	report__add_table(report, &(struct table){ .path = "against.processes",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_rows, next_row, storage } });
}

int against_view__add(struct against_view *storage, const struct over_time_view *beside, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "subject" },
		{ .path = "host" },
		{ .path = "start_ns", .unit = UNIT_NS },
		{ .path = "duration_ns", .unit = UNIT_NS },
		{ .path = "counters" },
	};
	size_t i;
	int err = 0;

	_Static_assert(NR(columns) == NR(storage->cells), "columns");
	storage->beside = beside;
	for (i = 0; !err && i < beside->nr_counters; i++)
		if (storage->known[beside->counters[i]])
			err = number_list__put(&storage->counters, i);
	storage->cells[0] = cell_string(storage->subject);
	storage->cells[1] = cell_string(storage->host);
	storage->cells[2] = cell_uint(storage->start_ns);
	storage->cells[3] = cell_uint(storage->duration_ns);
	storage->cells[4] = cell_numbers(&storage->counters.numbers);
	report__add_values(report, &(struct values){ .path = "against",
						     .columns = columns,
						     .cells = storage->cells,
						     .nr_columns = NR(columns) });
	add_rows(storage, report);
	return err;
}

void against_view__done(struct against_view *storage)
{
	size_t i;

	for (i = 0; i < storage->nr; i++)
		free_row(&storage->rows[i]);
	free(storage->rows);
	free(storage->subject);
	free(storage->host);
	free(storage->counters.list);
	free(storage->sums.list);
	*storage = (struct against_view){ 0 };
}
