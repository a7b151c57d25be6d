/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The last minute or so, in memory that is taken at the start and never grows: what the machine's memory was like at
 * each tick, and how much each process held.  Where more processes live than there is room for, the smallest are left
 * out.
 */
#ifndef MEMTRACE_COUNT_FLIGHT_H
#define MEMTRACE_COUNT_FLIGHT_H

#include <stdbool.h>

#include "../model/samples.h"

/* What is kept of the machine at each tick.  Counters as they are, since boot or since the run began. */
enum flight_value {
	FLIGHT_FREE,	  /* bytes */
	FLIGHT_AVAILABLE, /* bytes */
	FLIGHT_SWAP_FREE, /* bytes */
	FLIGHT_SOME,	  /* time in which some task was stalled (PSI) */
	FLIGHT_FULL,
	FLIGHT_SCANNED, /* pages */
	FLIGHT_RECLAIMED,
	FLIGHT_FAULTS,
	FLIGHT_MAJOR,
	FLIGHT_ALLOCATED, /* pages */
	FLIGHT_STALLED,	  /* time of all tasks in stalls */
	NR_FLIGHT_VALUES
};

struct flight_moment {
	uint64_t time_ns; /* boot time clock */
	uint64_t values[NR_FLIGHT_VALUES];
};

struct flight_process {
	uint32_t next; /* with the same hash, or of those that are free; 0: none */
	bool used;
	struct mt_memory last; /* last.ended: its numbers are its last ones */
	uint32_t first;	       /* the number of the first tick at which it was there */
	uint32_t end;	       /* behind the last one */
};

struct flight {
	/* numbered from 1 on; tick n is in place n % room */
	uint32_t nr, room;
	uint32_t nr_processes, max_processes;
	uint64_t left_out; /* processes that found no room, or lost it */
	struct flight_moment *moments;
	struct flight_process *processes; /* from 1 on */
	uint32_t *buckets, nr_buckets;	  /* a power of two */
	uint32_t *held;			  /* of each process the pages at each tick */
	uint32_t free;
	uint64_t page_size;
};

/* ticks: how many are kept, 2 to 86,400; max_bytes: of all of it, at least 64 KiB.  NULL: no memory. */
struct flight *flight__new(uint32_t ticks, size_t max_bytes, uint64_t page_size);
/* NULL is fine. */
void flight__free(struct flight *flight);

/* What a process has now. */
void flight__memory(struct flight *flight, const struct mt_memory *rec);
/* A tick: what each process has now is kept.  stalled_ns: MT_UNKNOWN_U64 where nobody counts that. */
void flight__tick(struct flight *flight, uint64_t time_ns, const uint64_t samples[NR_SAMPLES], uint64_t stalled_ns);

/* The number of the last tick up to then, 0: none is kept; and of the oldest that is kept. */
uint32_t flight__at(const struct flight *flight, uint64_t time_ns);
uint32_t flight__oldest(const struct flight *flight);
const struct flight_moment *flight__moment(const struct flight *flight, uint32_t tick);
/* NULL: it is not known.  start_ns as in struct mt_who, 0: any. */
const struct flight_process *flight__find(const struct flight *flight, uint32_t pid, uint64_t start_ns);
/* What it held at that tick, bytes; MT_UNKNOWN_U64 when it was not there. */
uint64_t flight__held(const struct flight *flight, const struct flight_process *process, uint32_t tick);

/* One process over the kept ticks up to one. */
struct flight_growth {
	const struct flight_process *process;
	uint64_t from_bytes,
		to_bytes; /* at the first tick at which it was there, 0 if it was born then, and the last */
	uint32_t from, to;
};

/*
 * Of the processes that wanted() says (NULL: all), those that grew most until that tick and lived then, the most first;
 * how many, up to max.
 */
size_t flight__grew(const struct flight *flight, uint32_t until,
		    bool (*wanted)(void *ctx, const struct flight_process *process), void *ctx,
		    struct flight_growth *grew, size_t max);

#endif
