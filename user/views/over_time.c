// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "over_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))
#define NOT_SHOWN UINT32_MAX

int number_list__put(struct number_list *numbers, uint64_t number)
{
	size_t room = numbers->room ? 2 * numbers->room : 64;
	uint64_t *list;

	if (numbers->numbers.nr == numbers->room) {
		list = reallocarray(numbers->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		numbers->list = list;
		numbers->numbers.list = list;
		numbers->room = room;
	}
	numbers->list[numbers->numbers.nr++] = number;
	return 0;
}

static int put_count(struct number_list *numbers, uint32_t at, uint32_t key, uint64_t value)
{
	int err = number_list__put(numbers, at);

	if (!err)
		err = number_list__put(numbers, key);
	return err ? err : number_list__put(numbers, value);
}

/* Counts of slots, by the numbers of those that are shown. */
static int fill_slots(const struct over_time_view *storage, struct number_list *numbers,
		      const struct timed_counts *counts)
{
	size_t i;
	int err = 0;

	numbers->numbers.nr = 0;
	for (i = 0; !err && i < counts->nr; i++) {
		uint32_t key = storage->counter_of[counts->list[i].key];

		if (key != NOT_SHOWN)
			err = put_count(numbers, counts->list[i].at, key, counts->list[i].value);
	}
	return err;
}

static struct cell cell_of(const struct number_list *numbers)
{
	return cell_numbers(&numbers->numbers);
}

static const char *list_probes(uint32_t probes, char *text, size_t size)
{
	size_t at = 0;
	int id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (probes & (1U << id) && at < size)
			at += (size_t)snprintf(text + at, size - at, "%s%s", at ? " " : "", probe_rows[id].name);
	return at ? text : NULL;
}

static void add_host(struct over_time_view *storage, const struct recording_head *head, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "subject" },
		{ .path = "host.name" },
		{ .path = "host.kernel" },
		{ .path = "host.cpus" },
		{ .path = "host.memory_bytes", .unit = UNIT_BYTES },
		{ .path = "every" },
		{ .path = "page_size", .unit = UNIT_BYTES },
	};
	const struct run_facts *facts = storage->view->facts;
	struct cell *c = storage->host;

	_Static_assert(NR(columns) == NR(storage->host), "columns");
	*c++ = cell_string(facts->subject);
	*c++ = cell_string(head ? head->host.name : NULL);
	*c++ = cell_string(head ? head->host.kernel : NULL);
	*c++ = head ? cell_uint(head->host.cpus) : cell_none();
	*c++ = head ? cell_uint(head->host.memory_bytes) : cell_none();
	*c++ = cell_string(list_probes(facts->every, storage->every, sizeof(storage->every)));
	*c++ = cell_uint(facts->page_size);
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = columns, .cells = storage->host, .nr_columns = NR(columns) });
}

static void add_stretches(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "begin_ns", .unit = UNIT_TIME },
		{ .path = "end_ns", .unit = UNIT_TIME },
		{ .path = "moments", .unit = UNIT_COUNT },
	};
	const struct stretches *stretches = &storage->run->stretches;

	storage->stretches[0] = cell_uint(stretches->begin_ns);
	storage->ends = (struct numbers){ stretches->end_ns, stretches->nr };
	storage->stretches[1] = cell_numbers(&storage->ends);
	storage->stretches[2] = cell_uint(stretches->width);
	report__add_values(report, &(struct values){ .path = "stretches",
						     .columns = columns,
						     .cells = storage->stretches,
						     .nr_columns = NR(columns) });
}

static int add_sums(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = { { .path = "counts" } };
	int err = fill_slots(storage, &storage->all, &storage->run->sums);

	storage->sums[0] = cell_of(&storage->all);
	report__add_values(report,
			   &(struct values){ .path = "", .columns = columns, .cells = storage->sums, .nr_columns = 1 });
	return err;
}

/* Buckets are in histograms. */
static void choose_counters(struct over_time_view *storage)
{
	uint32_t slot;

	storage->nr_counters = 0;
	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		storage->counter_of[slot] = NOT_SHOWN;
		if (slot_rows[slot].role == ROLE_BUCKET || !run_view__asked(storage->view, slot_rows[slot].probe) ||
		    !run_view__knows(storage->view, slot))
			continue;
		storage->counter_of[slot] = (uint32_t)storage->nr_counters;
		storage->counters[storage->nr_counters++] = slot;
	}
}

static int counters_rewind(void *ctx)
{
	((struct over_time_view *)ctx)->counter_pos = 0;
	return 0;
}

static int counters_next(void *ctx, struct cell *cells)
{
	struct over_time_view *storage = ctx;
	const struct slot_row *row;

	if (storage->counter_pos == storage->nr_counters)
		return 0;
	row = &slot_rows[storage->counters[storage->counter_pos++]];
	cells[0] = cell_string(row->path);
	cells[1] = cell_string(schema__unit_name(row->unit));
	cells[2] = cell_string(probe_rows[row->probe].name);
	cells[3] = cell_string(row->help);
	return 1;
}

static void add_counters(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "path" }, { .path = "unit" }, { .path = "probe" }, { .path = "help" }
	};

	report__add_table(report, &(struct table){ .path = "counters",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { counters_rewind, counters_next, storage } });
}

static bool is_known(const struct over_time_view *storage, const struct probe_column *column)
{
	size_t i;

	for (i = 0; i < column->nr_slots; i++)
		if (storage->counter_of[column->slots[i]] != NOT_SHOWN)
			return true;
	return false;
}

static void choose_columns(struct over_time_view *storage)
{
	const struct probe_column *column;
	enum mt_probe id;

	storage->nr_columns = 0;
	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!run_view__asked(storage->view, id))
			continue;
		for (column = probes[id]->columns; column && column->slots; column++)
			if (column->title && storage->nr_columns < OVER_TIME_COLUMNS &&
			    run_view__shows(storage->view, column) && is_known(storage, column))
				storage->columns[storage->nr_columns++] = (struct over_time_column){ column, id };
	}
}

static int columns_rewind(void *ctx)
{
	((struct over_time_view *)ctx)->column_pos = 0;
	return 0;
}

static int columns_next(void *ctx, struct cell *cells)
{
	static const char *const measures[] = {
		[MEASURE_SUM] = "sum", [MEASURE_PER_SECOND] = "per_second", [MEASURE_SHARE] = "share"
	};
	struct over_time_view *storage = ctx;
	const struct probe_column *column;
	size_t i;
	int err = 0;

	if (storage->column_pos == storage->nr_columns)
		return 0;
	column = storage->columns[storage->column_pos].column;
	storage->numbers.numbers.nr = 0;
	for (i = 0; !err && i < column->nr_slots; i++)
		if (storage->counter_of[column->slots[i]] != NOT_SHOWN)
			err = number_list__put(&storage->numbers, storage->counter_of[column->slots[i]]);
	cells[0] = cell_string(column->title);
	cells[1] = cell_string(probe_rows[storage->columns[storage->column_pos++].probe].name);
	cells[2] = cell_string(measures[column->measure]);
	cells[3] = cell_string(schema__unit_name(column->unit));
	cells[4] = cell_bool(column->stall);
	cells[5] = cell_of(&storage->numbers);
	return err ? err : 1;
}

static void add_columns(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "title" }, { .path = "probe" }, { .path = "measure" },
		{ .path = "unit" },  { .path = "stall" }, { .path = "counters" },
	};

	report__add_table(report, &(struct table){ .path = "columns",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { columns_rewind, columns_next, storage } });
}

static int tasks_rewind(void *ctx)
{
	struct over_time_view *storage = ctx;

	storage->tasks_begun = false;
	return 0;
}

static const char *cgroup_of(struct over_time_view *storage, uint64_t id)
{
	const struct event_names *names = storage->view->names;

	if (!id)
		return NULL;
	snprintf(storage->cgroup, sizeof(storage->cgroup), "%s", names->cgroup(names->ctx, id));
	return storage->cgroup;
}

static int tasks_next(void *ctx, struct cell *cells)
{
	struct over_time_view *storage = ctx;
	const struct task_over_time *task = storage->tasks_begun ? storage->task->hh.next : storage->run->tasks.table;
	bool one = task && task->key.pid;
	int err;

	if (!task)
		return 0;
	storage->tasks_begun = true;
	storage->task = task;
	err = fill_slots(storage, &storage->numbers, &task->counts);
	cells[0] = one ? cell_uint(task->key.pid) : cell_none();
	cells[1] = one ? cell_uint(task->key.start_ns) : cell_none();
	cells[2] = cell_string(one ? task->comm : NULL);
	cells[3] = cell_string(cgroup_of(storage, task->cgroup_id));
	cells[4] = one ? cell_uint(task->uid) : cell_none();
	cells[5] = one ? cell_bool(task->exited) : cell_none();
	cells[6] = cell_uint(task->processes);
	cells[7] = cell_of(&storage->numbers);
	return err ? err : 1;
}

static void add_tasks(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "pid" }, { .path = "start_time_ns" }, { .path = "comm" },	 { .path = "cgroup" },
		{ .path = "uid" }, { .path = "exited" },	{ .path = "processes" }, { .path = "counts" },
	};

	report__add_table(report, &(struct table){ .path = "processes",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { tasks_rewind, tasks_next, storage } });
}

static int samples_rewind(void *ctx)
{
	((struct over_time_view *)ctx)->sample_pos = 0;
	return 0;
}

static int samples_next(void *ctx, struct cell *cells)
{
	struct over_time_view *storage = ctx;
	const struct run_over_time *run = storage->run;
	const struct sample_row *row;
	size_t id;

	while (storage->sample_pos < NR_SAMPLES && !run->samples[storage->sample_pos].known)
		storage->sample_pos++;
	if (storage->sample_pos == NR_SAMPLES)
		return 0;
	id = storage->sample_pos++;
	row = &sample_rows[id];
	cells[0] = cell_string(row->path);
	cells[1] = cell_string(sample__kind_name(row->kind));
	cells[2] = row->unit == UNIT_SHARE ? cell_string("ten-thousandths") : cell_string(schema__unit_name(row->unit));
	cells[3] = cell_string(row->help);
	storage->values = (struct numbers){ run->samples[id].value, run->stretches.nr };
	storage->least = (struct numbers){ run->samples[id].least, run->stretches.nr };
	cells[4] = cell_numbers(&storage->values);
	cells[5] = cell_numbers(row->kind == SAMPLE_GAUGE ? &storage->least : NULL);
	return 1;
}

static void add_samples(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "path" }, { .path = "kind" },	  { .path = "unit" },
		{ .path = "help" }, { .path = "values" }, { .path = "least" },
	};

	report__add_table(report, &(struct table){ .path = "samples",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { samples_rewind, samples_next, storage } });
}

static bool is_shown(const struct over_time_view *storage, const struct hist_row *row)
{
	return run_view__asked(storage->view, row->probe) && storage->view->probes[row->probe].hooked && !row->by_kind;
}

static const char *label_of(struct over_time_view *storage, const struct hist_over_time *hist)
{
	int64_t i;

	if (!hist->row->label)
		return NULL;
	for (i = 0; hist->row->label_names && hist->row->label_names[i]; i++)
		if (i == hist->label)
			return hist->row->label_names[i];
	if (hist->label == MT_UNKNOWN_S32)
		return "unknown";
	snprintf(storage->label, sizeof(storage->label), "%lld", (long long)hist->label);
	return storage->label;
}

static int fill_counts(struct number_list *numbers, const struct timed_counts *counts, bool keys)
{
	size_t i;
	int err = 0;

	numbers->numbers.nr = 0;
	for (i = 0; !err && i < counts->nr; i++) {
		err = number_list__put(numbers, counts->list[i].at);
		if (!err && keys)
			err = number_list__put(numbers, counts->list[i].key);
		if (!err)
			err = number_list__put(numbers, counts->list[i].value);
	}
	return err;
}

static int hists_rewind(void *ctx)
{
	((struct over_time_view *)ctx)->hist_pos = 0;
	return 0;
}

static int hists_next(void *ctx, struct cell *cells)
{
	struct over_time_view *storage = ctx;
	const struct run_over_time *run = storage->run;
	const struct hist_over_time *hist;
	int err;

	while (storage->hist_pos < run->nr_hists && !is_shown(storage, run->hists[storage->hist_pos].row))
		storage->hist_pos++;
	if (storage->hist_pos == run->nr_hists)
		return 0;
	hist = &run->hists[storage->hist_pos++];
	err = fill_counts(&storage->numbers, &hist->counts, true);
	if (!err)
		err = fill_counts(&storage->more, &hist->sums, false);
	cells[0] = cell_string(hist->row->name);
	cells[1] = cell_string(hist->row->label);
	cells[2] = cell_string(label_of(storage, hist));
	cells[3] = cell_string(schema__unit_name(hist->row->unit));
	cells[4] = cell_string(hist->row->help);
	cells[5] = cell_bool(hist->row->event == MT_REC_NONE);
	cells[6] = cell_of(&storage->numbers);
	cells[7] = cell_of(&storage->more);
	return err ? err : 1;
}

static void add_hists(struct over_time_view *storage, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "name" }, { .path = "label" }, { .path = "value" },  { .path = "unit" },
		{ .path = "help" }, { .path = "exact" }, { .path = "counts" }, { .path = "sums" },
	};

	report__add_table(report, &(struct table){ .path = "histograms",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { hists_rewind, hists_next, storage } });
}

int over_time_view__add(struct over_time_view *storage, const struct run_over_time *run, const struct run_view *view,
			const struct recording_head *head, struct report *report)
{
	int err;

	memset(storage, 0, sizeof(*storage));
	storage->run = run;
	storage->view = view;
	choose_counters(storage);
	choose_columns(storage);
	add_host(storage, head, report);
	add_stretches(storage, report);
	add_counters(storage, report);
	add_columns(storage, report);
	err = add_sums(storage, report);
	add_tasks(storage, report);
	add_samples(storage, report);
	add_hists(storage, report);
	return err;
}

void over_time_view__done(struct over_time_view *storage)
{
	free(storage->all.list);
	free(storage->numbers.list);
	free(storage->more.list);
	storage->all = storage->numbers = storage->more = (struct number_list){ 0 };
}
