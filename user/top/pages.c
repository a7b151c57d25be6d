// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Pages of text: help, the choice of a column, a row's details. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app_impl.h"

#include "../base/units.h"
#include "../screen/bars.h"

#define BAR_WIDTH   30
#define BAR_MIN	    5
#define LABEL_WIDTH 42
#define VALUE_WIDTH 12 /* of a value, with the spaces around it */
#define KEY_WIDTH   17 /* of a key, with those around it */
#define SET_WIDTH   13
#define CGROUP_HANG 4

/* Whether others do something else with a row's first key. */
static bool is_taken(const struct top_key_row *others, const struct top_key_row *row)
{
	size_t i;

	for (; others && others->shown; others++)
		for (i = 0; i < TOP_MAX_KEY_CODES && others->codes[i]; i++)
			if (others->codes[i] == row->codes[0])
				return true;
	return false;
}

/* But for those that others take. */
static void fill_keys(struct top_lines *lines, const struct top_key_row *keys, const struct top_key_row *others)
{
	for (; keys && keys->shown; keys++)
		if (keys->help && !is_taken(others, keys))
			top_lines__add(lines, STYLE_PLAIN, "  %-14s %s", keys->shown, keys->help);
}

static void fill_help(struct top_app *app)
{
	struct top_lines *lines = &app->lines;
	size_t i;

	top_lines__add(lines, STYLE_STRONG, "Keys");
	lines->hang = KEY_WIDTH;
	fill_keys(lines, app->ops->keys, NULL);
	fill_keys(lines, top_keys, app->ops->keys);
	lines->hang = 0;
	top_lines__add(lines, STYLE_PLAIN, "%s", "");
	top_lines__add(lines, STYLE_STRONG, "Columns (c)");
	lines->hang = SET_WIDTH;
	for (i = 0; i < NR_TOP_SETS; i++)
		top_lines__add(lines, STYLE_PLAIN, "  %-10s %s; the line of the last minute: %s",
			       top_column_sets[i].name, top_column_sets[i].help, top_column_sets[i].spark_name);
	lines->hang = 0;
	top_lines__add(lines, STYLE_PLAIN, "%s", "");
	top_lines__add(lines, STYLE_PLAIN, "%s", "LIMIT% is the memory held, of the nearest hard limit of its cgroup.");
	top_lines__add(lines, STYLE_PLAIN, "%s", "A line of the last minute is as high as the most that its row had.");
	top_lines__add(lines, STYLE_PLAIN, "%s", "The memory bar: used, then what could be reclaimed, then free;");
	top_lines__add(lines, STYLE_PLAIN, "%s", "the lines in it are the watermarks of free memory.");
	top_lines__add(lines, STYLE_PLAIN, "%s", "- is what is not known. Rows of what has ended are dim.");
}

size_t top_page__sortable(const struct top_app *app, const struct top_column *list[TOP_MAX_COLUMNS])
{
	const struct top_column *all[TOP_MAX_COLUMNS];
	size_t nr = top_columns__list(app->model.group, app->model.set, all), i, kept = 0;

	for (i = 0; i < nr; i++)
		if (all[i]->kind != TOP_COLUMN_SPARK)
			list[kept++] = all[i];
	return kept;
}

static void fill_sort(struct top_app *app)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	size_t nr = top_page__sortable(app, list), i;

	top_lines__add(&app->lines, STYLE_STRONG, "Sort by");
	for (i = 0; i < nr; i++)
		top_lines__add(&app->lines, i == app->sort_choice ? STYLE_CURSOR : STYLE_PLAIN, "  %-12s",
			       list[i]->title);
}

/* The row of the moment that is shown; NULL: it has none any more. */
static const struct top_row *chosen_row(const struct top_app *app)
{
	size_t i;

	for (i = 0; i < app->model.nr_rows; i++)
		if (top_key__same(app->model.rows[i].key, app->chosen.key))
			return &app->model.rows[i];
	return NULL;
}

static void add_head(struct top_app *app, const struct top_row *row)
{
	struct top_lines *lines = &app->lines;
	const char *name = row->label ? row->label : row->name;

	if (row->pid)
		top_lines__add(lines, STYLE_STRONG, "%s[%u]%s%s", name, row->tid ? row->tid : row->pid,
			       row->kthread ? ", a kernel thread" : "", row->exited ? ", ended" : "");
	else
		top_lines__add(lines, STYLE_STRONG, "%s", row->node ? row->node->path : name);
	if (row->pid && app->model.group == TOP_BY_THREAD)
		top_lines__add(lines, STYLE_PLAIN, "  of the process %u, user %u", row->pid, row->uid);
	else if (row->pid)
		top_lines__add(lines, STYLE_PLAIN, "  user %u", row->uid);
	else
		top_lines__add(lines, STYLE_PLAIN, "  %u processes", row->processes);
}

static void value_text(enum top_value value, uint64_t v, char *buf, size_t size)
{
	switch (top_value_rows[value].unit) {
	case UNIT_NS:
		format_duration(buf, size, v);
		break;
	case UNIT_COUNT:
		format_count(buf, size, v);
		break;
	default:
		format_bytes(buf, size, (double)v);
	}
}

/* What is left of the screen's columns beside others: from least on, at most most. */
static int columns_beside(const struct top_app *app, unsigned int others, unsigned int least, unsigned int most)
{
	unsigned int columns = screen__columns(app->screen), room = columns > others ? columns - others : 0;

	return (int)(room < least ? 0 : room < most ? room : most);
}

/* "  direct reclaim   96ms ######" for each value that is known, with what part of the largest it is. */
static void add_values(struct top_app *app, const struct top_row *row, const char *title, enum top_value first,
		       enum top_value last, bool zeros)
{
	const struct top_moment *moment = top_app__moment(app);
	int label = columns_beside(app, VALUE_WIDTH, 1, LABEL_WIDTH);
	int width = columns_beside(app, VALUE_WIDTH + 1 + (unsigned int)label, BAR_MIN, BAR_WIDTH);
	char bar[BARS_SIZE(BAR_WIDTH)], number[32];
	uint64_t most = 0;
	enum top_value v;

	for (v = first; v <= last; v++)
		most = row->v[v] > most ? row->v[v] : most;
	top_lines__add(&app->lines, STYLE_STRONG, "%s%s", title, most || zeros ? "" : ": none");
	for (v = first; v <= last; v++) {
		if (!top_moment__knows(moment, v) || (v >= TOP_FIRST_MEMORY && !row->has_memory)) {
			top_lines__add(&app->lines, STYLE_PLAIN, "  %-*.*s %9s", label, label, top_value_rows[v].name,
				       "-");
			continue;
		}
		if (!row->v[v] && !zeros)
			continue;
		value_text(v, row->v[v], number, sizeof(number));
		bars__bar(bar, (size_t)width, most ? (double)row->v[v] / (double)most : 0, 0, NULL, 0,
			  screen__is_utf8(app->screen));
		top_lines__add(&app->lines, STYLE_PLAIN, "  %-*.*s %9s%s%s", label, label, top_value_rows[v].name,
			       number, width ? " " : "", bar);
	}
}

static const char *limit_text(uint64_t bytes, char *buf, size_t size)
{
	if (bytes == MT_UNKNOWN_U64)
		snprintf(buf, size, "-");
	else if (bytes == SAMPLE_UNLIMITED)
		snprintf(buf, size, "none");
	else
		format_bytes(buf, size, (double)bytes);
	return buf;
}

/* Its cgroup and those above it, against what limits each. */
static void add_cgroups(struct top_app *app, const struct top_row *row)
{
	const struct top_node *node = row->node;
	char parts[4][32];

	if (!node)
		return;
	top_lines__add(&app->lines, STYLE_STRONG,
		       "Cgroups, the nearest first: memory, memory.high, hard limit, OOM kills");
	app->lines.hang = CGROUP_HANG;
	for (; node; node = node->parent) {
		const uint64_t *v = node->values;
		uint64_t kills = v[CGROUP_SAMPLE_memory_events_oom_kill];
		bool full = v[CGROUP_SAMPLE_memory_max] < SAMPLE_UNLIMITED &&
			    v[CGROUP_SAMPLE_memory_current] < SAMPLE_UNLIMITED &&
			    v[CGROUP_SAMPLE_memory_current] > v[CGROUP_SAMPLE_memory_max] / 10 * 9;

		if (kills == MT_UNKNOWN_U64)
			snprintf(parts[3], sizeof(parts[3]), "-");
		else
			format_count(parts[3], sizeof(parts[3]), kills);
		top_lines__add(&app->lines, full ? STYLE_WARN : STYLE_PLAIN, "  %9s %9s %9s %6s  %s",
			       limit_text(v[CGROUP_SAMPLE_memory_current], parts[0], 32),
			       limit_text(v[CGROUP_SAMPLE_memory_high], parts[1], 32),
			       limit_text(v[CGROUP_SAMPLE_memory_max], parts[2], 32), parts[3], node->path);
	}
	app->lines.hang = 0;
}

static void fill_details(struct top_app *app)
{
	const struct top_row *now = chosen_row(app), *row = now ? now : &app->chosen;

	if (now)
		app->chosen = *now;
	add_head(app, row);
	if (!now)
		top_lines__add(&app->lines, STYLE_WARN,
			       "  it is not in this interval: what follows is what it had last");
	if (app->ops->describe)
		app->ops->describe(app->ops->ctx, app, row, &app->lines);
	add_values(app, row, "Stalls in the interval, by cause", TOP_MEMCG, TOP_OOM_WAIT, false);
	add_values(app, row, "Allocations in the interval, by order", TOP_ORDER_0, TOP_ORDER_LAST, false);
	add_values(app, row, "Faults in the interval", TOP_MINOR, TOP_EXEC, true);
	add_values(app, row, "Memory", TOP_RSS, TOP_PAGE_TABLES, true);
	add_cgroups(app, row);
}

void top_page__fill(struct top_app *app)
{
	top_lines__clear(&app->lines);
	app->filled_for = screen__columns(app->screen);
	if (app->page == TOP_PAGE_HELP)
		fill_help(app);
	else if (app->page == TOP_PAGE_SORT)
		fill_sort(app);
	else if (app->page == TOP_PAGE_DETAILS)
		fill_details(app);
}
