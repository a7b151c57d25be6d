/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers time_point.h: what is read and what is refused, and what it means in a time zone with summer time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/base/time_point.h"

#define S     1000000000LL
#define START (1774738830 * S + 500000000) /* 2026-03-29 00:00:30.5 in Berlin, where clocks go on at 02:00 */

static void what_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t since;
	} rows[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "90", 90 * S },
		{ "90s", 90 * S },
		{ "1h30m", 5400 * S },
		{ "00:00", -30 * S - 500000000 },
		{ "00:00:31", 500000000 },
		{ "00:00:30.6", 100000000 },
		{ "00:00:30.500000001", 1 },
		{ "03:00", 7200 * S - 30 * S - 500000000 }, /* two hours later, as there is no 02:00 */
		{ "2026-03-29 00:01", 29 * S + 500000000 },
		{ "2026-03-29T00:01:00", 29 * S + 500000000 },
		{ "2026-03-28 23:59:59", -31 * S - 500000000 },
		{ "2026-03-30 00:00:30.5", 23 * 3600 * S },
		{ "9999-12-31 00:00", INT64_MAX - START }, /* nanoseconds of 64 bits end before */
	};
	struct time_point point;
	int64_t since;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(time_point__parse(rows[i].text, &point), 0);
		assert_int_equal(time_point__since(&point, START, &since), 0);
		if (since != rows[i].since)
			fail_msg("%s is %lld", rows[i].text, (long long)since);
	}
}

static void what_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"-",
		"-0",
		"--1",
		"1w",
		"yesterday",
		"yesterday ",
		"yesterday 90",
		"yesterday 3:00",
		"yesterday 2026-03-28 02:00",
		":",
		"14:",
		"1:02",
		"14:2",
		"24:00",
		"14:60",
		"14:02:",
		"14:02:60",
		"14:02:07.",
		"14:02 ",
		" 14:02",
		"14:02:7x",
		"+1:+2:+3",
		"14-02:03",
		"2026-11-28",
		"2026-11-28 ",
		"2026-13-01 14:02",
		"2026-00-01 14:02",
		"2026-11-32 14:02",
		"26-11-28 14:02",
		"2026-11-28  14:02",
		"2026-11-28x14:02",
		"300000000000h",
	};
	struct time_point point;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (time_point__parse(texts[i], &point) != -EINVAL)
			fail_msg("'%s' is taken", texts[i]);
}

static void times_that_there_are_not(void **state)
{
	static const char *const texts[] = { "02:30", "2026-03-29 02:00", "2026-02-30 14:02", "2026-11-31 00:00" };
	struct time_point point;
	int64_t since;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(time_point__parse(texts[i], &point), 0);
		assert_int_equal(time_point__since(&point, START, &since), -EINVAL);
	}
}

#define NOON	     (1792926000 * S) /* 2026-10-25 12:00, where clocks were set back at 03:00 */
#define NOON_SPRING  (1774778400 * S) /* 2026-03-29 12:00 */
#define NONE	     INT64_MIN
#define HOURS(hours) ((hours)*3600 * S)

static void moments_of_a_history(void **state)
{
	static const struct {
		const char *text;
		int64_t end, after, wall;
		bool later;
	} rows[] = {
		{ "90", NOON, NONE, NOON - HOURS(200) + 90 * S, false },
		{ "-2h", NOON, NONE, NOON - HOURS(2), false },
		{ "-1d", NOON, NONE, NOON - HOURS(24), false },
		/* the last one before the end: of today, or of the day before */
		{ "11:00", NOON, NONE, NOON - HOURS(1), false },
		{ "12:00", NOON, NONE, NOON, false },
		{ "13:00", NOON, NONE, 1792839600 * S, false },
		{ "03:00", NOON, NONE, 1792893600 * S, false },
		{ "yesterday 02:30", NOON, NONE, 1792801800 * S, false },
		{ "yesterday 02:30", NOON_SPRING, NONE, 1774661400 * S, false },
		/* an hour that the clock showed twice */
		{ "02:30", NOON, NONE, 1792888200 * S, false },
		{ "02:30", NOON, NONE, 1792891800 * S, true },
		{ "2026-10-25 02:30", NOON, NONE, 1792888200 * S, false },
		{ "2026-10-25 02:30", NOON, NONE, 1792891800 * S, true },
		/* one that it skipped: the day before had it */
		{ "02:30", NOON_SPRING, NONE, 1774661400 * S, false },
		/* the first one after another: of the same day, or of the next */
		{ "11:30", NOON, NOON - HOURS(1), NOON - HOURS(1) / 2, true },
		{ "10:30", NOON, NOON - HOURS(23), NOON - HOURS(3) / 2, true },
		{ "00:30", NOON_SPRING, 1774661400 * S, 1774740600 * S, true },
		/* later than nanoseconds of 64 bits */
		{ "2262-04-12 12:00", NOON, NONE, INT64_MAX, false },
		{ "9999-12-31 00:00", NOON, NONE, INT64_MAX, true },
		{ "2500000h", NOON, NONE, INT64_MAX, false },
	};
	static const char *const none[] = { "2026-03-29 02:30", "2026-02-29 14:02", "2026-02-30 14:02",
					    "2026-11-31 00:00" };
	struct time_point point;
	int64_t wall;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct time_point_range range = { .start_ns = rows[i].end - HOURS(200),
							.end_ns = rows[i].end,
							.after_ns = rows[i].after,
							.later = rows[i].later };

		assert_int_equal(time_point__parse(rows[i].text, &point), 0);
		assert_int_equal(time_point__in(&point, &range, &wall), 0);
		if (wall != rows[i].wall)
			fail_msg("row %zu: %s is %lld", i, rows[i].text, (long long)(wall / S));
	}
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_int_equal(time_point__parse(none[i], &point), 0);
		if (time_point__in(&point, &(struct time_point_range){ .end_ns = NOON, .later = i % 2 }, &wall) !=
		    -EINVAL)
			fail_msg("there is no %s", none[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(times_that_there_are_not),
		cmocka_unit_test(moments_of_a_history),
	};

	/* as a rule, so that no files of time zones are needed */
	setenv("TZ", "CET-1CEST,M3.5.0/2,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
