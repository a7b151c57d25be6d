/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MEMTRACE_TOP_APP_IMPL_H
#define MEMTRACE_TOP_APP_IMPL_H

#include "app.h"

/* keys.c: of the table page; of pages of text; of the choice of a column. */
extern const struct top_key_row top_keys[], top_page_keys[], top_sort_keys[];
/* Does what a key does there: whether it does something. */
bool top_app__act(struct top_app *app, const struct top_key_row *keys, uint32_t code);
void top_app__click(struct top_app *app, unsigned int y, unsigned int x);

/* prompt.c */
void top_prompt__ask(struct top_app *app, const char *label, const char *text, size_t max,
		     void (*changed)(struct top_app *app), void (*done)(struct top_app *app));
void top_prompt__type(struct top_app *app, uint32_t code);

/* pages.c: what is on a page of text. */
void top_page__fill(struct top_app *app);
/* The columns that can be sorted by; how many. */
size_t top_page__sortable(const struct top_app *app, const struct top_column *list[TOP_MAX_COLUMNS]);

/* header.c: draws the lines above the table; how many. */
unsigned int top_header__draw(struct top_app *app);
/*
 * "scanned 41MiB/s, got back 3MiB/s (7%)" of bytes a second; "scans 41MiB/s, got 7%" on a screen that has no room for
 * that of kswapd and of direct reclaim side by side.
 */
void top_header__reclaim(char *buf, size_t size, double scanned, double got, unsigned int columns);

/* dump.c: writes what is shown to a file; 0 or -errno. */
int top_dump__write(struct top_app *app, const char *path);

#endif
