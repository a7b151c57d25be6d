// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The lines above the table: what the machine is like. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app_impl.h"

#include "../base/units.h"
#include "../screen/bars.h"
#include "travel.h"

#define BAR_MAX 40
#define BAR_MIN 6
#define TEXT	320

/* A line with a bar before its text needs that many columns; that of kswapd and direct reclaim in full. */
#define BAR_FROM     60
#define RECLAIM_FROM 125

static uint64_t sample(const struct top_moment *moment, enum sample_id id)
{
	return moment->samples[id];
}

static bool known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

static const char *bytes_text(char *buf, size_t size, uint64_t bytes)
{
	if (known(bytes))
		format_bytes(buf, size, (double)bytes);
	else
		snprintf(buf, size, "-");
	return buf;
}

static uint64_t pages(const struct top_moment *moment, enum sample_id id)
{
	return known(moment->samples[id]) ? moment->samples[id] * moment->page_size : MT_UNKNOWN_U64;
}

static void clock_text(const struct top_moment *moment, char *buf, size_t size)
{
	time_t at = (time_t)(((int64_t)moment->time_ns + moment->wall_offset_ns) / 1000000000);
	struct tm tm;

	buf[0] = '\0';
	if (moment->time_ns && localtime_r(&at, &tm))
		strftime(buf, size, "%H:%M:%S", &tm);
}

/* "memtrace top  12:00:01  every 2s  whole machine", and at the right what it costs. */
static void draw_title(struct top_app *app, unsigned int y)
{
	const struct top_moment *moment = top_app__moment(app);
	unsigned int width = screen__columns(app->screen), x;
	char at[32], every[32], cost[64] = "", share[32];

	clock_text(moment, at, sizeof(at));
	x = screen__put(app->screen, y, 0, width, STYLE_STRONG, "memtrace top") + 2;
	if (at[0])
		x += screen__put(app->screen, y, x, width, STYLE_PLAIN, at) + 2;
	if (app->travel) {
		snprintf(share, sizeof(share), "%zu of %zu", app->travel->at + 1,
			 top_archive__nr(app->travel->archive));
		x += screen__put(app->screen, y, x, width, STYLE_WARN, share) + 2;
	}
	if (app->paused)
		x += screen__put(app->screen, y, x, width, STYLE_WARN, "paused") + 2;
	if (app->interval_ns) {
		spell_duration(every, sizeof(every), app->interval_ns);
		x += screen__put(app->screen, y, x, width, STYLE_PLAIN, "every ");
		x += screen__put(app->screen, y, x, width, STYLE_PLAIN, every) + 2;
	}
	if (app->ops->where)
		x += screen__put(app->screen, y, x, width, STYLE_PLAIN, app->ops->where) + 2;
	if (moment->time_ns && moment->own_cpu >= 0)
		snprintf(cost, sizeof(cost), "own CPU %s", format_share(share, sizeof(share), moment->own_cpu));
	if (x + strlen(cost) <= width)
		screen__put_right(app->screen, y, 0, width, STYLE_DIM, cost);
}

/* What is filtered, what was lost: in short, and first, where there is little room. */
static void draw_status(struct top_app *app, unsigned int y)
{
	const struct top_moment *moment = top_app__moment(app);
	const struct top_model *model = &app->model;
	unsigned int width = screen__columns(app->screen), x = 0;
	bool short_of_room = moment->events_lost && width < BAR_FROM;
	char text[TEXT], count[32] = "-", lost[32];

	if (short_of_room) {
		x = screen__put(app->screen, y, 0, width, STYLE_BAD, "lost ");
		x += screen__put(app->screen, y, x, width, STYLE_BAD,
				 format_count(lost, sizeof(lost), moment->events_lost)) +
		     2;
	}
	if (model->moment)
		format_count(count, sizeof(count), model->total.processes);
	snprintf(text, sizeof(text), "%s processes by %s, %s", count, top_group_names[model->group],
		 top_column_sets[model->set].name);
	x += screen__put(app->screen, y, x, width, STYLE_PLAIN, text) + 2;
	if (model->filter[0]) {
		x += screen__put(app->screen, y, x, width, STYLE_PLAIN, "filter: ");
		x += screen__put(app->screen, y, x, width, STYLE_WARN, model->filter) + 2;
	}
	if (!short_of_room)
		x += screen__put(app->screen, y, x, width, moment->events_lost ? STYLE_BAD : STYLE_DIM, moment->lost) +
		     2;
	if (!moment->unavailable[0])
		return;
	snprintf(text, sizeof(text), "unavailable: %s", moment->unavailable);
	screen__put(app->screen, y, x, width, STYLE_WARN, text);
}

/* As wide as the text behind it leaves room for, a quarter of the screen at most. */
static unsigned int draw_bar(struct top_app *app, unsigned int y, unsigned int x, size_t text_len, double share,
			     double lighter, const double *marks, size_t nr_marks)
{
	unsigned int width = screen__columns(app->screen), columns = width / 4;
	char bar[BARS_SIZE(BAR_MAX)];

	if (width < BAR_FROM || x + text_len + 1 + BAR_MIN > width)
		return x;
	columns = columns > BAR_MAX ? BAR_MAX : columns;
	if (x + columns + 1 + text_len > width)
		columns = width - x - 1 - (unsigned int)text_len;
	bars__bar(bar, columns, share, lighter, marks, nr_marks, screen__is_utf8(app->screen));
	return x + screen__put(app->screen, y, x, columns, share > 0.9 ? STYLE_WARN : STYLE_BAR, bar) + 1;
}

/* With all watermarks if that fits behind a bar, else with the one below which kswapd works. */
static void memory_text(const struct top_moment *moment, const uint64_t marks[3], unsigned int width, char *text,
			size_t size)
{
	uint64_t total = sample(moment, SAMPLE_memory_total), available = sample(moment, SAMPLE_memory_available);
	char parts[6][32];
	size_t len;

	len = (size_t)snprintf(
		text, size, "%s of %s  free %s",
		bytes_text(parts[0], 32, known(total) && known(available) ? total - available : MT_UNKNOWN_U64),
		bytes_text(parts[1], 32, total), bytes_text(parts[2], 32, sample(moment, SAMPLE_memory_free)));
	bytes_text(parts[3], 32, marks[0]);
	bytes_text(parts[4], 32, marks[1]);
	bytes_text(parts[5], 32, marks[2]);
	if (width >= BAR_FROM + len)
		snprintf(text + len, size - len, " (min %s, low %s, high %s)", parts[3], parts[4], parts[5]);
	else if (width >= BAR_FROM)
		snprintf(text + len, size - len, " (low %s)", parts[4]);
}

/* The bar: what is used, lighter what could be reclaimed; the lines are the watermarks of what is free. */
static void draw_memory(struct top_app *app, unsigned int y)
{
	const struct top_moment *moment = top_app__moment(app);
	uint64_t total = sample(moment, SAMPLE_memory_total), free = sample(moment, SAMPLE_memory_free);
	uint64_t available = sample(moment, SAMPLE_memory_available);
	uint64_t marks[3] = { pages(moment, SAMPLE_zones_min), pages(moment, SAMPLE_zones_low),
			      pages(moment, SAMPLE_zones_high) };
	enum screen_style style = STYLE_PLAIN;
	double at[3] = { -1, -1, -1 };
	unsigned int x, i;
	char text[TEXT];

	x = screen__put(app->screen, y, 0, UINT16_MAX, STYLE_STRONG, "memory  ");
	for (i = 0; i < 3; i++)
		if (known(total) && total && known(marks[i]))
			at[i] = 1 - (double)marks[i] / (double)total;
	memory_text(moment, marks, screen__columns(app->screen), text, sizeof(text));
	if (known(total) && total && known(free) && known(available))
		x = draw_bar(app, y, x, strlen(text), 1 - (double)available / (double)total,
			     1 - (double)free / (double)total, at, 3);
	if (known(free) && known(marks[0]) && free < marks[2])
		style = free < marks[0] ? STYLE_BAD : free < marks[1] ? STYLE_WARN : STYLE_PLAIN;
	screen__put(app->screen, y, x, UINT16_MAX, style, text);
}

static void draw_swap(struct top_app *app, unsigned int y)
{
	const struct top_moment *moment = top_app__moment(app);
	uint64_t total = sample(moment, SAMPLE_swap_total), free = sample(moment, SAMPLE_swap_free);
	uint64_t used = known(total) && known(free) ? total - free : MT_UNKNOWN_U64;
	char text[TEXT], parts[5][32];
	unsigned int x = screen__put(app->screen, y, 0, UINT16_MAX, STYLE_STRONG, "swap    ");

	snprintf(text, sizeof(text), "%s of %s  dirty %s of %s, writeback %s", bytes_text(parts[0], 32, used),
		 bytes_text(parts[1], 32, total), bytes_text(parts[2], 32, sample(moment, SAMPLE_memory_dirty)),
		 bytes_text(parts[3], 32, pages(moment, SAMPLE_vm_dirty_threshold)),
		 bytes_text(parts[4], 32, sample(moment, SAMPLE_memory_writeback)));
	if (known(used))
		x = draw_bar(app, y, x, strlen(text), total ? (double)used / (double)total : 0, 0, NULL, 0);
	screen__put(app->screen, y, x, UINT16_MAX, STYLE_PLAIN, text);
}

/* "some 12%" of the interval, "-" where it is not known. */
static unsigned int draw_share(struct top_app *app, unsigned int y, unsigned int x, const char *name, double share)
{
	enum screen_style style = share >= 0.1 ? STYLE_BAD : share >= 0.01 ? STYLE_WARN : STYLE_PLAIN;
	char text[64], number[32] = "-";

	if (share > 0)
		format_share(number, sizeof(number), share);
	else if (share == 0)
		snprintf(number, sizeof(number), "0%%");
	snprintf(text, sizeof(text), "%s %s", name, number);
	return x + screen__put(app->screen, y, x, UINT16_MAX, style, text) + 2;
}

static void draw_pressure(struct top_app *app, unsigned int y)
{
	unsigned int width = screen__columns(app->screen), x, nr;
	float some[TOP_PAST], full[TOP_PAST];
	char text[BARS_SIZE(TOP_PAST)];

	top_past__pressure(app->past, some, full);
	x = screen__put(app->screen, y, 0, UINT16_MAX, STYLE_STRONG, "PSI     ");
	x = draw_share(app, y, x, "some", (double)some[TOP_PAST - 1]);
	x = draw_share(app, y, x, "full", (double)full[TOP_PAST - 1]);
	nr = width > x + 2 ? width - x - 2 : 0;
	nr = nr > TOP_PAST ? TOP_PAST : nr;
	bars__spark(text, some + TOP_PAST - nr, nr, 0, screen__is_utf8(app->screen));
	screen__put(app->screen, y, x, nr, STYLE_BAR, text);
}

static double rate(const struct top_moment *moment, enum sample_id id)
{
	uint64_t growth = moment->growth[id];

	return known(growth) && moment->duration_ns ?
		       (double)growth * (double)moment->page_size * 1e9 / (double)moment->duration_ns :
		       -1;
}

void top_header__reclaim(char *buf, size_t size, double scanned, double got, unsigned int columns)
{
	char parts[3][32];

	format_bytes_rate(parts[0], sizeof(parts[0]), scanned);
	format_bytes_rate(parts[1], sizeof(parts[1]), got);
	format_share(parts[2], sizeof(parts[2]), got / scanned);
	if (columns >= RECLAIM_FROM)
		snprintf(buf, size, "scanned %s, got back %s (%s)", parts[0], parts[1], parts[2]);
	else
		snprintf(buf, size, "scans %s, got %s", parts[0], parts[2]);
}

static unsigned int draw_reclaim(struct top_app *app, unsigned int y, unsigned int x, enum sample_id scanned_id,
				 enum sample_id got_id)
{
	const struct top_moment *moment = top_app__moment(app);
	double scanned = rate(moment, scanned_id), got = rate(moment, got_id);
	char text[TEXT];

	if (scanned < 0 || got < 0)
		return x + screen__put(app->screen, y, x, UINT16_MAX, STYLE_PLAIN, "-") + 2;
	if (scanned == 0)
		return x + screen__put(app->screen, y, x, UINT16_MAX, STYLE_DIM, "idle") + 2;
	top_header__reclaim(text, sizeof(text), scanned, got, screen__columns(app->screen));
	return x + screen__put(app->screen, y, x, UINT16_MAX, STYLE_WARN, text) + 2;
}

static void draw_kswapd(struct top_app *app, unsigned int y)
{
	unsigned int x = screen__put(app->screen, y, 0, UINT16_MAX, STYLE_STRONG, "kswapd  ");

	x = draw_reclaim(app, y, x, SAMPLE_vm_pgscan_kswapd, SAMPLE_vm_pgsteal_kswapd);
	x += screen__put(app->screen, y, x, UINT16_MAX, STYLE_STRONG, "direct reclaim ");
	draw_reclaim(app, y, x, SAMPLE_vm_pgscan_direct, SAMPLE_vm_pgsteal_direct);
}

/* The lines, and how high the screen must be for each. */
static const struct {
	void (*draw)(struct top_app *app, unsigned int y);
	unsigned int rows;
} header_lines[] = {
	{ draw_title, 0 },     { draw_memory, 12 }, { draw_swap, 16 },
	{ draw_pressure, 14 }, { draw_kswapd, 18 }, { draw_status, 8 },
};

unsigned int top_header__draw(struct top_app *app)
{
	bool any = top_app__moment(app)->time_ns;
	unsigned int rows = screen__rows(app->screen), y = 0;
	size_t i;

	for (i = 0; i < sizeof(header_lines) / sizeof(*header_lines); i++) {
		if (rows < header_lines[i].rows)
			continue;
		if (any || !i)
			header_lines[i].draw(app, y);
		y++;
	}
	return y;
}
