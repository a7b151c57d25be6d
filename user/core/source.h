/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where records come from: the live kernel, or a recording. */
#ifndef MEMTRACE_CORE_SOURCE_H
#define MEMTRACE_CORE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rings.h"
#include "schema.h"

/* Where a source delivers each record; data is valid during the call only. */
struct sink {
	void (*record)(void *ctx, const void *data, size_t size);
	void *ctx;
};

/* What was lost since the start, in events unless said otherwise, and what was seen of the machine. */
struct losses {
	uint64_t rare;	     /* events of the rare rings that no record nor fold carries */
	uint64_t hot;	     /* hot events that were seen and that no record carries, apart from unattributed */
	uint64_t events;     /* of hot: single events that found their ring full */
	uint64_t tasks;	     /* hot events of tasks without counters, and tasks whose last counts never came */
	uint64_t folded;     /* episodes in histograms and totals without a record of their own */
	uint64_t unfinished; /* episodes whose begin or end was not seen */
	uint64_t recursion;  /* runs that the kernel skipped as a program was running already */
	uint64_t ring_records[RINGS_MAX];   /* records that found their ring full */
	uint64_t unattributed[MT_NR_SLOTS]; /* counts of lost final records: in the totals, in no row */
};

/* Episodes counted without records, by kind (the label value of the histogram's event). */
struct folds {
	struct mt_fold reclaim[MT_NR_RECLAIM_KINDS];
};

struct totals {
	struct losses losses;
	struct folds folds;
	uint64_t machine[MT_NR_MACHINE_SLOTS];
	struct rings rings; /* no count: how the rings are; the last member */
};

/* CPU time and runs of one BPF program, since it was loaded. */
struct program_cost {
	const char *name;
	uint64_t run_ns;
	uint64_t runs;
};

struct source;

struct source_ops {
	/* An fd that polls readable when records wait; or -1. */
	int (*fd)(struct source *src);
	/* Delivers the records that wait; 0 or -errno. */
	int (*consume)(struct source *src);
	/* Delivers what each task counted since the last call; 0 or -errno. */
	int (*tick)(struct source *src);
	/* Delivers the last counts of tasks that are gone, waiting for them for a bounded time; 0 or -errno. */
	int (*drain)(struct source *src);
	int (*totals)(struct source *src, struct totals *totals);
	/* Fills at most max programs; how many there are, or -errno. */
	int (*costs)(struct source *src, struct program_cost *costs, size_t max);
	uint64_t (*now_ns)(struct source *src);
	/* A cgroup's path; never NULL, valid until the next call. */
	const char *(*cgroup)(struct source *src, uint64_t id);
	void (*free)(struct source *src);
};

struct source {
	const struct source_ops *ops;
};

#endif
