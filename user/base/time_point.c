// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "time_point.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "units.h"

#define YESTERDAY "yesterday "

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
	if (*text == '-') {
		point->kind = TIME_POINT_BACK;
		return parse_duration(text + 1, &point->ns) || point->ns > INT64_MAX ? -EINVAL : 0;
	}
	if (!strncmp(text, YESTERDAY, strlen(YESTERDAY))) {
		point->kind = TIME_POINT_YESTERDAY;
		text += strlen(YESTERDAY);
		return take_time(&text, point) && !*text ? 0 : -EINVAL;
	}
	if (!strchr(text, ':'))
		return parse_duration(text, &point->ns) || point->ns > INT64_MAX ? -EINVAL : 0;
	point->kind = strchr(text, '-') ? TIME_POINT_OF_DATE : TIME_POINT_OF_DAY;
	if (point->kind == TIME_POINT_OF_DATE && !take_date(&text, &point->day))
		return -EINVAL;
	return take_time(&text, point) && !*text ? 0 : -EINVAL;
}

/* At the most INT64_MAX, which is in the year 2262. */
static int64_t sum_ns(int64_t wall_ns, uint64_t ns)
{
	int64_t sum;

	return __builtin_add_overflow(wall_ns, ns, &sum) ? INT64_MAX : sum;
}

static int64_t epoch_ns(time_t seconds, uint64_t ns)
{
	int64_t wall_ns;

	return __builtin_mul_overflow(seconds, (int64_t)NSEC_PER_SEC, &wall_ns) ? INT64_MAX : sum_ns(wall_ns, ns);
}

/* mktime() makes another time of one that there is not: the 30th of February, an hour that was skipped. */
static int to_epoch(const struct tm *tm, time_t *seconds)
{
	struct tm copy = *tm;

	*seconds = mktime(&copy);
	return copy.tm_mday == tm->tm_mday && copy.tm_hour == tm->tm_hour && copy.tm_min == tm->tm_min ? 0 : -EINVAL;
}

/* The second of a day, in local time; where the clock shows it twice, either.  0 or -EINVAL: it was skipped. */
static int find_second(const struct tm *day, int back, int second_of_day, bool later, time_t *found)
{
	struct tm tm = *day;
	time_t seconds = 0;
	int summer, err = -EINVAL;

	tm.tm_mday -= back;
	tm.tm_hour = 12;
	tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	mktime(&tm); /* which day that is */
	tm.tm_hour = second_of_day / 3600;
	tm.tm_min = second_of_day / 60 % 60;
	tm.tm_sec = second_of_day % 60;
	for (summer = 1; summer >= 0; summer--) {
		struct tm other = tm;

		/* mktime() takes its word for it, and says in return whether that was true */
		other.tm_isdst = summer;
		seconds = mktime(&other);
		if (other.tm_isdst != summer || other.tm_hour != tm.tm_hour || other.tm_min != tm.tm_min ||
		    other.tm_mday != tm.tm_mday)
			continue;
		if (err || (later ? seconds > *found : seconds < *found))
			*found = seconds;
		err = 0;
	}
	return err;
}

/*
 * That moment of a day which is so many days before the given one.  Where the clock shows it twice: the first time; if
 * later is wanted, so that all before it is meant, the time behind the later one of the second before.
 */
static int on_day(const struct time_point *point, const struct tm *day, int back, bool later, int64_t *ns)
{
	int second = point->hour * 3600 + point->minute * 60 + point->second, err;
	time_t found = 0;

	err = later ? find_second(day, back + !second, second ? second - 1 : 86399, true, &found) : -EINVAL;
	if (err)
		err = find_second(day, back, second, later, &found);
	else
		found++;
	*ns = epoch_ns(found, point->ns);
	return err;
}

/* Months have their lengths. */
static int on_date(const struct time_point *point, bool later, int64_t *ns)
{
	struct tm day = point->day;

	day.tm_hour = 12;
	day.tm_isdst = -1;
	mktime(&day);
	return day.tm_mday == point->day.tm_mday ? on_day(point, &point->day, 0, later, ns) : -EINVAL;
}

static int of_day(const struct time_point *point, const struct time_point_range *range, int64_t *ns)
{
	bool first = range->after_ns != INT64_MIN;
	time_t day = (first ? range->after_ns : range->end_ns) / (int64_t)NSEC_PER_SEC;
	int back, step = first ? -1 : 1;
	struct tm tm;

	if (!localtime_r(&day, &tm))
		return -EINVAL;
	/* the day itself, then the one beside it; one on which the clock skips that time has none */
	for (back = 0; back * step < 3; back += step)
		if (!on_day(point, &tm, back, range->later, ns) &&
		    (first ? *ns > range->after_ns : *ns <= range->end_ns))
			return 0;
	return -EINVAL;
}

int time_point__in(const struct time_point *point, const struct time_point_range *range, int64_t *wall_ns)
{
	time_t end = range->end_ns / (int64_t)NSEC_PER_SEC;
	struct tm tm;

	switch (point->kind) {
	case TIME_POINT_OFFSET:
		*wall_ns = sum_ns(range->start_ns, point->ns);
		return 0;
	case TIME_POINT_BACK:
		*wall_ns = range->end_ns - (int64_t)point->ns;
		return 0;
	case TIME_POINT_AFTER:
		*wall_ns = sum_ns(range->after_ns, point->ns);
		return 0;
	case TIME_POINT_OF_DATE:
		return on_date(point, range->later, wall_ns);
	case TIME_POINT_YESTERDAY:
		return localtime_r(&end, &tm) ? on_day(point, &tm, 1, range->later, wall_ns) : -EINVAL;
	default:
		return of_day(point, range, wall_ns);
	}
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
	*ns = epoch_ns(seconds, point->ns) - start_wall_ns;
	return err;
}
