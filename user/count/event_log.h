/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The events of one kind that a report lists one by one: keeps the newest, and counts all. */
#ifndef MEMTRACE_COUNT_EVENT_LOG_H
#define MEMTRACE_COUNT_EVENT_LOG_H

#include "../report/event.h"
#include "../report/report.h"

#define EVENT_LOG_MAX 1024 /* kept; older ones are only counted */

struct event_log {
	const struct event_row *row;
	char *records;	  /* a ring of row->size each; owned */
	size_t allocated; /* records there is room for */
	uint64_t total;	  /* events ever seen */
	uint64_t dropped; /* those that are no longer kept */
	/* while a report is rendered */
	const struct event_names *names;
	struct column columns[EVENT_MAX_COLUMNS];
	size_t nr_columns;
	size_t pos;
};

void event_log__init(struct event_log *log, const struct event_row *row);
void event_log__free(struct event_log *log);
void event_log__add(struct event_log *log, const void *record); /* if memory runs out it only counts */
size_t event_log__kept(const struct event_log *log);

/*
 * The kept events, oldest first, as a table at that path with the event's
 * own template; names and log must live until it was rendered.  Its heading,
 * empty and not_in_text are the caller's to set.
 */
struct table event_log__table(struct event_log *log, const struct event_names *names, const char *path);

#endif
