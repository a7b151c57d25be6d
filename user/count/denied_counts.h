/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What was refused without an OOM kill, by process and by what it was: calls and failed allocations of pages (probe
 * "denied"), overflows of stacks (probe "signal").  In memory that never grows: what was last seen longest ago gives
 * its place to what is new.
 */
#ifndef MEMTRACE_COUNT_DENIED_COUNTS_H
#define MEMTRACE_COUNT_DENIED_COUNTS_H

#include "../report/event.h"

#define DENIED_ROWS 128

struct denied_row {
	enum mt_rec_id what;	      /* MT_REC_denied, MT_REC_alloc_failed or MT_REC_stack_overflow */
	uint32_t call, error, reason; /* of a call, as in struct mt_denied */
	int32_t order;		      /* of an allocation */
	uint64_t gfp_flags;
	struct mt_who who; /* pid 0: nobody's */
	char cgroup[MT_CGROUP_PATH_LEN];
	uint64_t bytes; /* the most that was asked for at once; MT_UNKNOWN_U64 */
	uint64_t limit; /* of the last one */
	uint64_t count, last_ns;
};

/* All zero at first. */
struct denied_counts {
	struct denied_row rows[DENIED_ROWS];
	size_t nr;
	uint64_t dropped; /* what was counted in rows that gave their places away */
};

bool denied_counts__wants(const struct mt_hdr *record);
/* A record that is wanted; names: of cgroups, which may be gone when they are shown. */
void denied_counts__take(struct denied_counts *counts, const struct mt_hdr *record, const struct event_names *names);
/* The most frequent first: pointers into counts; how many. */
size_t denied_counts__sorted(const struct denied_counts *counts, const struct denied_row *rows[DENIED_ROWS]);

/* In words: "mmap", "page allocation", "stack overflow"; and "ENOMEM", "rlimit_as", NULL where there is none. */
const char *denied_row__what(const struct denied_row *row);
const char *denied_row__error(const struct denied_row *row);
const char *denied_row__reason(const struct denied_row *row);

#endif
