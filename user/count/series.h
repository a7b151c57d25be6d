/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Bounded sets of label values for exported metrics.  A value that got a name keeps it; the rest are summed in
 * "other".  What was exported as part of "other" stays there when a value is named later, so no counter ever goes
 * down, not even when its process exits.
 */
#ifndef MEMTRACE_COUNT_SERIES_H
#define MEMTRACE_COUNT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct series_set;

/* width: counters a series (a histogram has many); max: named series at most. NULL and errno. */
struct series_set *series__new(size_t max, size_t width);
void series__free(struct series_set *set);

/*
 * One round: begin, offer each source value once (name may be "other", which
 * is then part of the rest; values: its absolute counters, which only grow),
 * end.  end() names the largest by weight while there is room, then folds the others.
 * A name that a round does not offer keeps its last values.  0 or -ENOMEM.
 */
void series__begin(struct series_set *set);
int series__offer(struct series_set *set, const char *name, double weight, const uint64_t *values);
int series__end(struct series_set *set);

/* Named series first, in order of naming; the last, if anything was ever folded, is "other". */
size_t series__nr(const struct series_set *set);
const char *series__name(const struct series_set *set, size_t i);
const uint64_t *series__values(const struct series_set *set, size_t i);

#endif
