/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* `top` on a recording: all its moments, and keys that go from one to another. */
#ifndef MEMTRACE_TOP_TRAVEL_H
#define MEMTRACE_TOP_TRAVEL_H

#include "app.h"
#include "archive.h"

#define TOP_TRAVEL_MARKS 65536 /* events that n and N go to; later ones are left out */
#define TOP_TRAVEL_TEXT	 160

struct top_travel {
	struct top_archive *archive; /* owned */
	size_t at;		     /* the moment that is shown */
	int64_t wall_offset_ns;	     /* of the start, for times that are typed */
	uint64_t start_ns;	     /* boot time clock */
	struct top_mark {
		uint64_t time_ns;
		char text[TOP_TRAVEL_TEXT];
	} * marks; /* owned; in the order in which they came */
	size_t nr_marks, room;
	uint64_t left_out; /* moments without room */
};

/* For an app that shows a recording (app->travel): beside those of top, and before them. */
extern const struct top_key_row top_travel_keys[];

/* All zero at first.  0 or -ENOMEM. */
int top_travel__init(struct top_travel *travel);
void top_travel__free(struct top_travel *travel);
/* The recording has that moment next.  0 or -ENOMEM. */
int top_travel__add(struct top_travel *travel, const struct top_moment *moment);
/* Something happened that people look for.  0 or -ENOMEM. */
int top_travel__mark(struct top_travel *travel, uint64_t time_ns, const char *text);
/* Shows moment at, or the last one, and as the past those before it. */
void top_travel__go(struct top_travel *travel, struct top_app *app, size_t at);

#endif
