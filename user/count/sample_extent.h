/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What one sample was over a stretch of time; MT_UNKNOWN_U64 wherever nothing is known. */
#ifndef MEMTRACE_COUNT_SAMPLE_EXTENT_H
#define MEMTRACE_COUNT_SAMPLE_EXTENT_H

#include "../model/samples.h"

struct sample_extent {
	uint64_t begin, end, min, max;
};

void sample_extent__begin(struct sample_extent *extent, uint64_t value);
/* A newer value. */
void sample_extent__widen(struct sample_extent *extent, uint64_t value);
/* Unknown if the value at the start or at the end is. */
uint64_t sample_extent__growth(const struct sample_extent *extent);
/* A counter's newer value, which is not below what it was: the kernel sums over CPUs without stopping them. */
uint64_t sample_extent__never_less(const struct sample_extent *extent, enum sample_kind kind, uint64_t value);

#endif
