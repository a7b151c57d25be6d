/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the clock on the wall stood in a part of a history: each boot has its own, and it may be set. */
#ifndef MEMTRACE_MODEL_RECORDED_CLOCK_H
#define MEMTRACE_MODEL_RECORDED_CLOCK_H

#include <stdint.h>

struct recorded_clock {
	uint64_t from_ns;	/* the clock of the source: until the next one begins */
	int64_t wall_offset_ns; /* what to add for nanoseconds since the Unix epoch */
};

#endif
