// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "travel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/time_point.h"
#include "app_impl.h"

#define FAR 10 /* intervals at a time, with shift */

int top_travel__init(struct top_travel *travel)
{
	travel->archive = top_archive__new();
	return travel->archive ? 0 : -ENOMEM;
}

void top_travel__free(struct top_travel *travel)
{
	top_archive__free(travel->archive);
	free(travel->marks);
	*travel = (struct top_travel){ 0 };
}

int top_travel__add(struct top_travel *travel, const struct top_moment *moment)
{
	int err = top_archive__add(travel->archive, moment);

	if (err != -ENOSPC)
		return err;
	travel->left_out++;
	return 0;
}

int top_travel__mark(struct top_travel *travel, uint64_t time_ns, const char *text)
{
	size_t room = travel->room ? 2 * travel->room : 64;
	struct top_mark *mark;

	if (travel->nr_marks == TOP_TRAVEL_MARKS)
		return 0;
	if (travel->nr_marks == travel->room) {
		mark = reallocarray(travel->marks, room, sizeof(*mark));
		if (!mark)
			return -ENOMEM;
		travel->marks = mark;
		travel->room = room;
	}
	mark = &travel->marks[travel->nr_marks++];
	mark->time_ns = time_ns;
	snprintf(mark->text, sizeof(mark->text), "%s", text);
	return 0;
}

static int push(const struct top_travel *travel, struct top_app *app, size_t i)
{
	struct top_moment *moment = top_app__next(app);
	int err = top_archive__get(travel->archive, i, moment);

	return err ? err : top_past__push(app->past, moment);
}

/* One step on needs nothing of what was before. */
static int refill(const struct top_travel *travel, struct top_app *app, size_t at)
{
	size_t i = at >= TOP_PAST ? at - TOP_PAST + 1 : 0;
	int err = 0;

	if (at == travel->at + 1)
		return 0;
	top_past__clear(app->past);
	for (; i < at && !err; i++)
		err = push(travel, app, i);
	return err;
}

void top_travel__go(struct top_travel *travel, struct top_app *app, size_t at)
{
	size_t nr = top_archive__nr(travel->archive);
	int err;

	if (!nr)
		return;
	at = at < nr ? at : nr - 1;
	if (at == travel->at && top_app__moment(app)->time_ns)
		return;
	err = refill(travel, app, at);
	if (!err)
		err = top_archive__get(travel->archive, at, top_app__next(app));
	if (err) {
		app->error = err;
		return;
	}
	travel->at = at;
	top_app__take(app);
}

static void by(struct top_app *app, long steps)
{
	struct top_travel *travel = app->travel;

	if (steps < 0 && travel->at < (size_t)-steps)
		top_travel__go(travel, app, 0);
	else
		top_travel__go(travel, app, travel->at + (size_t)steps);
}

static void back(struct top_app *app)
{
	by(app, -1);
}

static void on(struct top_app *app)
{
	by(app, 1);
}

static void far_back(struct top_app *app)
{
	by(app, -FAR);
}

static void far_on(struct top_app *app)
{
	by(app, FAR);
}

static void to_start(struct top_app *app)
{
	top_travel__go(app->travel, app, 0);
}

static void to_end(struct top_app *app)
{
	top_travel__go(app->travel, app, SIZE_MAX);
}

/* A time is one of the recording: what is before it is its start. */
static void go_to_time(struct top_app *app)
{
	struct top_travel *travel = app->travel;
	struct time_point point;
	int64_t since;

	if (time_point__parse(app->prompt.text, &point) || point.kind == TIME_POINT_NONE ||
	    time_point__since(&point, (int64_t)travel->start_ns + travel->wall_offset_ns, &since)) {
		top_app__say(app, true, "not a time: '%s'; expected 14:02:05, 90s or '2026-11-28 14:02'",
			     app->prompt.text);
		return;
	}
	top_travel__go(travel, app,
		       top_archive__find(travel->archive, travel->start_ns + (since > 0 ? (uint64_t)since : 0)));
}

static void ask_time(struct top_app *app)
{
	top_prompt__ask(app, "go to time: ", "", TOP_PROMPT_MAX, NULL, go_to_time);
}

/* The interval in which it was is the first one that ends after it. */
static size_t moment_of(const struct top_travel *travel, uint64_t time_ns)
{
	size_t i = top_archive__find(travel->archive, time_ns);

	return top_archive__time_ns(travel->archive, i) < time_ns ? i + 1 : i;
}

/* The nearest mark in an interval that is not the one shown. */
static void to_mark(struct top_app *app, bool later)
{
	struct top_travel *travel = app->travel;
	size_t i, nearest = SIZE_MAX, at, found = 0;

	for (i = 0; i < travel->nr_marks; i++) {
		at = moment_of(travel, travel->marks[i].time_ns);
		if (later ? at <= travel->at : at >= travel->at)
			continue;
		if (nearest != SIZE_MAX && (later ? at >= found : at < found))
			continue;
		nearest = i;
		found = at;
	}
	if (nearest == SIZE_MAX) {
		top_app__say(app, false, "no kill and no long stall %s", later ? "after this" : "before this");
		return;
	}
	top_travel__go(travel, app, found);
	top_app__say(app, false, "%s", travel->marks[nearest].text);
}

static void next_mark(struct top_app *app)
{
	to_mark(app, true);
}

static void mark_before(struct top_app *app)
{
	to_mark(app, false);
}

static void stand_still(struct top_app *app)
{
	top_app__say(app, false, "a recording moves by Left and Right alone");
}

const struct top_key_row top_travel_keys[] = {
	{ { SCREEN_LEFT }, "Left", "an interval back", back },
	{ { SCREEN_RIGHT }, "Right", "an interval on", on },
	{ { SCREEN_SHIFT_LEFT, '[' }, "Shift-Left, [", "ten intervals back", far_back },
	{ { SCREEN_SHIFT_RIGHT, ']' }, "Shift-Right, ]", "ten intervals on", far_on },
	{ { SCREEN_HOME }, "Home", "the start of the recording", to_start },
	{ { SCREEN_END }, "End", "its end", to_end },
	{ { 't' }, "t", "go to a time: 14:02:05, or 90s from the start", ask_time },
	{ { 'n' }, "n", "the next kill, or long stall", next_mark },
	{ { 'N' }, "N", "the one before", mark_before },
	{ { 'p', '+', '=', '-' }, "p, +, -", NULL, stand_still },
	{},
};
