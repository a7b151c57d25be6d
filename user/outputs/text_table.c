/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Tables.  The rows are read twice, for the widths and for printing, so that
 * a table of any length needs memory for one row only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "../base/sanitise.h"

/* A name cut further than this is useless; then whole columns are left out. */
#define MIN_NAME_WIDTH 10

#define ELLIPSIS "\xe2\x80\xa6"

struct shown {
	size_t index;	/* in the table's columns */
	size_t natural; /* what its longest cell takes */
	size_t width;
};

struct layout {
	struct text *text;
	const struct table *table;
	struct cell *cells; /* of one row */
	struct shown *shown;
	size_t nr;
	size_t nr_rows;
};

typedef void (*row_fn)(struct layout *layout, const struct cell *cells);

static const struct column *column_of(const struct layout *layout, size_t i)
{
	return &layout->table->columns[layout->shown[i].index];
}

static void show_columns(struct layout *layout, bool key)
{
	for (size_t i = 0; i < layout->table->nr_columns; i++) {
		const struct column *column = &layout->table->columns[i];

		if (column->title && column->key == key)
			layout->shown[layout->nr++] =
				(struct shown){ .index = i, .natural = text_width(column->title) };
	}
}

static void count_row(struct layout *layout, const struct cell *cells)
{
	(void)cells;
	layout->nr_rows++;
}

static void measure_row(struct layout *layout, const struct cell *cells)
{
	for (size_t i = 0; i < layout->nr; i++) {
		struct shown *shown = &layout->shown[i];
		size_t width =
			text_width(cell_text__format(&layout->text->cells, column_of(layout, i), &cells[shown->index]));

		if (width > shown->natural)
			shown->natural = width;
	}
	count_row(layout, cells);
}

/* Calls row for each row that text shows, and last for those at the end. */
static int each_row(struct layout *layout, row_fn row)
{
	const struct table *table = layout->table;
	int err = table->rows.rewind(table->rows.ctx);

	for (size_t i = 0; !err && (table->text_rows == 0 || i < table->text_rows); i++) {
		int more = table->rows.next(table->rows.ctx, layout->cells);

		if (more < 0)
			return more;
		if (more == 0)
			break;
		row(layout, layout->cells);
	}
	for (size_t i = 0; !err && table->rest; i++) {
		int more = table->rest(table->rows.ctx, i, layout->cells);

		if (more <= 0)
			return more;
		row(layout, layout->cells);
	}
	return err;
}

static size_t total_width(const struct layout *layout)
{
	size_t total = layout->nr ? layout->nr - 1 : 0;

	for (size_t i = 0; i < layout->nr; i++)
		total += layout->shown[i].width;
	return total;
}

/* The widest column of names that can still be cut, or NULL. */
static struct shown *widest_name(struct layout *layout)
{
	struct shown *widest = NULL;

	for (size_t i = 0; i < layout->nr; i++) {
		struct shown *shown = &layout->shown[i];

		if (column_of(layout, i)->left && shown->width > MIN_NAME_WIDTH &&
		    (!widest || shown->width > widest->width))
			widest = shown;
	}
	return widest;
}

/* Returns whether the columns fit with names cut as far as they may be. */
static bool cut_names(struct layout *layout, size_t width)
{
	struct shown *widest;
	size_t total;

	for (size_t i = 0; i < layout->nr; i++)
		layout->shown[i].width = layout->shown[i].natural;
	for (total = total_width(layout); width && total > width; total--) {
		widest = widest_name(layout);
		if (!widest)
			return false;
		widest->width--;
	}
	return true;
}

static bool drop_column(struct layout *layout)
{
	if (layout->nr == 0 || column_of(layout, layout->nr - 1)->key)
		return false;
	layout->nr--;
	return true;
}

/* What still does not fit wraps: keys and numbers are never cut. */
static void fit(struct layout *layout)
{
	while (!cut_names(layout, layout->text->out->style.width) && drop_column(layout))
		;
}

static void pad(FILE *stream, size_t nr)
{
	fprintf(stream, "%*s", (int)nr, "");
}

/* Prints one cell, in that width; nothing follows the last of a line that is aligned to the left. */
static void put_aligned(struct layout *layout, bool left, size_t width, bool last, const char *word, const char *style)
{
	FILE *stream = layout->text->stream;
	const char *reset = *style ? TEXT_RESET : "";
	size_t taken, len = text_prefix(word, width, &taken);
	const char *ellipsis = "";

	if (left && word[len]) {
		len = text_prefix(word, width - 1, &taken);
		ellipsis = ELLIPSIS;
		taken++;
	}
	if (!left) {
		len = strlen(word);
		pad(stream, width > taken ? width - taken : 0);
	}
	fprintf(stream, "%s%.*s%s%s", style, (int)len, word, ellipsis, reset);
	if (left && !last)
		pad(stream, width - taken);
}

static void print_titles(struct layout *layout)
{
	struct text *text = layout->text;

	fputs(text__style(text, TEXT_BOLD), text->stream);
	for (size_t i = 0; i < layout->nr; i++) {
		fputs(i ? " " : "", text->stream);
		put_aligned(layout, column_of(layout, i)->left, layout->shown[i].width, i + 1 == layout->nr,
			    column_of(layout, i)->title, "");
	}
	fprintf(text->stream, "%s\n", text__style(text, TEXT_RESET));
}

static bool is_blank(const struct cell *cell)
{
	return cell->kind == CELL_STRING && !cell->s[0];
}

/* How many columns a cell takes: a name that is too long for its own has those behind it that are blank. */
static size_t span(const struct layout *layout, const struct cell *cells, size_t i, const char *word, size_t *width)
{
	size_t nr = 1;

	*width = layout->shown[i].width;
	while (column_of(layout, i)->left && text_width(word) > *width && i + nr < layout->nr &&
	       is_blank(&cells[layout->shown[i + nr].index]))
		*width += 1 + layout->shown[i + nr++].width;
	return nr;
}

static void print_row(struct layout *layout, const struct cell *cells)
{
	struct text *text = layout->text;
	size_t nr = layout->nr, width, i, taken;

	while (nr && is_blank(&cells[layout->shown[nr - 1].index]))
		nr--;
	for (i = 0; i < nr; i += taken) {
		const struct cell *cell = &cells[layout->shown[i].index];
		const char *style = cell__is_zero(cell) ? text__style(text, TEXT_DIM) : "";
		const char *word = cell_text__format(&text->cells, column_of(layout, i), cell);

		taken = span(layout, cells, i, word, &width);
		fputs(i ? " " : "", text->stream);
		put_aligned(layout, column_of(layout, i)->left, width, i + taken >= nr, word, style);
	}
	fputc('\n', text->stream);
}

static void print_line(struct layout *layout, const struct cell *cells)
{
	const struct table *table = layout->table;

	text__line(layout->text, table->text, table->columns, cells, table->nr_columns);
}

static void print_heading(struct layout *layout)
{
	if (layout->table->heading)
		fprintf(layout->text->stream, "%s\n", cell_text__safe(&layout->text->cells, layout->table->heading));
}

static int print_table(struct layout *layout)
{
	const struct table *table = layout->table;
	int err = each_row(layout, table->text ? count_row : measure_row);

	if (err)
		return err;
	print_heading(layout);
	if (layout->nr_rows == 0 && table->empty) {
		fprintf(layout->text->stream, "%s\n", cell_text__safe(&layout->text->cells, table->empty));
		return 0;
	}
	if (table->text)
		return each_row(layout, print_line);
	fit(layout);
	print_titles(layout);
	return each_row(layout, print_row);
}

void text__table(struct text *text, const struct table *table)
{
	struct layout layout = { .text = text, .table = table };
	int err = -ENOMEM;

	layout.cells = calloc(table->nr_columns + 1, sizeof(*layout.cells));
	layout.shown = calloc(table->nr_columns + 1, sizeof(*layout.shown));
	if (!layout.cells || !layout.shown)
		goto out;
	show_columns(&layout, true);
	show_columns(&layout, false);
	err = print_table(&layout);
out:
	free(layout.shown);
	free(layout.cells);
	if (err && !text->cells.error)
		text->cells.error = err;
}
