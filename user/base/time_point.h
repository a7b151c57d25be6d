/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A point in time as people write it: so long after a start, or by the clock on the wall. */
#ifndef MEMTRACE_BASE_TIME_POINT_H
#define MEMTRACE_BASE_TIME_POINT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum time_point_kind {
	TIME_POINT_NONE,
	TIME_POINT_OFFSET,    /* from the start */
	TIME_POINT_OF_DAY,    /* of the day on which it started, local time */
	TIME_POINT_OF_DATE,   /* local time */
	TIME_POINT_YESTERDAY, /* of the day before, local time; of a history alone, as the next one */
	TIME_POINT_BACK,      /* so long before the end */
	TIME_POINT_AFTER,     /* so long after --from, for --to; nobody writes it */
};

struct time_point {
	enum time_point_kind kind;
	uint64_t ns;   /* the offset, or what is beyond the whole second */
	struct tm day; /* year, month and day of a TIME_POINT_OF_DATE */
	int hour, minute, second;
};

/*
 * Parses an offset as parse_duration() does ("90s", "1h30m"), with a minus before it one back from the end;
 * "HH:MM[:SS[.FRACTION]]", with "yesterday " before it or not; or "YYYY-MM-DD" and such a time behind a blank or a T.
 * 0 or -EINVAL.
 */
int time_point__parse(const char *text, struct time_point *point);
/*
 * Nanoseconds from the start on, which is below 0 for what was before it.  start_wall_ns: the start by the clock on
 * the wall, since the Unix epoch.  0, or -EINVAL: local time has no such moment.
 */
int time_point__since(const struct time_point *point, int64_t start_wall_ns, int64_t *ns);

/* A history, and which moment of it is meant where there are several.  Times on the wall, ns since the Unix epoch. */
struct time_point_range {
	int64_t start_ns, end_ns;
	int64_t after_ns; /* a time of day is the first one after this; INT64_MIN: the last one before the end.
			   * A TIME_POINT_AFTER is so long after this, which is known. */
	bool later;	  /* of an hour that the clock shows twice, the second one */
};

/* That moment.  0, or -EINVAL: local time has none. */
int time_point__in(const struct time_point *point, const struct time_point_range *range, int64_t *wall_ns);

#endif
