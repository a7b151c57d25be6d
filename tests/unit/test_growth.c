// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers growth_series.h and growth.h: verdicts and slopes of known series, bounded memory, processes by what they
 * grew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/growth.h"

#define MIB    (1024.0 * 1024)
#define SECOND 1000000000ULL

/* Bytes after so many seconds, of so many in all. */
typedef double shape_fn(size_t second, size_t of);

static double flat(size_t second, size_t of)
{
	(void)second;
	(void)of;
	return 100 * MIB;
}

static double linear(size_t second, size_t of)
{
	(void)of;
	return 10 * MIB + (double)second * MIB;
}

static double falling(size_t second, size_t of)
{
	return 10 * MIB + (double)(of - second) * MIB;
}

/* A cache: fills within the first half. */
static double level_off(size_t second, size_t of)
{
	return 10 * MIB + (second < of / 2 ? (double)second : (double)(of / 2)) * MIB;
}

/* A collector: 20 MiB of garbage above 30 that live. */
static double sawtooth(size_t second, size_t of)
{
	(void)of;
	return second < 30 ? (double)second * MIB : 30 * MIB + (double)(second % 10) * 2 * MIB;
}

/* The same, and each time 2 MiB more stay. */
static double rising_saw(size_t second, size_t of)
{
	return sawtooth(second, of) + (double)(second / 10) * 2 * MIB;
}

/* Less than a hundredth of 100 MiB, up and down. */
static double noise(size_t second, size_t of)
{
	(void)of;
	return 100 * MIB + (double)(second * 7919 % 13) / 13 * 0.9 * MIB;
}

/* A leak of 1 MiB a second below 4 MiB of noise. */
static double noisy_leak(size_t second, size_t of)
{
	(void)of;
	return 10 * MIB + (double)second * MIB + (double)(second * 7919 % 13) / 13 * 4 * MIB;
}

/* A leak of 1 MiB a second with two dips, of an eighth of what it grows by. */
static double dips(size_t second, size_t of)
{
	return 10 * MIB + (double)second * MIB - (second == of / 4 || second == of / 2 ? (double)of / 8 * MIB : 0);
}

/* A leak of 1 MiB a second that is read last while it has a fifth less for a moment. */
static double dip_at_end(size_t second, size_t of)
{
	return 10 * MIB + (double)second * MIB - (second == of ? (double)of / 5 * MIB : 0);
}

static double step_late(size_t second, size_t of)
{
	return second * 10 < of * 8 ? 10 * MIB : 60 * MIB;
}

/* Nothing, then all of it in the last third. */
static double late(size_t second, size_t of)
{
	return 10 * MIB + (second * 3 < of * 2 ? 0 : (double)(second - of * 2 / 3) * 2 * MIB);
}

static struct growth judge(shape_fn *shape, size_t seconds)
{
	struct growth_series series = { 0 };
	struct growth growth;
	size_t i;

	for (i = 0; i <= seconds; i++) {
		assert_int_equal(growth_series__add(&series, (100 + i) * SECOND, (uint64_t)shape(i, seconds), SECOND),
				 0);
		assert_true(series.nr <= GROWTH_POINTS);
	}
	growth = growth_series__judge(&series);
	growth_series__done(&series);
	return growth;
}

static const struct {
	shape_fn *shape;
	enum growth_verdict verdict;
	double slope; /* MiB a second; -1: any */
} known[] = {
	{ flat, GROWTH_NONE, 0 },	    { linear, GROWTH_STEADY, 1 },      { falling, GROWTH_NONE, -1 },
	{ level_off, GROWTH_LEVELLED, -1 }, { sawtooth, GROWTH_SAWTOOTH, 0 },  { rising_saw, GROWTH_RISING_SAW, 0.2 },
	{ noise, GROWTH_NONE, -1 },	    { noisy_leak, GROWTH_STEADY, 1 },  { dips, GROWTH_STEADY, 1 },
	{ dip_at_end, GROWTH_STEADY, 1 },   { step_late, GROWTH_AT_ONCE, -1 }, { late, GROWTH_UNEVEN, -1 },
};

/* With each point its own step, and with up to 80 seconds in one. */
static void test_known_series(void **state)
{
	static const size_t lengths[] = { 60, 119, 240, 500, 10000 };
	size_t i, l;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		for (l = 0; l < sizeof(lengths) / sizeof(*lengths); l++) {
			struct growth growth = judge(known[i].shape, lengths[l]);
			enum growth_verdict verdict = known[i].verdict;

			/* what has grown a hundredfold since has no teeth to speak of */
			if (known[i].shape == rising_saw && lengths[l] == 10000)
				verdict = GROWTH_STEADY;
			if (growth.verdict != verdict)
				fail_msg("series %zu of %zu s: verdict %d, not %d", i, lengths[l], growth.verdict,
					 verdict);
			assert_true(growth.has_slope);
			if (known[i].slope >= 0 && (growth.slope / MIB > known[i].slope * 1.1 + 0.02 ||
						    growth.slope / MIB < known[i].slope * 0.9 - 0.02))
				fail_msg("series %zu of %zu s: slope %f, not %f", i, lengths[l], growth.slope / MIB,
					 known[i].slope);
		}
	}
}

static void test_grown_and_few_points(void **state)
{
	struct growth growth;
	size_t i;

	(void)state;
	for (i = 0; i + 1 < GROWTH_LEAST_POINTS; i++) {
		growth = judge(linear, i);
		assert_int_equal(growth.verdict, GROWTH_UNKNOWN);
		assert_false(growth.has_slope);
		assert_int_equal(growth.grown, (int64_t)(i * (size_t)MIB));
	}
	assert_int_equal(judge(linear, GROWTH_LEAST_POINTS + 1).verdict, GROWTH_STEADY);
	assert_int_equal(judge(falling, 10).grown, -(int64_t)(10 * MIB));
}

/* What is not reported between two moments has not changed. */
static void test_silence_is_no_change(void **state)
{
	struct growth_series series = { 0 };
	struct growth growth;

	(void)state;
	assert_int_equal(growth_series__add(&series, 10 * SECOND, 1000, SECOND), 0);
	assert_null(series.points);
	assert_int_equal(growth_series__add(&series, 20 * SECOND, 50000000, SECOND), 0);
	assert_int_equal(growth_series__extend(&series, 90 * SECOND, SECOND), 0);
	assert_int_equal(series.points[5].last, 1000);
	assert_int_equal(series.points[40].last, 50000000);
	growth = growth_series__judge(&series);
	assert_int_equal(growth.verdict, GROWTH_AT_ONCE);
	/* most of the time it stood still */
	assert_true(growth.slope == 0);
	/* hours later all is still within the bounds */
	assert_int_equal(growth_series__extend(&series, 1000000 * SECOND, SECOND), 0);
	assert_true(series.nr <= GROWTH_POINTS && series.nr > GROWTH_POINTS / 2);
	assert_int_equal(series.points[series.nr - 1].last, 50000000);
	growth_series__restart(&series, 1000001 * SECOND);
	assert_int_equal(series.first, 50000000);
	assert_int_equal(growth_series__judge(&series).grown, 0);
	growth_series__done(&series);
}

static void take(struct growth_table *table, uint32_t pid, uint64_t start_ns, uint64_t second, uint64_t mib, bool ended)
{
	const struct mt_memory record = {
		.hdr = { .id = MT_REC_memory, .time_ns = second * SECOND },
		.who = { .pid = pid, .tid = pid, .start_ns = start_ns },
		.anon_rss_bytes = (mib - mib / 4) << 20,
		.swap_bytes = (mib / 4) << 20,
		.ended = ended,
	};

	assert_int_equal(growth_table__take(table, &record), 0);
}

static void test_processes_by_growth(void **state)
{
	struct growth_table table = { .step_ns = SECOND };
	struct grown **list;
	size_t nr, i;

	(void)state;
	take(&table, 1, 5, 9, 100, false);
	take(&table, 2, 5, 9, 10, false);
	take(&table, 3, 5, 9, 500, true); /* ended before */
	growth_table__begin(&table, 10 * SECOND);
	for (i = 1; i <= 20; i++) {
		take(&table, 1, 5, 10 + i, 100 + i, false);
		take(&table, 2, 5, 10 + i, 10 + 2 * i, false);
	}
	take(&table, 4, 12 * SECOND, 13, 30, true); /* born within the run: all that it has is growth */
	take(&table, 4, 15 * SECOND, 16, 7, false); /* another one with its pid */
	assert_int_equal(growth_table__end(&table, 30 * SECOND), 0);
	assert_int_equal(growth_table__rank(&table, &list, &nr), 0);
	assert_int_equal(nr, 4);
	assert_int_equal(list[0]->key.pid, 2);
	assert_int_equal(growth_series__judge(&list[0]->held).verdict, GROWTH_STEADY);
	assert_int_equal(growth_series__judge(&list[0]->held).grown, 40 << 20);
	assert_int_equal(list[1]->key.start_ns, 12 * SECOND);
	assert_int_equal(growth_series__judge(&list[1]->held).grown, 30 << 20);
	assert_int_equal(list[2]->key.pid, 1);
	assert_int_equal(growth_table__judge(&table, list[2], 30 * SECOND).verdict, GROWTH_STEADY);
	assert_int_equal(list[3]->key.start_ns, 15 * SECOND);
	free(list);
	growth_table__done(&table);
}

/* One that does not change has a verdict too, and takes no memory for that. */
static void test_unchanged(void **state)
{
	struct growth_table table = { .step_ns = SECOND };
	struct grown *grown;

	(void)state;
	take(&table, 1, 5, 9, 100, false);
	growth_table__begin(&table, 10 * SECOND);
	assert_int_equal(growth_table__end(&table, 20 * SECOND), 0);
	grown = table.processes;
	assert_null(grown->held.points);
	assert_int_equal(growth_table__judge(&table, grown, 17 * SECOND).verdict, GROWTH_UNKNOWN);
	assert_int_equal(growth_table__judge(&table, grown, 18 * SECOND).verdict, GROWTH_NONE);
	assert_true(growth_table__judge(&table, grown, 18 * SECOND).has_slope);
	assert_false(growth_table__judge(&table, grown, 17 * SECOND).has_slope);
	growth_table__done(&table);
}

/* Of many that have ended those stay that held most. */
static void test_ended_are_bounded(void **state)
{
	struct growth_table table = { .step_ns = SECOND, .begun_ns = SECOND };
	struct grown **list;
	uint32_t i;
	size_t nr;

	(void)state;
	take(&table, 1, 2 * SECOND, 3, 900, true);
	for (i = 0; i < GROWTH_ENDED_MAX + 10; i++)
		take(&table, 10 + i, 2 * SECOND, 3 + i, 1 + i % 2, true);
	assert_int_equal(growth_table__rank(&table, &list, &nr), 0);
	assert_int_equal(nr, GROWTH_ENDED_MAX);
	assert_int_equal(table.left_out, 11);
	assert_int_equal(list[0]->key.pid, 1);
	assert_int_equal(growth__held(&list[1]->last), 2 << 20);
	free(list);
	growth_table__done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_series),
		cmocka_unit_test(test_grown_and_few_points),
		cmocka_unit_test(test_silence_is_no_change),
		cmocka_unit_test(test_processes_by_growth),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_ended_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
