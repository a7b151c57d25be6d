// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What keys do: the tables that the help page is made of, too. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app_impl.h"

static long page(const struct top_app *app)
{
	return app->table_height > 1 ? (long)app->table_height - 1 : 1;
}

static void up(struct top_app *app)
{
	top_model__move(&app->model, -1);
}

static void down(struct top_app *app)
{
	top_model__move(&app->model, 1);
}

static void page_up(struct top_app *app)
{
	top_model__move(&app->model, -page(app));
}

static void page_down(struct top_app *app)
{
	top_model__move(&app->model, page(app));
}

static void first(struct top_app *app)
{
	top_model__go(&app->model, 0);
}

static void last(struct top_app *app)
{
	top_model__go(&app->model, SIZE_MAX);
}

static void open_page(struct top_app *app, enum top_page to)
{
	app->page = to;
	app->page_top = 0;
	top_page__fill(app);
}

static void help(struct top_app *app)
{
	open_page(app, TOP_PAGE_HELP);
}

static void details(struct top_app *app)
{
	const struct top_row *row = top_model__current(&app->model);

	if (!row)
		return;
	app->chosen = *row;
	open_page(app, TOP_PAGE_DETAILS);
}

static void filter_changed(struct top_app *app)
{
	top_model__filter(&app->model, app->prompt.text);
}

static void filter(struct top_app *app)
{
	top_prompt__ask(app, "filter: ", app->model.filter, TOP_MAX_FILTER, filter_changed, NULL);
}

static void no_filter(struct top_app *app)
{
	top_model__filter(&app->model, "");
}

static void choose_sort(struct top_app *app)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	size_t nr = top_page__sortable(app, list);

	for (app->sort_choice = 0; app->sort_choice < nr; app->sort_choice++)
		if (list[app->sort_choice] == app->model.sorted)
			break;
	open_page(app, TOP_PAGE_SORT);
}

static void sort_left(struct top_app *app)
{
	top_model__sort_next(&app->model, -1);
}

static void sort_right(struct top_app *app)
{
	top_model__sort_next(&app->model, 1);
}

static void reverse(struct top_app *app)
{
	top_model__reverse(&app->model);
}

static void group_as(struct top_app *app, enum top_group group)
{
	int err = top_model__group(&app->model, group);

	app->error = err ? err : app->error;
}

static void group(struct top_app *app)
{
	group_as(app, (enum top_group)((app->model.group + 1) % NR_TOP_GROUPS));
}

static void threads(struct top_app *app)
{
	group_as(app, app->model.group == TOP_BY_THREAD ? TOP_BY_PROCESS : TOP_BY_THREAD);
}

static void columns(struct top_app *app)
{
	top_model__set(&app->model, (enum top_set)((app->model.set + 1) % NR_TOP_SETS));
}

static void pin(struct top_app *app)
{
	top_model__pin(&app->model);
}

static void pause(struct top_app *app)
{
	app->paused = !app->paused;
}

static const uint64_t intervals_ms[] = { 100, 250, 500, 1000, 2000, 3000, 5000, 10000, 15000, 30000, 60000 };

#define NR_INTERVALS (sizeof(intervals_ms) / sizeof(*intervals_ms))

/* The next one that is longer, or shorter. */
static void change_interval(struct top_app *app, bool longer)
{
	size_t i;

	if (!app->ops->set_interval || !app->interval_ns)
		return;
	for (i = 0; i < NR_INTERVALS; i++) {
		uint64_t ns = intervals_ms[longer ? i : NR_INTERVALS - 1 - i] * 1000000;

		if (longer ? ns <= app->interval_ns : ns >= app->interval_ns)
			continue;
		app->interval_ns = ns;
		app->ops->set_interval(app->ops->ctx, ns);
		return;
	}
}

static void slower(struct top_app *app)
{
	change_interval(app, true);
}

static void faster(struct top_app *app)
{
	change_interval(app, false);
}

static void dump_now(struct top_app *app)
{
	int err = top_dump__write(app, app->prompt.text);

	if (err)
		top_app__say(app, true, "%s: %s", app->prompt.text, strerror(-err));
	else
		top_app__say(app, false, "written to %s", app->prompt.text);
}

static void dump(struct top_app *app)
{
	char name[64] = "memtrace-top.txt";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(name, sizeof(name), "memtrace-top-%Y%m%d-%H%M%S.txt", &tm);
	top_prompt__ask(app, "write what is shown to: ", name, TOP_PROMPT_MAX, NULL, dump_now);
}

static void quit(struct top_app *app)
{
	app->ended = true;
}

static void redraw(struct top_app *app)
{
	screen__redraw(app->screen);
}

static void wheel_up(struct top_app *app)
{
	top_model__move(&app->model, -3);
}

static void wheel_down(struct top_app *app)
{
	top_model__move(&app->model, 3);
}

const struct top_key_row top_keys[] = {
	{ { SCREEN_UP, 'k' }, "Up, k", "the row above", up },
	{ { SCREEN_DOWN, 'j' }, "Down, j", "the row below", down },
	{ { SCREEN_PAGE_UP }, "PgUp", "a screen up", page_up },
	{ { SCREEN_PAGE_DOWN }, "PgDn", "a screen down", page_down },
	{ { SCREEN_HOME }, "Home", "the first row", first },
	{ { SCREEN_END }, "End", "the last row", last },
	{ { SCREEN_ENTER }, "Enter", "details of the row", details },
	{ { ' ' }, "Space", "pin the row to the top, or let it go", pin },
	{ { '/' }, "/", "show only rows with this in their name, pid or cgroup; Escape: as before", filter },
	{ { SCREEN_ESCAPE }, "Escape", "show all rows again", no_filter },
	{ { 's' }, "s", "choose the column to sort by", choose_sort },
	{ { '<', ',' }, "<", "sort by the column to the left", sort_left },
	{ { '>', '.' }, ">", "sort by the column to the right", sort_right },
	{ { 'r', 'I' }, "r, I", "the smallest first, or the largest", reverse },
	{ { 'g' }, "g", "group by process, thread, name, cgroup (a tree with totals), systemd unit", group },
	{ { 'H' }, "H", "threads, or processes", threads },
	{ { 'c' }, "c", "other columns: overview, faults, allocation, stalls, memory", columns },
	{ { 'p' }, "p", "pause: what is shown stays, or goes on", pause },
	{ { '+', '=' }, "+", "a longer interval", slower },
	{ { '-' }, "-", "a shorter interval", faster },
	{ { 'd' }, "d", "write what is shown to a file", dump },
	{ { 'h', '?', SCREEN_F1 }, "h, ?, F1", "this page", help },
	{ { 'q', SCREEN_F10 }, "q, F10", "end", quit },
	{ { SCREEN_REDRAW }, "Ctrl-L", "draw the screen again", redraw },
	{ { SCREEN_WHEEL_UP },
	  "wheel",
	  "three rows up or down; a click chooses a row, or the column to sort by",
	  wheel_up },
	{ { SCREEN_WHEEL_DOWN }, "wheel", NULL, wheel_down },
	{},
};

static void line_up(struct top_app *app)
{
	app->page_top -= app->page_top > 0;
}

/* Drawing sees to it that the last line is not passed. */
static void line_down(struct top_app *app)
{
	app->page_top++;
}

static void lines_up(struct top_app *app)
{
	app->page_top -= app->page_top > (size_t)page(app) ? (size_t)page(app) : app->page_top;
}

static void lines_down(struct top_app *app)
{
	app->page_top += (size_t)page(app);
}

static void first_line(struct top_app *app)
{
	app->page_top = 0;
}

static void last_line(struct top_app *app)
{
	app->page_top = TOP_MAX_LINES;
}

static void close_page(struct top_app *app)
{
	app->page = TOP_PAGE_TABLE;
	top_lines__clear(&app->lines);
}

const struct top_key_row top_page_keys[] = {
	{ { SCREEN_UP, 'k', SCREEN_WHEEL_UP }, "Up", NULL, line_up },
	{ { SCREEN_DOWN, 'j', SCREEN_WHEEL_DOWN }, "Down", NULL, line_down },
	{ { SCREEN_PAGE_UP }, "PgUp", NULL, lines_up },
	{ { SCREEN_PAGE_DOWN, ' ' }, "PgDn", NULL, lines_down },
	{ { SCREEN_HOME }, "Home", NULL, first_line },
	{ { SCREEN_END }, "End", NULL, last_line },
	{ { SCREEN_ESCAPE, SCREEN_ENTER, 'q', 'h' }, "Escape, Enter, q", NULL, close_page },
	{ { '?', SCREEN_F1 }, "?", NULL, close_page },
	{ { 'p' }, "p", NULL, pause },
	{ { 'd' }, "d", NULL, dump },
	{ { SCREEN_REDRAW }, "Ctrl-L", NULL, redraw },
	{},
};

static void choice_up(struct top_app *app)
{
	app->sort_choice -= app->sort_choice > 0;
}

static void choice_down(struct top_app *app)
{
	const struct top_column *list[TOP_MAX_COLUMNS];

	app->sort_choice += app->sort_choice + 1 < top_page__sortable(app, list);
}

static void choice_made(struct top_app *app)
{
	const struct top_column *list[TOP_MAX_COLUMNS];

	if (app->sort_choice < top_page__sortable(app, list))
		top_model__sort(&app->model, list[app->sort_choice]);
	close_page(app);
}

const struct top_key_row top_sort_keys[] = {
	{ { SCREEN_UP, 'k' }, "Up", NULL, choice_up },
	{ { SCREEN_DOWN, 'j' }, "Down", NULL, choice_down },
	{ { SCREEN_ENTER, 's' }, "Enter", NULL, choice_made },
	{ { SCREEN_ESCAPE, 'q' }, "Escape", NULL, close_page },
	{},
};

bool top_app__act(struct top_app *app, const struct top_key_row *keys, uint32_t code)
{
	size_t i;

	for (; keys && keys->shown; keys++)
		for (i = 0; i < TOP_MAX_KEY_CODES && keys->codes[i]; i++) {
			if (keys->codes[i] != code)
				continue;
			keys->act(app);
			return true;
		}
	return false;
}

/* On a head: sort by it, or the other way round; on a row: the cursor, and then its details. */
void top_app__click(struct top_app *app, unsigned int y, unsigned int x)
{
	const struct top_layout *layout = &app->layout;
	size_t i, place;

	if (app->page != TOP_PAGE_TABLE || y + 1 < app->table_y)
		return;
	if (y + 1 == app->table_y) {
		for (i = 0; i < layout->nr; i++) {
			const struct top_place *at = &layout->places[i];

			if (x < at->x || x >= at->x + at->width || at->column->kind == TOP_COLUMN_SPARK)
				continue;
			if (at->column == app->model.sorted)
				top_model__reverse(&app->model);
			else
				top_model__sort(&app->model, at->column);
		}
		return;
	}
	if (y - app->table_y >= app->table_height)
		return;
	place = top_model__place(&app->model, app->table_height, y - app->table_y);
	if (place == app->model.cursor)
		details(app);
	else if (place < app->model.nr_order)
		top_model__go(&app->model, place);
}
