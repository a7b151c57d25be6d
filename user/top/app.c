// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "app_impl.h"

int top_app__init(struct top_app *app, struct screen *screen, const struct top_ops *ops)
{
	int err;

	*app = (struct top_app){ .screen = screen, .ops = ops };
	err = top_model__init(&app->model, ops->cgroup, ops->ctx);
	if (err)
		return err;
	app->past = top_past__new(app->model.nodes);
	return app->past ? 0 : -ENOMEM;
}

void top_app__free(struct top_app *app)
{
	top_lines__clear(&app->lines);
	top_lines__clear(&app->drawn);
	top_past__free(app->past);
	app->past = NULL;
	top_moment__free(&app->moments[0]);
	top_moment__free(&app->moments[1]);
	top_model__free(&app->model);
}

struct top_moment *top_app__next(struct top_app *app)
{
	return &app->moments[!app->shown];
}

const struct top_moment *top_app__moment(const struct top_app *app)
{
	return &app->moments[app->shown];
}

static void fail(struct top_app *app, int err)
{
	if (err && !app->error)
		app->error = err;
}

void top_app__take(struct top_app *app)
{
	if (app->paused && app->model.moment)
		return;
	app->shown = !app->shown;
	fail(app, top_past__push(app->past, top_app__moment(app)));
	fail(app, top_model__take(&app->model, top_app__moment(app)));
	if (app->page != TOP_PAGE_TABLE)
		top_page__fill(app);
}

void top_app__preview(struct top_app *app)
{
	app->shown = !app->shown;
}

void top_app__say(struct top_app *app, bool bad, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(app->message, sizeof(app->message), fmt, args);
	va_end(args);
	app->message_bad = bad;
}

static const struct top_key_row *keys_of(const struct top_app *app)
{
	return app->page == TOP_PAGE_TABLE ? top_keys : app->page == TOP_PAGE_SORT ? top_sort_keys : top_page_keys;
}

/* Of a page that a key has changed, such as the choice of a column. */
static void after_key(struct top_app *app)
{
	if (app->page != TOP_PAGE_TABLE)
		top_page__fill(app);
}

static void take_input(struct top_app *app, const struct screen_input *input)
{
	app->message[0] = '\0';
	if (app->prompt.label)
		top_prompt__type(app, input->key);
	else if (input->key == SCREEN_CLICK)
		top_app__click(app, input->y, input->x);
	else if (!top_app__act(app, app->ops->keys, input->key) && !top_app__act(app, keys_of(app), input->key))
		return;
	after_key(app);
}

void top_app__typed(struct top_app *app)
{
	struct screen_input input;
	int got = 0;

	while (!app->ended && (got = screen__read(app->screen, &input)) > 0)
		take_input(app, &input);
	app->ended |= got < 0;
	if (app->ended && app->ops->quit)
		app->ops->quit(app->ops->ctx);
	else
		top_app__draw(app);
}
