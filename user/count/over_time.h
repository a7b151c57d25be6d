/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Counts over the time of a run, in bounded memory: the run is divided into stretches of equal length, at most
 * OVER_TIME_MAX of them.  When there are more, two become one, and so on.
 */
#ifndef MEMTRACE_COUNT_OVER_TIME_H
#define MEMTRACE_COUNT_OVER_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OVER_TIME_MAX 240 /* even */

/* All zero at first, but for begin_ns. */
struct stretches {
	uint64_t begin_ns;		/* of the first one; boot time clock */
	uint64_t end_ns[OVER_TIME_MAX]; /* when the last moment in each was */
	size_t nr;
	uint64_t moments; /* that came */
	uint64_t width;	  /* moments in a stretch, a power of two; 0: none came */
};

/* What came up to a moment is to be added: without room for it, every list must be halved before stretches__add(). */
bool stretches__is_full(const struct stretches *stretches);
void stretches__halve(struct stretches *stretches);
/* The stretch in which the moment is that follows the last one. */
uint32_t stretches__add(struct stretches *stretches, uint64_t now_ns);
/* The stretch that has a time; the last one for times behind all, the first one for those before. */
uint32_t stretches__at(const struct stretches *stretches, uint64_t time_ns);

/* The same for an event that comes before the moment does that follows it: then that moment's, were it there. */
uint32_t stretches__of_event(const struct stretches *stretches, uint64_t time_ns);

/* A value other than 0: of what, and in which stretch. */
struct timed_count {
	uint32_t at, key;
	uint64_t value;
};

/* Values of keys over time, those of 0 left out.  All zero at first. */
struct timed_counts {
	struct timed_count *list; /* owned */
	size_t nr, room;
};

/* Adds to what the key has in the stretch.  0 or -ENOMEM. */
int timed_counts__add(struct timed_counts *counts, uint32_t at, uint32_t key, uint64_t value);
/* Adds all of another one.  0 or -ENOMEM. */
int timed_counts__join(struct timed_counts *counts, const struct timed_counts *others);
/* Two stretches become one. */
void timed_counts__halve(struct timed_counts *counts);
/* Each key once in a stretch, ordered by stretch and key. */
void timed_counts__tidy(struct timed_counts *counts);
void timed_counts__done(struct timed_counts *counts);

#endif
