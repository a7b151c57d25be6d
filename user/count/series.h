/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Bounded sets of label values for exported metrics.  A name that got a series keeps it until it ends; the rest are
 * summed in "other".  What was exported as part of "other" stays there when a name gets a series later, so no counter
 * ever goes down.  A name that ends takes its series with it: nothing is added to "other", and if it comes back it
 * starts at 0, as a counter does after a restart.
 */
#ifndef MEMTRACE_COUNT_SERIES_H
#define MEMTRACE_COUNT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct series_set;

struct series_config {
	size_t max;   /* named series at most */
	size_t width; /* counters a part; those behind the last that is not 0 take no memory */
	size_t parts; /* a series (label values of a histogram); one that has no counts takes no memory */
	bool zeros;   /* a name has a series before it counts anything, unless those that count need the room */
};

/* NULL and errno. */
struct series_set *series__new(const struct series_config *config);
void series__free(struct series_set *set);

/*
 * One round: begin, add each source once (name may be "other", which is then part of the rest; several may have one
 * name; values: absolute counters, width of them, which only grow), end.  end() names the largest while there is room,
 * then folds the others.  A name that a round does not add keeps its last values; with zeros one that never counted is
 * forgotten.  0 or -ENOMEM: then end() need not be called, and the next round makes up for it.
 */
void series__begin(struct series_set *set);
int series__add(struct series_set *set, const char *name, size_t part, const uint64_t *values);
int series__end(struct series_set *set);

/* After a complete round: a source that was added in it is gone, and its counters with it.  With its last source the
 * name ends. */
void series__forget(struct series_set *set, const char *name, size_t part, const uint64_t *values);

/* Named series first, in order of naming; the last, if anything was ever folded, is "other". */
size_t series__nr(const struct series_set *set);
const char *series__name(const struct series_set *set, size_t i);
/* The counters of a part; false: it never counted, and all are 0. */
bool series__copy(const struct series_set *set, size_t i, size_t part, uint64_t *values);

/* Series that ended; names that are in memory, with a series or in "other". */
uint64_t series__nr_ended(const struct series_set *set);
size_t series__nr_known(const struct series_set *set);

#endif
