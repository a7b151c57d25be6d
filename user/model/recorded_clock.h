/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the clock on the wall stood in a part of a history: each boot has its own, and it may be set. */
#ifndef MEMTRACE_MODEL_RECORDED_CLOCK_H
#define MEMTRACE_MODEL_RECORDED_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct recorded_clock {
	uint64_t from_ns;	/* the clock of the source: until the next one begins */
	int64_t wall_offset_ns; /* what to add for nanoseconds since the Unix epoch */
};

/* How far it was ahead then; 0: no clock is known. */
static inline int64_t recorded_clock__offset(const struct recorded_clock *clocks, size_t nr, uint64_t ns)
{
	while (nr > 1 && clocks[nr - 1].from_ns > ns)
		nr--;
	return nr ? clocks[nr - 1].wall_offset_ns : 0;
}

#endif
