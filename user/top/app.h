/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * `top` as people see it: the model on the screen, and what keys do.  It is given moments, and does not know whether
 * they are of now or of a recording: who gives them says by struct top_ops what else can be asked for.
 */
#ifndef MEMTRACE_TOP_APP_H
#define MEMTRACE_TOP_APP_H

#include "columns.h"
#include "lines.h"
#include "past.h"

#define TOP_MAX_KEY_CODES 4

struct top_app;
struct top_travel;

/* A key, or several with the same effect: the help page is made of these rows. */
struct top_key_row {
	uint32_t codes[TOP_MAX_KEY_CODES]; /* enum screen_key or characters; 0 at the end */
	const char *shown;		   /* NULL ends a table */
	const char *help;		   /* NULL: another row's help tells of it */
	void (*act)(struct top_app *app);
};

/* All may be NULL. */
struct top_ops {
	/* The interval is to be that long. */
	void (*set_interval)(void *ctx, uint64_t interval_ns);
	/* Adds what is known of a row beside what the moment has: its command line, histograms, events. */
	void (*describe)(void *ctx, const struct top_app *app, const struct top_row *row, struct top_lines *lines);
	/* The end was asked for. */
	void (*quit)(void *ctx);
	const struct top_key_row *keys;		       /* beside those of top, and before them */
	const char *where;			       /* what it is about, for the first line: "whole machine" */
	const char *(*cgroup)(void *ctx, uint64_t id); /* as for top_nodes__new(); not NULL */
	void *ctx;
};

enum top_page { TOP_PAGE_TABLE, TOP_PAGE_HELP, TOP_PAGE_DETAILS, TOP_PAGE_SORT };

#define TOP_PROMPT_MAX 256

/* A line that is typed at the bottom. */
struct top_prompt {
	const char *label; /* NULL: none is asked for */
	char text[TOP_PROMPT_MAX];
	size_t len;
	size_t max; /* bytes, NUL included */
	void (*changed)(struct top_app *app);
	void (*done)(struct top_app *app);
	char before[TOP_PROMPT_MAX]; /* what Escape goes back to */
};

struct top_app {
	struct screen *screen;
	const struct top_ops *ops;
	struct top_model model;
	struct top_past *past;
	struct top_moment moments[2]; /* the one that is shown, and room for the next */
	unsigned int shown;
	struct top_travel *travel; /* the caller's; NULL: it is about now */
	uint64_t interval_ns;	   /* 0: it has none */
	bool paused, ended;
	enum top_page page;
	size_t page_top;	 /* the first line of a page that is seen */
	struct top_row chosen;	 /* whose details are shown */
	size_t sort_choice;	 /* a column of those that can be sorted by */
	struct top_lines lines;	 /* of the page */
	struct top_lines drawn;	 /* the same, as wide as the screen */
	unsigned int filled_for; /* the screen's columns when they were filled */
	struct top_prompt prompt;
	char message[256]; /* at the bottom, until the next key */
	bool message_bad;
	size_t table_height, table_y; /* of the rows that were drawn last */
	struct top_layout layout;
	int error; /* -errno: it cannot go on */
};

/* screen is the caller's, ops must outlive app.  0 or -ENOMEM. */
int top_app__init(struct top_app *app, struct screen *screen, const struct top_ops *ops);
void top_app__free(struct top_app *app);

/* Where the next moment is to be put.  top_app__take() then shows it, and it is part of the past; or, while it is
 * paused, forgets it. */
struct top_moment *top_app__next(struct top_app *app);
void top_app__take(struct top_app *app);
/* Of the next moment the machine is shown, above an empty table: it is not part of the past, and the first that is
 * taken takes its place. */
void top_app__preview(struct top_app *app);
/* The moment that is shown. */
const struct top_moment *top_app__moment(const struct top_app *app);

/* Acts on all that was typed, and draws. */
void top_app__typed(struct top_app *app);
void top_app__draw(struct top_app *app);
/* A line at the bottom until the next key. */
void top_app__say(struct top_app *app, bool bad, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
