/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A time in a history of which nothing was recorded. */
#ifndef MEMTRACE_MODEL_RECORDED_GAP_H
#define MEMTRACE_MODEL_RECORDED_GAP_H

#include <stdbool.h>
#include <stdint.h>

struct recorded_gap {
	uint64_t from_ns, to_ns; /* the clock of the source */
	const char *why;	 /* for people; static */
	bool other_kernel;	 /* what follows is of another one */
};

#endif
