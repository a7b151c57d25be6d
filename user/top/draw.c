// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The screen: header, table or page, and the line at the bottom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_impl.h"

#include "../screen/bars.h"

static void draw_heads(struct top_app *app, unsigned int y)
{
	unsigned int width = screen__columns(app->screen);
	char head[64];
	size_t i;

	screen__tint(app->screen, y, 0, width, STYLE_HEAD);
	for (i = 0; i < app->layout.nr; i++) {
		const struct top_place *place = &app->layout.places[i];
		bool sorted = place->column == app->model.sorted;
		enum screen_style style = sorted ? STYLE_SORTED : STYLE_HEAD;
		const char *mark = !sorted ? "" : app->model.reverse ? "^" : screen__is_utf8(app->screen) ? "▼" : "v";

		if (sorted && app->model.reverse && screen__is_utf8(app->screen))
			mark = "▲";
		snprintf(head, sizeof(head), "%s%s", place->column->title, mark);
		if (sorted)
			screen__tint(app->screen, y, place->x, place->width, style);
		if (place->column->left)
			screen__put(app->screen, y, place->x, place->width, style, head);
		else
			screen__put_right(app->screen, y, place->x, place->width, style, head);
	}
}

/* Of the last minute as many columns as there is room for, the newest. */
static void draw_spark(struct top_app *app, unsigned int y, const struct top_place *place, const float *line,
		       enum screen_style style)
{
	char text[BARS_SIZE(TOP_PAST)];
	size_t nr = place->width < TOP_PAST ? place->width : TOP_PAST;

	if (!line)
		return;
	bars__spark(text, line + TOP_PAST - nr, nr, 0, screen__is_utf8(app->screen));
	screen__put(app->screen, y, place->x, place->width, style, text);
}

static enum screen_style row_style(const struct top_row *row, bool cursor)
{
	if (cursor)
		return STYLE_CURSOR;
	if (row->pinned)
		return STYLE_PINNED;
	return row->exited ? STYLE_DIM : STYLE_PLAIN;
}

static void draw_row(struct top_app *app, unsigned int y, const struct top_row *row, const float *line, bool cursor)
{
	enum screen_style style = row_style(row, cursor);
	char text[1024];
	size_t i;

	if (cursor)
		screen__tint(app->screen, y, 0, screen__columns(app->screen), style);
	for (i = 0; i < app->layout.nr; i++) {
		const struct top_place *place = &app->layout.places[i];
		enum screen_style used = style;

		if (place->column->kind == TOP_COLUMN_SPARK) {
			draw_spark(app, y, place, line, cursor ? style : STYLE_BAR);
			continue;
		}
		top_column__text(place->column, row, app->model.moment, text, sizeof(text));
		if (style == STYLE_PLAIN && (!strcmp(text, "0") || !strcmp(text, "-") || !strcmp(text, "0B") ||
					     !strcmp(text, "0s") || !strcmp(text, "0%")))
			used = STYLE_DIM;
		if (place->column->left)
			screen__put(app->screen, y, place->x, place->width, used, text);
		else
			screen__put_right(app->screen, y, place->x, place->width, used, text);
	}
}

static void draw_rows(struct top_app *app, unsigned int y, size_t height)
{
	const struct top_row **rows = calloc(height + 1, sizeof(*rows));
	float(*lines)[TOP_PAST] = calloc(height + 1, sizeof(*lines));
	bool has_lines;
	size_t nr = 0, i;

	if (!rows || !lines)
		goto out;
	for (i = 0; i < height; i++) {
		const struct top_row *row = top_model__at(&app->model, top_model__place(&app->model, height, i));

		if (!row)
			break;
		rows[nr++] = row;
	}
	has_lines = !top_past__lines(app->past, app->model.group, app->model.set, rows, nr, lines);
	for (i = 0; i < nr; i++)
		draw_row(app, y + (unsigned int)i, rows[i], has_lines ? lines[i] : NULL,
			 top_model__place(&app->model, height, i) == app->model.cursor);
	if (!nr)
		screen__put(app->screen, y, 0, UINT16_MAX, STYLE_DIM,
			    app->model.filter[0] ? "nothing matches the filter" : "no task counted anything");
out:
	free(rows);
	free(lines);
}

static void draw_table(struct top_app *app, unsigned int y, unsigned int end)
{
	if (y + 1 >= end)
		return;
	app->table_y = y + 1;
	app->table_height = end - y - 1;
	if (!app->model.moment) {
		screen__put(app->screen, y, 0, UINT16_MAX, STYLE_DIM, "counting...");
		return;
	}
	top_layout__make(&app->layout, app->model.group, app->model.set, app->model.sorted,
			 screen__columns(app->screen));
	draw_heads(app, y);
	top_model__scroll(&app->model, app->table_height);
	draw_rows(app, y + 1, app->table_height);
}

static void draw_page(struct top_app *app, unsigned int y, unsigned int end)
{
	size_t height = end > y ? end - y : 0, i;

	if (app->filled_for != screen__columns(app->screen))
		top_page__fill(app);
	top_lines__wrap(&app->drawn, &app->lines, screen__columns(app->screen));
	app->table_height = height;
	if (app->page == TOP_PAGE_SORT)
		app->page_top = app->sort_choice + 2 > height ? app->sort_choice + 2 - height : 0;
	if (app->page_top + height > app->drawn.nr)
		app->page_top = app->drawn.nr > height ? app->drawn.nr - height : 0;
	for (i = 0; i < height && app->page_top + i < app->drawn.nr; i++) {
		const struct top_line *line = &app->drawn.list[app->page_top + i];

		screen__put(app->screen, y + (unsigned int)i, 0, UINT16_MAX, line->style, line->text);
	}
	if (app->page_top + height < app->drawn.nr && height)
		screen__put_right(app->screen, end - 1, 0, screen__columns(app->screen), STYLE_DIM, " more (PgDn)");
}

/* Keys that begin with: the others are on the help page. */
static const struct {
	const char *key, *text;
} hints[] = {
	{ "h", "help" },    { "q", "quit" },	{ "/", "filter" },	{ "s", "sort" },  { "g", "group" },
	{ "c", "columns" }, { "Enter", "details" }, { "Space", "pin" }, { "p", "pause" }, { "d", "dump" },
}, page_hints[] = {
	{ "Escape", "back" }, { "PgUp PgDn", "scroll" }, { "d", "dump" },
}, sort_hints[] = {
	{ "Up Down", "choose" }, { "Enter", "sort by it" }, { "Escape", "back" },
};

static void draw_hints(struct top_app *app, unsigned int y)
{
	size_t i, nr = sizeof(hints) / sizeof(*hints);
	unsigned int x = 0, width = screen__columns(app->screen);

	if (app->page != TOP_PAGE_TABLE)
		nr = sizeof(page_hints) / sizeof(*page_hints);
	for (i = 0; i < nr; i++) {
		const char *key = app->page == TOP_PAGE_TABLE ? hints[i].key :
				  app->page == TOP_PAGE_SORT  ? sort_hints[i].key :
								page_hints[i].key;
		const char *text = app->page == TOP_PAGE_TABLE ? hints[i].text :
				   app->page == TOP_PAGE_SORT  ? sort_hints[i].text :
								 page_hints[i].text;

		if (x + strlen(key) + 1 + strlen(text) > width)
			return;
		x += screen__put(app->screen, y, x, width, STYLE_KEY, key) + 1;
		x += screen__put(app->screen, y, x, width, STYLE_DIM, text) + 2;
	}
}

static void draw_bottom(struct top_app *app, unsigned int y)
{
	const struct top_prompt *prompt = &app->prompt;
	unsigned int x;

	if (prompt->label) {
		x = screen__put(app->screen, y, 0, UINT16_MAX, STYLE_STRONG, prompt->label);
		x += screen__put(app->screen, y, x, UINT16_MAX, STYLE_PLAIN, prompt->text);
		screen__put(app->screen, y, x, 1, STYLE_CURSOR, " ");
	} else if (app->message[0]) {
		screen__put(app->screen, y, 0, UINT16_MAX, app->message_bad ? STYLE_BAD : STYLE_STRONG, app->message);
	} else {
		draw_hints(app, y);
	}
}

void top_app__draw(struct top_app *app)
{
	unsigned int rows = screen__rows(app->screen), y;

	screen__begin(app->screen);
	y = top_header__draw(app);
	if (rows) {
		if (app->page == TOP_PAGE_TABLE)
			draw_table(app, y, rows - 1);
		else
			draw_page(app, y, rows - 1);
		draw_bottom(app, rows - 1);
	}
	screen__end(app->screen);
}
