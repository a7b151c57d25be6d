/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers series.h: who gets a name and keeps it, what stays in "other", names
 * that are "other" or equal, values that are not offered or fall, and (by
 * random) that no exported value ever falls and that all of them together are
 * what was offered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/series.h"

static struct series_set *new_set(size_t max, size_t width)
{
	struct series_set *set = series__new(max, width);

	assert_non_null(set);
	return set;
}

static void offer(struct series_set *set, const char *name, uint64_t value)
{
	assert_int_equal(series__offer(set, name, (double)value, &value), 0);
}

static void expect(const struct series_set *set, size_t i, const char *name, uint64_t value)
{
	assert_true(i < series__nr(set));
	assert_string_equal(series__name(set, i), name);
	assert_int_equal(series__values(set, i)[0], value);
}

static void the_largest_get_names_and_keep_them(void **state)
{
	struct series_set *set = new_set(2, 1);

	(void)state;
	series__begin(set);
	offer(set, "small", 1);
	offer(set, "large", 100);
	offer(set, "middle", 10);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 3);
	expect(set, 0, "large", 100);
	expect(set, 1, "middle", 10);
	expect(set, 2, "other", 1);
	series__begin(set);
	offer(set, "small", 1000);
	offer(set, "large", 101);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "large", 101);
	expect(set, 1, "middle", 10);
	expect(set, 2, "other", 1000);
	series__free(set);
}

static void who_comes_late_is_other(void **state)
{
	struct series_set *set = new_set(1, 1);

	(void)state;
	series__begin(set);
	offer(set, "a", 5);
	assert_int_equal(series__end(set), 0);
	series__begin(set);
	offer(set, "b", 7);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "a", 5);
	expect(set, 1, "other", 7);
	series__free(set);
}

static void nothing_folded_means_no_other(void **state)
{
	struct series_set *set = new_set(2, 1);

	(void)state;
	assert_int_equal(series__nr(set), 0);
	series__begin(set);
	assert_int_equal(series__end(set), 0);
	series__begin(set);
	offer(set, "a", 5);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 1);
	series__free(set);
	series__free(NULL);
}

static void whoever_is_called_other_is_part_of_it(void **state)
{
	struct series_set *set = new_set(5, 1);

	(void)state;
	series__begin(set);
	offer(set, "other", 1000);
	offer(set, "a", 1);
	offer(set, "other", 10);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 2);
	expect(set, 0, "a", 1);
	expect(set, 1, "other", 1010);
	series__begin(set);
	offer(set, "other", 1001);
	offer(set, "other", 12);
	assert_int_equal(series__end(set), 0);
	expect(set, 1, "other", 1013);
	series__free(set);
}

static void equal_names_are_one_series(void **state)
{
	struct series_set *set = new_set(5, 1);
	int round;

	(void)state;
	for (round = 1; round <= 3; round++) {
		series__begin(set);
		offer(set, "a", 10);
		offer(set, "a", (uint64_t)round);
		assert_int_equal(series__end(set), 0);
	}
	assert_int_equal(series__nr(set), 1);
	expect(set, 0, "a", 13);
	series__free(set);
}

static void what_falls_or_vanishes_stays(void **state)
{
	struct series_set *set = new_set(1, 1);

	(void)state;
	series__begin(set);
	offer(set, "a", 10);
	offer(set, "b", 5);
	assert_int_equal(series__end(set), 0);
	series__begin(set);
	offer(set, "a", 3);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "a", 10);
	expect(set, 1, "other", 5);
	series__begin(set);
	offer(set, "a", 11);
	offer(set, "b", 6);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "a", 11);
	expect(set, 1, "other", 6);
	series__free(set);
}

static void without_names_all_is_other(void **state)
{
	struct series_set *set = new_set(0, 1);

	(void)state;
	series__begin(set);
	offer(set, "a", 3);
	offer(set, "", 4);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 1);
	expect(set, 0, "other", 7);
	series__free(set);
}

#define NAMES 12
#define WIDTH 3
#define MAX   4

struct world {
	uint64_t values[NAMES][WIDTH];	   /* as they are */
	uint64_t offered[NAMES][WIDTH];	   /* as they were offered last */
	uint64_t exported[MAX + 1][WIDTH]; /* the last is "other" */
};

static void random_round(struct world *w, struct series_set *set)
{
	char name[16];
	int i, j;

	series__begin(set);
	for (i = 0; i < NAMES; i++) {
		for (j = 0; j < WIDTH; j++)
			w->values[i][j] += (uint64_t)(rand() % 10);
		if (rand() % 3 == 0)
			continue;
		snprintf(name, sizeof(name), i ? "n%d" : "other", i);
		assert_int_equal(series__offer(set, name, rand() % 5, w->values[i]), 0);
		memcpy(w->offered[i], w->values[i], sizeof(w->offered[i]));
	}
	assert_int_equal(series__end(set), 0);
}

static void check_round(struct world *w, const struct series_set *set)
{
	uint64_t before, now, sums[WIDTH] = { 0 };
	size_t i, j, place;

	assert_true(series__nr(set) <= MAX + 1);
	for (i = 0; i < series__nr(set); i++) {
		place = strcmp(series__name(set, i), "other") ? i : MAX;
		assert_true(place < MAX || i + 1 == series__nr(set));
		for (j = 0; j < WIDTH; j++) {
			before = w->exported[place][j];
			now = series__values(set, i)[j];
			assert_true(now >= before);
			w->exported[place][j] = now;
			sums[j] += now;
		}
	}
	for (i = 0; i < NAMES; i++)
		for (j = 0; j < WIDTH; j++)
			sums[j] -= w->offered[i][j];
	for (j = 0; j < WIDTH; j++)
		assert_int_equal(sums[j], 0);
}

static void no_counter_ever_falls(void **state)
{
	struct series_set *set;
	unsigned int seed;
	struct world w;
	int round;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		srand(seed);
		memset(&w, 0, sizeof(w));
		set = new_set(MAX, WIDTH);
		for (round = 0; round < 30; round++) {
			random_round(&w, set);
			check_round(&w, set);
		}
		series__free(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_get_names_and_keep_them),
		cmocka_unit_test(who_comes_late_is_other),
		cmocka_unit_test(nothing_folded_means_no_other),
		cmocka_unit_test(whoever_is_called_other_is_part_of_it),
		cmocka_unit_test(equal_names_are_one_series),
		cmocka_unit_test(what_falls_or_vanishes_stays),
		cmocka_unit_test(without_names_all_is_other),
		cmocka_unit_test(no_counter_ever_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
