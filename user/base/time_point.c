// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "time_point.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "units.h"

/* Takes so many digits from the text: a number from min to max. */
static bool take_number(const char **text, size_t digits, int min, int max, int *value)
{
	*value = 0;
	for (; digits; digits--, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return *value >= min && *value <= max;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* Up to nine digits, the first of which are tenths. */
static bool take_fraction(const char **text, uint64_t *ns)
{
	uint64_t unit = NSEC_PER_SEC;

	for (*ns = 0; isdigit((unsigned char)**text) && unit > 1; (*text)++) {
		unit /= 10;
		*ns += unit * (uint64_t)(**text - '0');
	}
	return unit < NSEC_PER_SEC;
}

static bool take_date(const char **text, struct tm *day)
{
	int year, month;

	if (!take_number(text, 4, 1970, 9999, &year) || !take_char(text, '-') || !take_number(text, 2, 1, 12, &month) ||
	    !take_char(text, '-') || !take_number(text, 2, 1, 31, &day->tm_mday))
		return false;
	day->tm_year = year - 1900;
	day->tm_mon = month - 1;
	return take_char(text, ' ') || take_char(text, 'T');
}

static bool take_time(const char **text, struct time_point *point)
{
	if (!take_number(text, 2, 0, 23, &point->hour) || !take_char(text, ':') ||
	    !take_number(text, 2, 0, 59, &point->minute))
		return false;
	if (!take_char(text, ':'))
		return true;
	if (!take_number(text, 2, 0, 59, &point->second))
		return false;
	return !take_char(text, '.') || take_fraction(text, &point->ns);
}

int time_point__parse(const char *text, struct time_point *point)
{
	*point = (struct time_point){ .kind = TIME_POINT_OFFSET };
	if (!strcmp(text, "0") || !strcmp(text, "0s"))
		return 0; /* which is no duration */
	if (!strchr(text, ':'))
		return parse_duration(text, &point->ns) || point->ns > INT64_MAX ? -EINVAL : 0;
	point->kind = strchr(text, '-') ? TIME_POINT_OF_DATE : TIME_POINT_OF_DAY;
	if (point->kind == TIME_POINT_OF_DATE && !take_date(&text, &point->day))
		return -EINVAL;
	return take_time(&text, point) && !*text ? 0 : -EINVAL;
}

/* mktime() makes another time of one that there is not: the 30th of February, an hour that was skipped. */
static int to_epoch(const struct tm *tm, time_t *seconds)
{
	struct tm copy = *tm;

	*seconds = mktime(&copy);
	return copy.tm_mday == tm->tm_mday && copy.tm_hour == tm->tm_hour && copy.tm_min == tm->tm_min ? 0 : -EINVAL;
}

int time_point__since(const struct time_point *point, int64_t start_wall_ns, int64_t *ns)
{
	time_t start = start_wall_ns / (int64_t)NSEC_PER_SEC, seconds;
	struct tm tm = point->day;
	int err;

	*ns = (int64_t)point->ns;
	if (point->kind == TIME_POINT_OFFSET)
		return 0;
	if (point->kind == TIME_POINT_OF_DAY && !localtime_r(&start, &tm))
		return -EINVAL;
	tm.tm_hour = point->hour;
	tm.tm_min = point->minute;
	tm.tm_sec = point->second;
	tm.tm_isdst = -1;
	err = to_epoch(&tm, &seconds);
	*ns += seconds * (int64_t)NSEC_PER_SEC - start_wall_ns;
	return err;
}
