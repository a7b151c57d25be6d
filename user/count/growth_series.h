/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How the memory of one process, or of anything else that has a size, went over time, in bounded memory; and what that
 * means: does it grow, how fast, has it levelled off, does a collector take it back.  docs/leak.md has the rules.
 */
#ifndef MEMTRACE_COUNT_GROWTH_SERIES_H
#define MEMTRACE_COUNT_GROWTH_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Points that a series keeps: when they are full, two become one, and the step doubles. */
#define GROWTH_POINTS 128
/* With fewer moments than these nothing is said. */
#define GROWTH_LEAST_POINTS 8

/* A step of time: of its values the lowest, the highest, and the last. */
struct growth_point {
	uint64_t low, high, last; /* bytes */
};

/* All zero at first. */
struct growth_series {
	struct growth_point *points; /* owned; NULL: nothing but the first value */
	size_t nr;
	uint64_t begin_ns, step_ns; /* of the first point; how long each is */
	uint64_t first, now;	    /* the value at the begin, and the newest */
	bool begun;
};

enum growth_verdict {
	GROWTH_UNKNOWN,	   /* too few points */
	GROWTH_NONE,	   /* no more than noise, or it shrank */
	GROWTH_STEADY,	   /* in each third of the time */
	GROWTH_LEVELLED,   /* it grew, but not in the last third */
	GROWTH_AT_ONCE,	   /* most of it in one step */
	GROWTH_SAWTOOTH,   /* it falls again and again, to where it was before */
	GROWTH_RISING_SAW, /* it falls again and again, but to ever more */
	GROWTH_UNEVEN,	   /* it grew, and none of these */
	NR_GROWTH_VERDICTS,
};

/* For people and for JSON; NULL: unknown. */
extern const char *const growth_verdict_names[NR_GROWTH_VERDICTS];

struct growth {
	enum growth_verdict verdict;
	int64_t grown;	/* bytes: the newest value less the first */
	bool has_slope; /* there are points enough */
	double slope;	/* bytes a second: Theil and Sen's, the median of the slopes between any two points; of a
			   sawtooth between its lowest values */
};

/*
 * The size in bytes at a moment (not before the last one's), which it has until the next.  step_ns: how long the first
 * points are.  0 or -ENOMEM.
 */
int growth_series__add(struct growth_series *series, uint64_t now_ns, uint64_t bytes, uint64_t step_ns);
/* It still has its size then. */
int growth_series__extend(struct growth_series *series, uint64_t now_ns, uint64_t step_ns);
/* Forgets what was: it begins then, at its newest value. */
void growth_series__restart(struct growth_series *series, uint64_t now_ns);
void growth_series__done(struct growth_series *series);

struct growth growth_series__judge(const struct growth_series *series);

#endif
