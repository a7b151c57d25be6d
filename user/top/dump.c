// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What is shown, as a file of text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_impl.h"

#include "../base/outfile.h"
#include "../base/sanitise.h"
#include "../screen/bars.h"

#define DUMP_WIDTH 240
#define CELL_BYTES 2048

static void pad(FILE *out, size_t columns)
{
	while (columns--)
		putc(' ', out);
}

/* One that is aligned to the right is cut like any other. */
static size_t put_cell(FILE *out, size_t at, const struct top_place *place, const char *text)
{
	char safe[CELL_BYTES];
	size_t taken, len;

	sanitise_terminal(safe, sizeof(safe), text);
	len = text_prefix(safe, place->width, &taken);
	safe[len] = '\0';
	pad(out, place->x > at ? place->x - at : 0);
	if (!place->column->left)
		pad(out, place->width - taken);
	fputs(safe, out);
	return place->x + (place->column->left ? taken : place->width);
}

static void put_heads(const struct top_layout *layout, FILE *out)
{
	size_t at = 0, i;

	for (i = 0; i < layout->nr; i++)
		at = put_cell(out, at, &layout->places[i], layout->places[i].column->title);
	putc('\n', out);
}

static void put_row(struct top_app *app, const struct top_layout *layout, const struct top_row *row, const float *line,
		    FILE *out)
{
	char text[CELL_BYTES], spark[BARS_SIZE(TOP_PAST)];
	size_t at = 0, i;

	for (i = 0; i < layout->nr; i++) {
		const struct top_place *place = &layout->places[i];
		size_t nr = place->width < TOP_PAST ? place->width : TOP_PAST;

		if (place->column->kind == TOP_COLUMN_SPARK)
			snprintf(text, sizeof(text), "%s",
				 bars__spark(spark, line + TOP_PAST - nr, nr, 0, screen__is_utf8(app->screen)));
		else
			top_column__text(place->column, row, app->model.moment, text, sizeof(text));
		at = put_cell(out, at, place, text);
	}
	putc('\n', out);
}

/* All rows, also those that the screen has no room for. */
static int put_rows(struct top_app *app, FILE *out)
{
	size_t nr = app->model.nr_order, i;
	const struct top_row **rows = calloc(nr + 1, sizeof(*rows));
	float(*lines)[TOP_PAST] = calloc(nr + 1, sizeof(*lines));
	int err = rows && lines ? 0 : -ENOMEM;
	struct top_layout layout;

	for (i = 0; !err && i < nr; i++)
		rows[i] = top_model__at(&app->model, i);
	if (!err)
		err = top_past__lines(app->past, app->model.group, app->model.set, rows, nr, lines);
	if (!err) {
		top_layout__make(&layout, app->model.group, app->model.set, app->model.sorted, DUMP_WIDTH);
		put_heads(&layout, out);
	}
	for (i = 0; !err && i < nr; i++)
		put_row(app, &layout, rows[i], lines[i], out);
	free(rows);
	free(lines);
	return err;
}

static void put_title(struct top_app *app, FILE *out)
{
	const struct top_moment *moment = top_app__moment(app);
	time_t when = (time_t)(((int64_t)moment->time_ns + moment->wall_offset_ns) / 1000000000);
	char at[64] = "", safe[CELL_BYTES];
	struct tm tm;

	if (moment->time_ns && localtime_r(&when, &tm))
		strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S", &tm);
	sanitise_terminal(safe, sizeof(safe), app->ops->where ? app->ops->where : "");
	fprintf(out, "memtrace top  %s  %.1fs  %s  by %s, %s\n", at, (double)moment->duration_ns / 1e9, safe,
		top_group_names[app->model.group], top_column_sets[app->model.set].name);
	if (app->model.filter[0])
		fprintf(out, "filter: %s\n", sanitise_terminal(safe, sizeof(safe), app->model.filter));
	fprintf(out, "%s\n", moment->lost);
}

static int put_all(struct top_app *app, FILE *out)
{
	char safe[CELL_BYTES];
	size_t i;

	put_title(app, out);
	if (app->page != TOP_PAGE_DETAILS && app->page != TOP_PAGE_HELP)
		return put_rows(app, out);
	for (i = 0; i < app->lines.nr; i++)
		fprintf(out, "%s\n", sanitise_terminal(safe, sizeof(safe), app->lines.list[i].text));
	return 0;
}

/* Standard output is the screen: "-" is a file's name here. */
int top_dump__write(struct top_app *app, const char *path)
{
	struct outfile file;
	int err;

	if (!path[0])
		return -ENOENT;
	err = outfile__open(&file, strcmp(path, "-") ? path : "./-", OUTFILE_REPORT);
	if (err)
		return err;
	err = put_all(app, file.stream);
	return outfile__finish(&file, err ? err : ferror(file.stream) ? -EIO : 0);
}
