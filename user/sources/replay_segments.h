/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which segments of a history a replay reads: those of the part that is wanted. */
#ifndef MEMTRACE_SOURCES_REPLAY_SEGMENTS_H
#define MEMTRACE_SOURCES_REPLAY_SEGMENTS_H

#include <stdio.h>

#include "../base/time_point.h"
#include "../recording/segments.h"

/* The part of a recording's time that is wanted; kind TIME_POINT_NONE, or NULL: to that end of it. */
struct replay_part {
	const struct time_point *from, *to;
};

/* What people call its beginning, its end and both, for messages: the part of --against has but a beginning. */
const char *replay_part__from_name(const struct replay_part *part);
const char *replay_part__to_name(const struct replay_part *part);
const char *replay_part__name(const struct replay_part *part);

/* All zero: there is no history. */
struct replay_segments {
	const char *dir; /* borrowed */
	struct segments all;
	size_t next, end;	  /* to be read */
	int64_t from_ns, to_ns;	  /* on the wall, since the Unix epoch; INT64_MIN, INT64_MAX: all */
	int64_t start_ns, end_ns; /* of all of it */
	char *path;		  /* of the one that is being read; owned */
};

bool replay_segments__is_dir(const char *path);
/* EXIT_OK, or the exit code after one line on stderr; replay_segments__free() in any case. */
int replay_segments__open(struct replay_segments *segments, const char *dir, const struct replay_part *part);
/* The next one that is there: 1, and the stream is the caller's; 0: there is none; -errno. */
int replay_segments__next(struct replay_segments *segments, FILE **stream);
void replay_segments__free(struct replay_segments *segments);

#endif
