/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A point in time as people write it: so long after a start, or by the clock on the wall. */
#ifndef MEMTRACE_BASE_TIME_POINT_H
#define MEMTRACE_BASE_TIME_POINT_H

#include <stdint.h>
#include <time.h>

enum time_point_kind {
	TIME_POINT_NONE,
	TIME_POINT_OFFSET,  /* from the start */
	TIME_POINT_OF_DAY,  /* of the day on which it started, local time */
	TIME_POINT_OF_DATE, /* local time */
};

struct time_point {
	enum time_point_kind kind;
	uint64_t ns;   /* the offset, or what is beyond the whole second */
	struct tm day; /* year, month and day of a TIME_POINT_OF_DATE */
	int hour, minute, second;
};

/*
 * Parses an offset as parse_duration() does ("90s", "1h30m"), "HH:MM[:SS[.FRACTION]]", or "YYYY-MM-DD" and such a
 * time behind a blank or a T.  0 or -EINVAL.
 */
int time_point__parse(const char *text, struct time_point *point);
/*
 * Nanoseconds from the start on, which is below 0 for what was before it.  start_wall_ns: the start by the clock on
 * the wall, since the Unix epoch.  0, or -EINVAL: local time has no such moment.
 */
int time_point__since(const struct time_point *point, int64_t start_wall_ns, int64_t *ns);

#endif
