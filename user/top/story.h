/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The newest events, of which a row's details show its own: as lines, and how long they took as histograms. */
#ifndef MEMTRACE_TOP_STORY_H
#define MEMTRACE_TOP_STORY_H

#include "../report/event.h"
#include "lines.h"
#include "model.h"

#define TOP_STORY_EVENTS   4096	 /* kept of a run */
#define TOP_STORY_RECORDED 65536 /* of a recording, whose early ones are looked at, too */
#define TOP_STORY_LINES	   20	 /* of a row */

/* All zero at first, but for what is the owner's to set. */
struct top_story {
	size_t max;		       /* kept; the owner's, before the first one; 0: TOP_STORY_EVENTS */
	const int64_t *wall_offset_ns; /* of times; the owner's */
	struct top_story_event {
		const struct event_row *row;
		void *record; /* owned */
	} * events;	      /* owned; NULL: there was none */
	uint64_t nr;	      /* seen so far: event n is at n % max */
};

/* Copies it; without memory it is left out. */
void top_story__add(struct top_story *story, const struct event_row *row, const void *record);
void top_story__free(struct top_story *story);

/* An event as one line, as `trace` has it. */
void top_story__line(const struct top_story *story, const struct event_row *row, const void *record,
		     const struct event_names *names, char *buf, size_t size);
/* What the events up to the model's moment say of a row of that group.  The names are those of the run. */
void top_story__describe(const struct top_story *story, const struct top_model *model, const struct top_row *row,
			 const struct event_names *names, struct top_lines *lines);

#endif
