/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Two runs, or two parts of one, side by side: what each group of tasks counted before and now. */
#ifndef MEMTRACE_COUNT_COMPARED_H
#define MEMTRACE_COUNT_COMPARED_H

#include "../base/hash.h"
#include "../model/probe.h"
#include "compared_runs.h"

#define COMPARED_MAX (MT_NR_SLOTS + 64)

struct compared_row {
	UT_hash_handle hh;
	char *key; /* owned: name, NUL, second; each may be empty */
	size_t key_size;
	const char *name;   /* of a process, or of a program; NULL: by cgroup */
	const char *second; /* cgroup or role; NULL: none, or not known */
	uint64_t processes[NR_COMPARED];
	uint64_t sums[]; /* of each counter before, then of each one now */
};

/* A counter of a row, as it is shown. */
struct compared_entry {
	const struct compared_row *row;
	size_t counter;
	double weight; /* the difference as a share of what all tasks counted; the greatest stand first */
};

struct compared_side {
	uint64_t totals[COMPARED_MAX];
	bool known[COMPARED_MAX];
	uint64_t samples[NR_SAMPLES]; /* how far they grew; MT_UNKNOWN_U64: unknown */
};

/* All zero at first. */
struct compared {
	enum group_by by;
	uint64_t page_size;			    /* of the run now */
	struct probe_column counters[COMPARED_MAX]; /* title: it is in text; path: in JSON */
	enum mt_slot slots[MT_NR_SLOTS];
	size_t nr_counters;
	size_t only; /* one more than the counter that alone is shown; 0: all are */
	struct compared_runs runs;
	struct compared_side sides[NR_COMPARED];
	struct compared_row *table;
	size_t nr_rows;
	struct compared_entry *entries; /* owned */
	size_t nr_entries;
};

/*
 * columns: the counters, or NULL: those of the probes that view shows.  sort: the title or path of the only counter
 * that is wanted; NULL: all.  Both borrow.  EXIT_OK, or EXIT_USAGE after one line on stderr.
 */
int compared__init(struct compared *compared, const struct run_view *view, const struct probe_column *columns,
		   enum group_by by, const char *sort);
/* Copies what a run counted that is over; its session may then end.  0 or -errno. */
int compared__take(struct compared *compared, enum compared_side_id side, const struct run_view *view);
/* Both sides were taken: makes the entries.  0 or -ENOMEM. */
int compared__order(struct compared *compared);
/* What a row counted; MT_UNKNOWN_U64: unknown. */
uint64_t compared__sum(const struct compared *compared, const struct compared_row *row, enum compared_side_id side,
		       size_t counter);
void compared__done(struct compared *compared);

#endif
