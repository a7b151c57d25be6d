// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "growth_series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SEC 1e9

/* Of less than that, and of less than one in so many of what it had, nothing is made. */
#define LEAST_BYTES (256 * 1024)
#define LEAST_SHARE 100

/* A fall is one by at least this share of the whole range, from the highest value since the last fall. */
#define FALL_SHARE 0.1
/* So many make a sawtooth. */
#define LEAST_FALLS 2
#define DEEP_SHARE  0.5
/* It rises if the lowest values after its falls do, over at least so many, and in all by this share of its highest
 * fall. */
#define LEAST_LOWS 3
#define RISE_SHARE 0.2
/* Of all growth, what the last third (levelled off), or each third (steady), has at most, or at least. */
#define THIRD_SHARE 0.1
/* Of all growth, what a single step has at least if it came at once. */
#define STEP_SHARE 0.8

const char *const growth_verdict_names[NR_GROWTH_VERDICTS] = {
	[GROWTH_NONE] = "no growth",	    [GROWTH_STEADY] = "growing steadily",
	[GROWTH_LEVELLED] = "levelled off", [GROWTH_AT_ONCE] = "grew at once",
	[GROWTH_SAWTOOTH] = "sawtooth",	    [GROWTH_RISING_SAW] = "rising sawtooth",
	[GROWTH_UNEVEN] = "grew unevenly",
};

static struct growth_point point_of(uint64_t bytes)
{
	return (struct growth_point){ .low = bytes, .high = bytes, .last = bytes };
}

static void join(struct growth_point *into, const struct growth_point *next)
{
	into->low = next->low < into->low ? next->low : into->low;
	into->high = next->high > into->high ? next->high : into->high;
	into->last = next->last;
}

static void halve(struct growth_series *series)
{
	size_t i;

	for (i = 0; 2 * i < series->nr; i++) {
		series->points[i] = series->points[2 * i];
		if (2 * i + 1 < series->nr)
			join(&series->points[i], &series->points[2 * i + 1]);
	}
	series->nr = i;
	series->step_ns *= 2;
}

/* The place of a moment; the steps before it that nothing was said of have the newest value. */
static size_t reach(struct growth_series *series, uint64_t now_ns)
{
	uint64_t now = series->now, at = now_ns > series->begin_ns ? now_ns - series->begin_ns : 0;

	while (at / series->step_ns >= GROWTH_POINTS) {
		while (series->nr < GROWTH_POINTS && series->nr < at / series->step_ns)
			series->points[series->nr++] = point_of(now);
		halve(series);
	}
	while (series->nr <= at / series->step_ns)
		series->points[series->nr++] = point_of(now);
	return (size_t)(at / series->step_ns);
}

static int begin(struct growth_series *series, uint64_t now_ns, uint64_t bytes)
{
	series->begun = true;
	series->begin_ns = now_ns;
	series->first = series->now = bytes;
	return 0;
}

int growth_series__add(struct growth_series *series, uint64_t now_ns, uint64_t bytes, uint64_t step_ns)
{
	struct growth_point one = point_of(bytes);
	size_t at;

	if (!series->begun)
		return begin(series, now_ns, bytes);
	if (!series->points) {
		series->points = calloc(GROWTH_POINTS, sizeof(*series->points));
		if (!series->points)
			return -ENOMEM;
		series->step_ns = step_ns ? step_ns : 1;
	}
	at = reach(series, now_ns);
	join(&series->points[at], &one);
	series->now = bytes;
	return 0;
}

int growth_series__extend(struct growth_series *series, uint64_t now_ns, uint64_t step_ns)
{
	return series->begun ? growth_series__add(series, now_ns, series->now, step_ns) : 0;
}

void growth_series__restart(struct growth_series *series, uint64_t now_ns)
{
	uint64_t now = series->now;
	bool begun = series->begun;

	growth_series__done(series);
	if (begun)
		begin(series, now_ns, now);
}

void growth_series__done(struct growth_series *series)
{
	free(series->points);
	*series = (struct growth_series){ 0 };
}

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

/* The median of the slopes between any two of the points; at[] in seconds.  NAN: no memory, or a single point. */
static double median_slope(const double *at, const double *value, size_t nr)
{
	double *slopes = calloc(nr * nr / 2 + 1, sizeof(*slopes)), median = NAN;
	size_t i, j, n = 0;

	for (i = 0; slopes && i < nr; i++)
		for (j = i + 1; j < nr; j++)
			slopes[n++] = (value[j] - value[i]) / (at[j] - at[i]);
	if (n) {
		qsort(slopes, n, sizeof(*slopes), by_value);
		median = n % 2 ? slopes[n / 2] : (slopes[n / 2 - 1] + slopes[n / 2]) / 2;
	}
	free(slopes);
	return median;
}

/* What the rules look at. */
struct shape {
	double least; /* bytes that are more than noise */
	double range; /* between the lowest and the highest value */
	double highest_step;
	double slope;	  /* of all of it */
	double thirds[3]; /* what it grew by in each */
	size_t falls;
	double highest_fall;
	double lows[GROWTH_POINTS], low_at[GROWTH_POINTS]; /* after each fall */
	size_t nr_lows;
};

static double seconds_at(const struct growth_series *series, size_t i)
{
	return (double)(i + 1) * (double)series->step_ns / NS_PER_SEC;
}

static void add_low(struct shape *shape, double high, double at, double low)
{
	shape->highest_fall = high - low > shape->highest_fall ? high - low : shape->highest_fall;
	shape->low_at[shape->nr_lows] = at;
	shape->lows[shape->nr_lows++] = low;
}

/* Falls, and the lowest value after each: until it rises by as much again. */
static void find_falls(struct shape *shape, const struct growth_series *series)
{
	double high = (double)series->first, low = high, low_at = 0, least = shape->range * FALL_SHARE;
	bool falling = false;
	size_t i;

	least = least > shape->least ? least : shape->least;
	for (i = 0; i < series->nr; i++) {
		const struct growth_point *point = &series->points[i];

		if (falling && (double)point->high - low >= least) {
			add_low(shape, high, low_at, low);
			falling = false;
			high = (double)point->low;
		}
		if (falling && (double)point->low < low) {
			low = (double)point->low;
			low_at = seconds_at(series, i);
		}
		if (!falling && high - (double)point->low >= least) {
			shape->falls++;
			falling = true;
			low = (double)point->low;
			low_at = seconds_at(series, i);
		}
		high = (double)point->high > high ? (double)point->high : high;
	}
	if (falling)
		add_low(shape, high, low_at, low);
}

/* What it grew by in each third, by the slope there: a single value that happens to be the last of it changes little.
 */
static void fit(struct shape *shape, const struct growth_series *series)
{
	double at[GROWTH_POINTS], value[GROWTH_POINTS];
	size_t i, begin, end;

	for (i = 0; i < series->nr; i++) {
		at[i] = seconds_at(series, i);
		value[i] = (double)series->points[i].last;
	}
	shape->slope = median_slope(at, value, series->nr);
	for (i = 0; i < 3; i++) {
		begin = i * series->nr / 3;
		end = (i + 1) * series->nr / 3;
		shape->thirds[i] = median_slope(&at[begin], &value[begin], end - begin) *
				   ((double)(end - begin) * (double)series->step_ns / NS_PER_SEC);
	}
}

static struct shape shape_of(const struct growth_series *series)
{
	double low = (double)series->first, high = low, before = low, step;
	struct shape shape = { .least = low / LEAST_SHARE };
	size_t i;

	shape.least = shape.least > LEAST_BYTES ? shape.least : LEAST_BYTES;
	for (i = 0; i < series->nr; i++) {
		low = (double)series->points[i].low < low ? (double)series->points[i].low : low;
		high = (double)series->points[i].high > high ? (double)series->points[i].high : high;
		step = (double)series->points[i].last - before;
		shape.highest_step = step > shape.highest_step ? step : shape.highest_step;
		before = (double)series->points[i].last;
	}
	shape.range = high - low;
	fit(&shape, series);
	find_falls(&shape, series);
	return shape;
}

/* What is left after the falls becomes more: by a good part of what falls. */
static bool rises(const struct shape *shape)
{
	double slope = median_slope(shape->low_at, shape->lows, shape->nr_lows), risen;

	if (shape->nr_lows < LEAST_LOWS || isnan(slope))
		return false;
	risen = slope * (shape->low_at[shape->nr_lows - 1] - shape->low_at[0]);
	return risen >= shape->least && risen >= RISE_SHARE * shape->highest_fall;
}

static enum growth_verdict verdict_of(const struct shape *shape, double grown)
{
	size_t i;

	/* of a few falls it is not known whether what stays rises: then they have to be most of what happened */
	if (shape->falls >= LEAST_LOWS || (shape->falls >= LEAST_FALLS && shape->highest_fall >= DEEP_SHARE * grown))
		return rises(shape) ? GROWTH_RISING_SAW : GROWTH_SAWTOOTH;
	if (grown < shape->least)
		return GROWTH_NONE;
	if (shape->highest_step >= STEP_SHARE * grown)
		return GROWTH_AT_ONCE;
	if (shape->thirds[2] <= THIRD_SHARE * grown)
		return GROWTH_LEVELLED;
	for (i = 0; i < 3; i++)
		if (shape->thirds[i] < THIRD_SHARE * grown)
			return GROWTH_UNEVEN;
	return GROWTH_STEADY;
}

struct growth growth_series__judge(const struct growth_series *series)
{
	struct growth growth = { .grown = (int64_t)(series->now - series->first), .slope = NAN };
	struct shape shape;

	if (series->nr < GROWTH_LEAST_POINTS)
		return growth;
	shape = shape_of(series);
	if (isnan(shape.slope))
		return growth; /* no memory */
	growth.verdict = verdict_of(&shape, (double)growth.grown);
	growth.slope = growth.verdict == GROWTH_RISING_SAW || growth.verdict == GROWTH_SAWTOOTH ?
			       median_slope(shape.low_at, shape.lows, shape.nr_lows) :
			       shape.slope;
	growth.has_slope = !isnan(growth.slope);
	return growth;
}
