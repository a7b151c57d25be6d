// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared.h"

#include <stdio.h>
#include <string.h>

#include "../base/units.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* What a row says of one counter, or of one that the machine has. */
struct line {
	const char *title, *path;
	enum unit unit;
	uint64_t sums[NR_COMPARED]; /* MT_UNKNOWN_U64: unknown */
	double scale;		    /* of the sum before */
	uint64_t unit_size;	    /* of a number in text */
};

/* What the kernel counts of the machine, whoever did it. */
static const struct {
	const char *title;
	enum sample_id id;
} samples[] = {
	{ "PSI some", SAMPLE_pressure_memory_some_total },
	{ "PSI full", SAMPLE_pressure_memory_full_total },
	{ "swapped in", SAMPLE_vm_pswpin },
	{ "swapped out", SAMPLE_vm_pswpout },
	{ "refaults of files", SAMPLE_vm_workingset_refault_file },
	{ "refaults of anonymous pages", SAMPLE_vm_workingset_refault_anon },
};

static const struct column names[] = {
	{ .title = "COMM", .path = "comm", .left = true },
	{ .title = "CGROUP", .path = "cgroup", .left = true },
	{ .title = "PROGRAM", .path = "program", .left = true },
	{ .title = "ROLE", .path = "role", .left = true },
};

/* Which of these, by the kind of rows; -1: none. */
static const int names_by[][2] = {
	[BY_PROCESS] = { 0, 1 },
	[BY_COMM] = { 0, -1 },
	[BY_CGROUP] = { -1, 1 },
	[BY_ROLE] = { 2, 3 },
};

static struct line line_of(const struct compared_view *view, size_t counter, const struct compared_row *row)
{
	const struct compared *compared = view->compared;
	const struct probe_column *column = &compared->counters[counter];
	struct line line = { .title = column->title,
			     .path = column->path,
			     .unit = column->unit,
			     .scale = compared_runs__scale(&compared->runs),
			     .unit_size = column->unit == UNIT_PAGES ? compared->page_size : 1 };
	int side;

	for (side = 0; side < NR_COMPARED; side++)
		line.sums[side] = row				       ? compared__sum(compared, row, side, counter) :
				  compared->sides[side].known[counter] ? compared->sides[side].totals[counter] :
									 MT_UNKNOWN_U64;
	return line;
}

static struct line line_of_sample(const struct compared_view *view, size_t i)
{
	const struct sample_row *row = &sample_rows[samples[i].id];
	struct line line = { .title = samples[i].title,
			     .path = row->path,
			     .unit = row->unit,
			     .scale = compared_runs__scale(&view->compared->runs),
			     .unit_size = row->unit == UNIT_PAGES ? view->compared->page_size : 1 };
	int side;

	for (side = 0; side < NR_COMPARED; side++)
		line.sums[side] = view->compared->sides[side].samples[samples[i].id];
	return line;
}

static char *spell(char *buf, size_t size, enum unit unit, double number)
{
	if (unit == UNIT_NS)
		return format_duration(buf, size, (uint64_t)number);
	if (unit == UNIT_PAGES || unit == UNIT_BYTES)
		return format_bytes(buf, size, number);
	return format_count(buf, size, (uint64_t)(number + 0.5));
}

static bool is_known(const struct line *line)
{
	return line->sums[COMPARED_BEFORE] != MT_UNKNOWN_U64 && line->sums[COMPARED_NOW] != MT_UNKNOWN_U64;
}

static double before_of(const struct line *line)
{
	return (double)line->sums[COMPARED_BEFORE] * line->scale;
}

static void spell_difference(char *buf, size_t size, const struct line *line)
{
	double difference = (double)line->sums[COMPARED_NOW] - before_of(line);
	char number[40];

	spell(number, sizeof(number), line->unit, (difference < 0 ? -difference : difference) * line->unit_size);
	snprintf(buf, size, "%s%s", difference < 0 ? "-" : "+", number);
}

static void spell_ratio(char *buf, size_t size, const struct line *line)
{
	double before = before_of(line), now = (double)line->sums[COMPARED_NOW];

	if (before <= 0 || now <= 0)
		snprintf(buf, size, "%s", before > 0 ? "gone" : now > 0 ? "new" : "-");
	else
		snprintf(buf, size, now / before < 100 ? "x%.2f" : "x%.0f", now / before);
}

/* WHAT BEFORE NOW DIFFERENCE RATIO */
static size_t fill_text(struct compared_table *table, const struct line *line, struct cell *cells)
{
	size_t i;

	snprintf(table->cells[0], sizeof(table->cells[0]), "%.*s", (int)strcspn(line->title, "/"), line->title);
	for (i = 1; i < NR(table->cells); i++)
		snprintf(table->cells[i], sizeof(table->cells[i]), "-");
	if (line->sums[COMPARED_BEFORE] != MT_UNKNOWN_U64)
		spell(table->cells[1], sizeof(table->cells[1]), line->unit, before_of(line) * line->unit_size);
	if (line->sums[COMPARED_NOW] != MT_UNKNOWN_U64)
		spell(table->cells[2], sizeof(table->cells[2]), line->unit,
		      (double)line->sums[COMPARED_NOW] * line->unit_size);
	if (is_known(line)) {
		spell_difference(table->cells[3], sizeof(table->cells[3]), line);
		spell_ratio(table->cells[4], sizeof(table->cells[4]), line);
	}
	for (i = 0; i < NR(table->cells); i++)
		cells[i] = cell_string(table->cells[i]);
	return NR(table->cells);
}

static struct cell number(uint64_t n)
{
	return n == MT_UNKNOWN_U64 ? cell_none() : cell_uint(n);
}

static struct cell rate(const struct compared_view *view, const struct line *line, enum compared_side_id side)
{
	uint64_t ns = view->compared->runs.run[side].duration_ns;

	return line->sums[side] == MT_UNKNOWN_U64 || !ns ? cell_none() :
							   cell_real((double)line->sums[side] * 1e9 / (double)ns);
}

/* counter unit before now before_per_second now_per_second difference_per_second ratio */
static size_t fill_json(const struct compared_view *view, const struct line *line, struct cell *cells)
{
	const char *unit = schema__unit_name(line->unit);

	cells[0] = cell_string(line->path);
	cells[1] = cell_string(unit ? unit : "count");
	cells[2] = number(line->sums[COMPARED_BEFORE]);
	cells[3] = number(line->sums[COMPARED_NOW]);
	cells[4] = rate(view, line, COMPARED_BEFORE);
	cells[5] = rate(view, line, COMPARED_NOW);
	cells[6] = cells[7] = cell_none();
	if (cells[4].kind == CELL_REAL && cells[5].kind == CELL_REAL) {
		cells[6] = cell_real(cells[5].r - cells[4].r);
		if (cells[4].r > 0)
			cells[7] = cell_real(cells[5].r / cells[4].r);
	}
	return 8;
}

static size_t fill(struct compared_table *table, const struct line *line, struct cell *cells)
{
	return table->text ? fill_text(table, line, cells) : fill_json(table->view, line, cells);
}

static void add_column(struct compared_table *table, const char *text, struct column column)
{
	column.title = table->text ? text : NULL;
	column.path = table->text ? NULL : column.path;
	table->columns[table->nr_columns++] = column;
}

static void add_numbers(struct compared_table *table)
{
	static const char *const titles[] = { "WHAT", "BEFORE", "NOW", "DIFFERENCE", "RATIO" };
	static const char *const paths[] = {
		"counter", "unit", "before", "now", "before_per_second", "now_per_second", "difference_per_second",
		"ratio"
	};
	size_t i;

	for (i = 0; table->text && i < NR(titles); i++)
		add_column(table, titles[i], (struct column){ .left = !i });
	for (i = 0; !table->text && i < NR(paths); i++)
		add_column(table, NULL, (struct column){ .path = paths[i], .main = !table->totals && i == 6 });
}

static void add_names(struct compared_table *table)
{
	const int *by = names_by[table->view->compared->by];
	size_t i;

	for (i = 0; i < NR(names_by[0]); i++)
		if (by[i] >= 0)
			add_column(table, names[by[i]].title, names[by[i]]);
	if (table->text)
		return;
	add_column(table, NULL, (struct column){ .path = "processes.before" });
	add_column(table, NULL, (struct column){ .path = "processes.now" });
}

static bool says_nothing(uint64_t sum)
{
	return !sum || sum == MT_UNKNOWN_U64;
}

static bool is_shown(const struct compared_table *table, const struct line *line)
{
	if (!table->text)
		return line->path;
	return line->title && !(says_nothing(line->sums[COMPARED_BEFORE]) && says_nothing(line->sums[COMPARED_NOW]));
}

static int rewind_table(void *ctx)
{
	((struct compared_table *)ctx)->pos = 0;
	return 0;
}

static int next_total(void *ctx, struct cell *cells)
{
	struct compared_table *table = ctx;
	size_t nr = table->view->compared->nr_counters, at;
	struct line line;

	while (table->pos < nr + NR(samples)) {
		at = table->pos++;
		line = at < nr ? line_of(table->view, at, NULL) : line_of_sample(table->view, at - nr);
		if (!is_shown(table, &line))
			continue;
		fill(table, &line, cells);
		return 1;
	}
	return 0;
}

static void fill_names(const struct compared_table *table, const struct compared_row *row, struct cell *cells)
{
	const int *by = names_by[table->view->compared->by];
	size_t at = 0;

	if (by[0] >= 0)
		cells[at++] = cell_string(row->name);
	/* a group without a cgroup of its own is "other" */
	if (by[1] >= 0)
		cells[at++] = cell_string(row->second ? row->second : by[0] < 0 ? row->name : NULL);
	if (table->text)
		return;
	cells[at++] = cell_uint(row->processes[COMPARED_BEFORE]);
	cells[at++] = cell_uint(row->processes[COMPARED_NOW]);
}

static int next_row(void *ctx, struct cell *cells)
{
	struct compared_table *table = ctx;
	const struct compared *compared = table->view->compared;
	const struct compared_entry *entry;
	struct line line;

	while (table->pos < compared->nr_entries) {
		entry = &compared->entries[table->pos++];
		line = line_of(table->view, entry->counter, entry->row);
		/* people want to see what differs */
		if (!is_shown(table, &line) || (table->text && entry->weight <= 0))
			continue;
		fill_names(table, entry->row, cells);
		fill(table, &line, cells + table->nr_columns - (table->text ? 5 : 8));
		return 1;
	}
	return 0;
}

/* "120 more (-k 0)" in the first column. */
static int fill_rest(void *ctx, size_t nr, struct cell *cells)
{
	struct compared_table *table = ctx;
	struct compared_view *view = table->view;
	struct cell unread[COMPARED_COLUMNS];
	size_t all = 0, i;

	if (nr || !view->shown)
		return 0;
	rewind_table(table);
	while (next_row(table, unread) > 0)
		all++;
	if (all <= view->shown)
		return 0;
	snprintf(view->rest, sizeof(view->rest), "%zu more (-k 0)", all - view->shown);
	for (i = 0; i < table->nr_columns; i++)
		cells[i] = cell_string(i ? "" : view->rest);
	return 1;
}

static void add_table(struct compared_view *view, struct report *report, struct compared_table *table)
{
	struct table section = { .columns = table->columns, .not_in_text = !table->text };

	table->view = view;
	if (!table->totals)
		add_names(table);
	add_numbers(table);
	section.nr_columns = table->nr_columns;
	section.rows = (struct row_source){ rewind_table, table->totals ? next_total : next_row, table };
	if (!table->text)
		section.path = table->totals ? "totals" : "rows";
	else
		section.empty = "nothing was counted in either";
	if (table->text && !table->totals) {
		section.heading = "who differs most:";
		section.empty = "nobody differs";
		section.text_rows = view->shown;
		section.rest = fill_rest;
	}
	report__add_table(report, &section);
}

void compared_view__add(struct compared_view *view, struct report *report)
{
	size_t i;

	compared_runs_view__add(&view->runs, &view->compared->runs, report);
	for (i = 0; i < NR(view->tables); i++) {
		view->tables[i].text = i < 2;
		view->tables[i].totals = !(i & 1);
		add_table(view, report, &view->tables[i]);
	}
}
