/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers series.h: who gets a name and keeps it, what stays in "other", names that are "other" or equal, values that
 * are not added or fall, series that are 0 and make room, names that end and come back, 100,000 of them over time, and
 * (by random) that no exported value ever falls, that what rate() adds up is what was counted, also across an end.
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

static struct series_set *new_set_of(const struct series_config *config)
{
	struct series_set *set = series__new(config);

	assert_non_null(set);
	return set;
}

static struct series_set *new_set(size_t max, size_t width)
{
	return new_set_of(&(struct series_config){ .max = max, .width = width, .parts = 1 });
}

static void offer(struct series_set *set, const char *name, uint64_t value)
{
	assert_int_equal(series__add(set, name, 0, &value), 0);
}

static void expect(const struct series_set *set, size_t i, const char *name, uint64_t value)
{
	uint64_t counted;

	assert_true(i < series__nr(set));
	assert_string_equal(series__name(set, i), name);
	series__copy(set, i, 0, &counted);
	assert_int_equal(counted, value);
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
		assert_int_equal(series__add(set, name, 0, w->values[i]), 0);
		memcpy(w->offered[i], w->values[i], sizeof(w->offered[i]));
	}
	assert_int_equal(series__end(set), 0);
}

static void check_round(struct world *w, const struct series_set *set)
{
	uint64_t before, values[WIDTH], sums[WIDTH] = { 0 };
	size_t i, j, place;

	assert_true(series__nr(set) <= MAX + 1);
	for (i = 0; i < series__nr(set); i++) {
		place = strcmp(series__name(set, i), "other") ? i : MAX;
		assert_true(place < MAX || i + 1 == series__nr(set));
		series__copy(set, i, 0, values);
		for (j = 0; j < WIDTH; j++) {
			before = w->exported[place][j];
			assert_true(values[j] >= before);
			w->exported[place][j] = values[j];
			sums[j] += values[j];
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

/* Of the same name, two sources: the series ends with the second one, and what it counted is in no other. */
static void a_name_ends_with_its_last_source(void **state)
{
	struct series_set *set = new_set(1, 1);
	const uint64_t ten = 10, five = 5;

	(void)state;
	series__begin(set);
	offer(set, "a", ten);
	offer(set, "a", five);
	offer(set, "b", 1);
	assert_int_equal(series__end(set), 0);
	series__forget(set, "a", 0, &ten);
	expect(set, 0, "a", 15);
	assert_int_equal(series__nr_ended(set), 0);
	/* what the other source counts from here on is not hidden by what is gone */
	series__begin(set);
	offer(set, "a", 7);
	offer(set, "b", 1);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "a", 17);
	series__forget(set, "a", 0, &(uint64_t){ 7 });
	assert_int_equal(series__nr_ended(set), 1);
	assert_int_equal(series__nr(set), 1);
	expect(set, 0, "other", 1);
	assert_int_equal(series__nr_known(set), 1);
	series__free(set);
}

/* Its place is free, and the next of its name begins at 0. */
static void what_comes_back_starts_at_0(void **state)
{
	struct series_set *set = new_set(1, 1);

	(void)state;
	series__begin(set);
	offer(set, "a", 100);
	assert_int_equal(series__end(set), 0);
	series__forget(set, "a", 0, &(uint64_t){ 100 });
	assert_int_equal(series__nr(set), 0);
	series__begin(set);
	offer(set, "a", 3);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "a", 3);
	series__free(set);
}

static void what_had_no_series_ends_in_other(void **state)
{
	struct series_set *set = new_set(0, 1);

	(void)state;
	series__begin(set);
	offer(set, "a", 100);
	assert_int_equal(series__end(set), 0);
	series__forget(set, "a", 0, &(uint64_t){ 100 });
	expect(set, 0, "other", 100);
	assert_int_equal(series__nr_ended(set), 0);
	assert_int_equal(series__nr_known(set), 0);
	series__begin(set);
	offer(set, "a", 2);
	assert_int_equal(series__end(set), 0);
	expect(set, 0, "other", 102);
	series__free(set);
}

static void only_with_zeros_names_have_series_before_they_count(void **state)
{
	struct series_config config = { .max = 3, .width = 1, .parts = 1 };
	struct series_set *set = new_set_of(&config), *zeros;

	(void)state;
	config.zeros = true;
	zeros = new_set_of(&config);
	series__begin(set);
	series__begin(zeros);
	offer(set, "a", 0);
	offer(zeros, "a", 0);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__end(zeros), 0);
	assert_int_equal(series__nr(set), 0);
	assert_int_equal(series__nr_known(set), 0);
	assert_int_equal(series__nr(zeros), 1);
	expect(zeros, 0, "a", 0);
	/* gone before it counted */
	series__begin(zeros);
	assert_int_equal(series__end(zeros), 0);
	assert_int_equal(series__nr(zeros), 0);
	series__free(set);
	series__free(zeros);
}

/* Those that are 0, and they alone, make room for names that count. */
static void zeros_make_room(void **state)
{
	const struct series_config config = { .max = 2, .width = 1, .parts = 1, .zeros = true };
	struct series_set *set = new_set_of(&config);

	(void)state;
	series__begin(set);
	offer(set, "idle", 0);
	offer(set, "lazy", 0);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 2);
	series__begin(set);
	offer(set, "idle", 0);
	offer(set, "lazy", 4);
	offer(set, "new", 5);
	offer(set, "newer", 6);
	assert_int_equal(series__end(set), 0);
	assert_int_equal(series__nr(set), 3);
	expect(set, 0, "lazy", 4);
	expect(set, 1, "newer", 6);
	expect(set, 2, "other", 5);
	series__free(set);
}

/* A part has as many counters as it uses, and what it did not have is 0. */
static void parts_grow(void **state)
{
	const struct series_config config = { .max = 1, .width = 4, .parts = 3 };
	struct series_set *set = new_set_of(&config);
	uint64_t values[4] = { 1, 0, 0, 0 };

	(void)state;
	series__begin(set);
	assert_int_equal(series__add(set, "a", 2, values), 0);
	assert_int_equal(series__add(set, "b", 2, values), 0);
	assert_int_equal(series__end(set), 0);
	values[3] = 9;
	series__begin(set);
	assert_int_equal(series__add(set, "a", 2, values), 0);
	assert_int_equal(series__add(set, "b", 1, values), 0);
	assert_int_equal(series__end(set), 0);
	assert_false(series__copy(set, 0, 1, values));
	assert_int_equal(values[3], 0);
	assert_true(series__copy(set, 0, 2, values));
	assert_int_equal(values[0], 1);
	assert_int_equal(values[3], 9);
	assert_true(series__copy(set, 1, 1, values));
	assert_int_equal(values[0], 1);
	assert_int_equal(values[3], 9);
	assert_true(series__copy(set, 1, 2, values));
	assert_int_equal(values[0], 1);
	series__free(set);
}

#define CHURN_ROUNDS 1000
#define CHURN_NEW    100 /* names a round */
#define CHURN_LIVES  5	 /* rounds of each */

/* Each name counts one more in each of its rounds. */
static void churn_round(struct series_set *set, int round)
{
	uint64_t last = CHURN_LIVES;
	char name[16];
	int born, i;

	series__begin(set);
	offer(set, "stays", (uint64_t)round + 1000);
	for (born = round < CHURN_LIVES ? 0 : round - CHURN_LIVES + 1; born <= round; born++)
		for (i = 0; i < CHURN_NEW; i++) {
			snprintf(name, sizeof(name), "n%d", born * CHURN_NEW + i);
			offer(set, name, (uint64_t)(round - born + 1));
		}
	assert_int_equal(series__end(set), 0);
	born = round - CHURN_LIVES + 1;
	for (i = 0; born >= 0 && i < CHURN_NEW; i++) {
		snprintf(name, sizeof(name), "n%d", born * CHURN_NEW + i);
		series__forget(set, name, 0, &last);
	}
}

static uint64_t value_of(const struct series_set *set, const char *name)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < series__nr(set); i++)
		if (!strcmp(series__name(set, i), name))
			series__copy(set, i, 0, &value);
	return value;
}

/* 100,000 names over time: series and names in memory are bounded, the one that stays is never reset. */
static void names_over_time_are_bounded(void **state)
{
	struct series_set *set = new_set(50, 1);
	int round;

	(void)state;
	for (round = 0; round < CHURN_ROUNDS; round++) {
		churn_round(set, round);
		assert_true(series__nr(set) <= 51);
		assert_true(series__nr_known(set) <= CHURN_NEW * CHURN_LIVES + 1);
		assert_int_equal(value_of(set, "stays"), round + 1000);
	}
	assert_true(series__nr_ended(set) > CHURN_ROUNDS / CHURN_LIVES * 40);
	series__free(set);
}

/* As rate() and increase() add up: by name, from 0 where a series is new, which in "other" is once. */
struct seen {
	char name[16];
	uint64_t value;
	bool there;
};

static uint64_t increase(struct seen *seen, size_t nr, const struct series_set *set)
{
	uint64_t sum = 0, value;
	size_t i, j;
	bool found;

	for (j = 0; j < nr; j++) {
		found = false;
		for (i = 0; i < series__nr(set); i++) {
			if (strcmp(series__name(set, i), seen[j].name))
				continue;
			series__copy(set, i, 0, &value);
			found = true;
			assert_true(!seen[j].there || value >= seen[j].value);
			sum += value - (seen[j].there ? seen[j].value : 0);
			seen[j].value = value;
		}
		seen[j].there = found;
	}
	return sum;
}

/* Random names that count, stop, end and come back: what rates add up to is what was counted, in each round. */
static void rates_are_the_truth_across_ends(void **state)
{
	struct seen seen[NAMES];
	uint64_t values[NAMES], truth;
	struct series_set *set;
	unsigned int seed;
	int round, i;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		srand(seed);
		memset(values, 0, sizeof(values));
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < NAMES; i++)
			snprintf(seen[i].name, sizeof(seen[i].name), i ? "n%d" : "other", i);
		set = new_set(MAX, 1);
		for (round = 0; round < 60; round++) {
			series__begin(set);
			for (truth = 0, i = 0; i < NAMES; i++) {
				uint64_t more = (uint64_t)(rand() % 3 ? 0 : rand() % 10);

				truth += more;
				values[i] += more;
				offer(set, seen[i].name, values[i]);
			}
			assert_int_equal(series__end(set), 0);
			assert_int_equal(increase(seen, NAMES, set), truth);
			i = 1 + rand() % (NAMES - 1);
			if (rand() % 2) {
				series__forget(set, seen[i].name, 0, &values[i]);
				values[i] = 0;
			}
			increase(seen, NAMES, set);
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
		cmocka_unit_test(a_name_ends_with_its_last_source),
		cmocka_unit_test(what_comes_back_starts_at_0),
		cmocka_unit_test(what_had_no_series_ends_in_other),
		cmocka_unit_test(only_with_zeros_names_have_series_before_they_count),
		cmocka_unit_test(zeros_make_room),
		cmocka_unit_test(parts_grow),
		cmocka_unit_test(names_over_time_are_bounded),
		cmocka_unit_test(rates_are_the_truth_across_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
