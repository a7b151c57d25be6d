/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call paths over the time of a run, in bounded memory: each with what happened there in each stretch of time.  Of more
 * than there is room for, the light ones are folded: first their threads are no more told apart, then they are cut at
 * the leaf, with PATH_FOLDED in place of what they called.  So the sums of all that they have in common stay exact.
 */
#ifndef MEMTRACE_COUNT_PATHS_OVER_TIME_H
#define MEMTRACE_COUNT_PATHS_OVER_TIME_H

#include <stdbool.h>

#include "../base/hash.h"
#include "call_paths.h"
#include "over_time.h"

#define PATH_FOLDED  "(folded)"
#define PATH_SOURCES 4

enum path_weight {
	PATH_EVENTS = CALL_EVENTS,
	PATH_PAGES = CALL_PAGES,
	PATH_NS = CALL_NS,
	PATH_TOUCHED, /* pages that were touched for the first time */
	NR_PATH_WEIGHTS
};

/* Whose events they are; all zero bytes between. */
struct path_owner {
	uint32_t source;   /* the caller's, below PATH_SOURCES */
	uint32_t pid, tid; /* 0: of several */
	uint32_t zero;
};

struct path_over_time_key {
	const struct call_path *path;
	struct path_owner owner;
};

struct path_over_time {
	UT_hash_handle hh;
	struct path_over_time_key key;
	struct timed_counts counts;	  /* by enum path_weight */
	uint64_t before[NR_PATH_WEIGHTS]; /* what the same path has in the run that this one is compared with */
	uint64_t stands_for;		  /* paths that were cut to this one */
	double weight;			  /* the largest share that it has of any sum; as of the last folding */
	uint64_t number;		  /* in which order they came */
	bool took;			  /* something was folded into it since it was weighed */
	bool touches;			  /* the kernel's functions say that its pages are touched for the first time */
};

struct path_limits {
	size_t rows;   /* paths of threads */
	size_t values; /* of timed_counts */
	size_t bytes;  /* of texts */
};

struct paths_over_time {
	struct call_paths *paths;
	struct call_paths *fresh; /* while it is folded: those of paths that stay */
	struct path_over_time *table;
	struct path_limits limits;
	size_t nr, nr_values; /* rows; values, about */
	uint64_t made;	      /* rows, so far */
	uint64_t sums[PATH_SOURCES][NR_PATH_WEIGHTS], before[PATH_SOURCES][NR_PATH_WEIGHTS];
};

/* limits: while the run goes on.  0 or -ENOMEM; paths_over_time__done() in any case. */
int paths_over_time__init(struct paths_over_time *paths, const struct path_limits *limits);
void paths_over_time__done(struct paths_over_time *paths);
/*
 * As call_paths__add(), in a stretch of time.  Of events that have pages, those of a path whose kernel functions say so
 * count as touched for the first time; sums may say it, too.  0 or -ENOMEM.
 */
int paths_over_time__add(struct paths_over_time *paths, const struct path_owner *owner, const char *const *parts,
			 size_t nr_parts, const uint64_t sums[NR_PATH_WEIGHTS], uint32_t at);
void paths_over_time__halve(struct paths_over_time *paths);
/* Adds the sums of another run to what is before: same functions, whatever threads.  0 or -ENOMEM. */
int paths_over_time__compare(struct paths_over_time *paths, const struct paths_over_time *other);
/* Folds until all is within the limits, as far as that is possible, and orders by source and falling weight.  0 or
 * -ENOMEM. */
int paths_over_time__fold(struct paths_over_time *paths, const struct path_limits *limits);

#endif
