// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "keyed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_ROWS 10

/* The columns of a row: what is shown of the key, the counters, the histogram.  How many there are. */
static size_t fill_columns(struct column *columns, const struct keyed_row *row)
{
	size_t nr = 0, i;

	for (i = 0; i < row->nr_keys; i++)
		if (row->keys[i].path)
			columns[nr++] = (struct column){ .title = row->keys[i].title,
							 .path = row->keys[i].path,
							 .unit = row->keys[i].unit,
							 .left = true,
							 .key = true };
	for (i = 0; i < row->nr_values; i++)
		columns[nr++] = (struct column){ .title = row->values[i].title,
						 .path = row->values[i].path,
						 .unit = row->values[i].unit };
	if (row->hist->path)
		columns[nr++] = (struct column){ .path = row->hist->path };
	return nr;
}

/* The name, which the tables own from then on. */
static struct cell cgroup_cell(struct keyed_tables *tables, const struct run_view *view, uint64_t id)
{
	char *text = id ? strdup(view->names->cgroup(view->names->ctx, id)) : NULL;

	if (text)
		tables->texts[tables->nr_texts++] = text;
	return cell_string(text);
}

/* A text of the key, as a string of the tables' own. */
static struct cell text_cell(struct keyed_tables *tables, const char *from, size_t size)
{
	char *text = strndup(from, size);

	if (text)
		tables->texts[tables->nr_texts++] = text;
	return cell_string(text);
}

static const char *code_name(const struct keyed_column *column, uint64_t value)
{
	size_t i;

	for (i = 0; column->names[i]; i++)
		if (i == value)
			return column->names[i];
	return NULL;
}

static struct cell key_cell(struct keyed_tables *tables, const struct run_view *view, const struct keyed_column *column,
			    const void *record, bool other)
{
	uint64_t value = keyed_column__get(column, record);

	if (other && keyed_column__is_open(column))
		return cell_string("other");
	switch (column->type) {
	case FIELD_CGROUP:
		return cgroup_cell(tables, view, value);
	case FIELD_CODE:
		return cell_string(code_name(column, value));
	case FIELD_BOOL:
		return cell_bool(value);
	case FIELD_INT:
		return (__s32)value == MT_UNKNOWN_S32 ? cell_none() : cell_int((__s32)value);
	case FIELD_TEXT:
		return value ? text_cell(tables, (const char *)record + column->offset, column->size) : cell_none();
	default:
		return cell_uint(value);
	}
}

static void fill_hist(struct histogram *hist, const struct keyed_row *row, const void *record)
{
	const char *at = record;

	*hist = (struct histogram){
		.unit = row->hist->unit,
		.counts = (const uint64_t *)(at + row->hist->offset),
		.nr_counts = MT_HIST_SLOTS,
		.count = keyed_row__head(row, record)->count,
	};
	memcpy(&hist->sum, at + row->hist->sum_offset, sizeof(hist->sum));
}

static void fill_row(struct keyed_tables *tables, const struct run_view *view, const struct keyed_row *row,
		     const void *record, struct cell *cells, struct histogram *hist)
{
	bool other = keyed_row__head(row, record)->flags & MT_KEYED_OTHER;
	size_t i;

	for (i = 0; i < row->nr_keys; i++)
		if (row->keys[i].path)
			*cells++ = key_cell(tables, view, &row->keys[i], record, other);
	for (i = 0; i < row->nr_values; i++)
		*cells++ = row->values[i].needs && !run_view__knows(view, row->values[i].needs) ?
				   cell_none() :
				   cell_uint(keyed_column__get(&row->values[i], record));
	if (!row->hist->path)
		return;
	fill_hist(hist, row, record);
	*cells = cell_histogram(hist);
}

/* Room for nr more rows; 0 or -ENOMEM. */
static int make_room(struct keyed_tables *tables, struct keyed_table *table, const struct keyed_row *row, size_t nr)
{
	char **texts = realloc(tables->texts, (tables->nr_texts + nr * row->nr_keys + 1) * sizeof(*texts));

	if (texts)
		tables->texts = texts;
	table->cells = calloc(nr + 1, table->rows.nr_columns * sizeof(*table->cells));
	table->hists = calloc(nr + 1, sizeof(*table->hists));
	return texts && table->cells && table->hists ? 0 : -ENOMEM;
}

static int fill_table(struct keyed_tables *tables, const struct run_view *view, const struct keyed_row *row,
		      enum scope scope)
{
	struct keyed_table *table = &tables->tables[row->id];
	const void **records = NULL;
	size_t nr = 0, i;
	int err = view->keyed ? keyed_counts__list(view->keyed, row, scope, &records, &nr) : 0;

	table->rows = (struct cell_rows){ .nr = nr, .nr_columns = fill_columns(table->columns, row) };
	if (!err)
		err = make_room(tables, table, row, nr);
	for (i = 0; !err && i < nr; i++)
		fill_row(tables, view, row, records[i], table->cells + i * table->rows.nr_columns, &table->hists[i]);
	free(records);
	table->rows.cells = table->cells;
	return err;
}

/* A counter's sum over the rows that text does not show. */
static uint64_t sum_beyond(const struct keyed_table *table, size_t column)
{
	uint64_t sum = 0;
	size_t i;

	for (i = TEXT_ROWS; i < table->rows.nr; i++)
		sum += table->cells[i * table->rows.nr_columns + column].u;
	return sum;
}

/* "12 more (--json)" in place of the key, and the sums of their counts; columns without a title are not in text. */
static int table_rest(void *ctx, size_t nr, struct cell *cells)
{
	struct keyed_table *table = ctx;
	size_t i;

	if (nr || table->rows.nr <= TEXT_ROWS)
		return 0;
	snprintf(table->rest, sizeof(table->rest), "%zu more (--json)", table->rows.nr - TEXT_ROWS);
	for (i = 0; i < table->rows.nr_columns; i++) {
		const struct column *column = &table->columns[i];

		cells[i] = cell_none();
		if (column->key)
			cells[i] = cell_string(i ? "" : table->rest);
		else if (column->title)
			cells[i] = cell_uint(sum_beyond(table, i));
	}
	return 1;
}

/* Whether a row says what it is about: some member of its key that can have any value is known. */
static bool says_what(const struct keyed_row *row, const struct cell *cells)
{
	size_t i;

	for (i = 0; i < row->nr_keys; i++) {
		if (!row->keys[i].path)
			continue;
		if (keyed_column__is_open(&row->keys[i]) && cells->kind != CELL_NONE)
			return true;
		cells++;
	}
	return false;
}

/* Rows of which none says what it is about would only repeat the totals. */
static bool is_for_people(const struct keyed_table *table, const struct keyed_row *row)
{
	size_t i;

	for (i = 0; i < table->rows.nr; i++)
		if (says_what(row, table->cells + i * table->rows.nr_columns))
			return true;
	return false;
}

static void add_table(struct keyed_table *table, const struct keyed_row *row, struct report *report, const char *path,
		      bool not_in_text)
{
	bool in_text = !not_in_text && row->heading && is_for_people(table, row);
	const struct table shown = {
		.path = path,
		.not_in_text = !in_text,
		.heading = row->heading,
		.columns = table->columns,
		.nr_columns = table->rows.nr_columns,
		.rows = cell_rows__source(&table->rows),
		.text_rows = TEXT_ROWS,
		.rest = table_rest,
	};

	if (in_text)
		report__add_note(report, "%s", "");
	report__add_table(report, &shown);
	if (in_text)
		report__add_note(report, "%s", "");
}

int keyed_tables__add(struct keyed_tables *tables, const struct run_view *view, struct report *report, enum scope scope,
		      bool not_in_text)
{
	const struct keyed_row *row;
	int err = 0;

	memset(tables, 0, sizeof(*tables));
	for (row = keyed_rows; !err && view->keyed && row < keyed_rows + MT_NR_KEYED; row++) {
		if (!run_view__asked(view, row->probe) || !keyed_counts__knows(view->keyed, row))
			continue;
		err = fill_table(tables, view, row, scope);
		if (!err)
			add_table(&tables->tables[row->id], row, report, row->path, not_in_text);
	}
	return err;
}

int keyed_tables__add_one(struct keyed_tables *tables, const struct run_view *view, struct report *report,
			  enum scope scope, enum mt_keyed id, const char *path)
{
	const struct keyed_row *row = &keyed_rows[id];
	int err = fill_table(tables, view, row, scope);

	if (!err)
		add_table(&tables->tables[id], row, report, path, true);
	return err;
}

void keyed_tables__done(struct keyed_tables *tables)
{
	size_t i;

	for (i = 0; i < MT_NR_KEYED; i++) {
		free(tables->tables[i].cells);
		free(tables->tables[i].hists);
	}
	while (tables->nr_texts)
		free(tables->texts[--tables->nr_texts]);
	free(tables->texts);
	memset(tables, 0, sizeof(*tables));
}
