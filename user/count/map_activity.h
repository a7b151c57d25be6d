/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What processes did with their memory within an interval: from the records of the probes memory, fault and minor. */
#ifndef MEMTRACE_COUNT_MAP_ACTIVITY_H
#define MEMTRACE_COUNT_MAP_ACTIVITY_H

#include "../base/hash.h"
#include "map_class.h"

/* Faults of a process that are kept; each takes 16 bytes. */
#define MAP_FAULTS_MAX (1024 * 1024)

struct map_fault {
	uint64_t address;
	uint32_t what; /* bits of enum map_fault_kind */
	uint32_t pad;
};

enum map_fault_kind {
	FAULT_MINOR = 1 << 0,
	FAULT_MAJOR = 1 << 1,
	FAULT_WRITE_PRESENT = 1 << 2,
	FAULT_ABSENT = 1 << 3,	/* with minor: the page was not there */
	FAULT_SWAPPED = 1 << 4, /* the page was in swap, or with minor under migration */
	FAULT_UNSURE = 1 << 5,	/* whether it was in swap cannot be told */
	FAULT_COPIED = 1 << 6,	/* with minor: it was a write that copied the page */
	FAULT_UNTOLD = 1 << 7,	/* with minor: whether it was one cannot be told */
	FAULT_FIRST = 1 << 8,	/* with minor: of its kind it is a first touch */
};

/* System calls of a process that are kept; each takes 32 bytes. */
#define MAP_CALLS_MAX (128 * 1024)

struct map_call {
	uint64_t time_ns, address, bytes;
	uint32_t call; /* enum mt_space_call */
	uint32_t pad;
};

/* A process that the run is about. */
struct map_traced {
	struct mt_memory first, last; /* at the begin of the interval, and as it was found last (last.ended) */
	struct map_fault *faults;     /* owned */
	size_t nr_faults, room;
	uint64_t dropped;	/* faults that found no room */
	struct map_call *calls; /* owned */
	size_t nr_calls, calls_room;
	uint64_t calls_dropped; /* that found no room: what was asked for and given back is not known then */
	uint64_t clear_ns;	/* how long it took to clear the marks of its pages at the begin; 0: they were not */
	uint64_t heap_end;	/* the break at the begin of the interval, in whole pages; 0: not known */
	struct map_traced_thread *threads;
	UT_hash_handle hh; /* by pid */
};

struct map_activities {
	struct map_traced *processes; /* owned, by pid */
	uint64_t page_size;
	bool has_codes;	   /* error codes of exceptions are those of x86 */
	bool has_calls;	   /* calls that change address spaces are seen */
	uint64_t begun_ns; /* the interval, CLOCK_BOOTTIME */
	uint64_t dropped;  /* faults that no process or no room was found for */
};

/* What records say; 0 or -ENOMEM. */
int map_activities__memory(struct map_activities *all, const struct mt_memory *record);
/* who: as its reference says; NULL: not known. */
int map_activities__fault(struct map_activities *all, const struct mt_who *who, const struct mt_fault *record);
int map_activities__minor(struct map_activities *all, const struct mt_who *who, const struct mt_minor *record);
int map_activities__major(struct map_activities *all, const struct mt_major *record);
int map_activities__space(struct map_activities *all, const struct mt_who *who, const struct mt_space *record);
/* A look has found the process's heap, which ends there; what is known of its break already stays. */
void map_activities__heap(struct map_activities *all, uint32_t pid, uint64_t end);
/* Another interval begins: what has ended is forgotten. */
void map_activities__begin(struct map_activities *all, uint64_t now_ns);
void map_activities__done(struct map_activities *all);

/* Resident and swapped bytes of a record of memory. */
uint64_t map_activity__held(const struct mt_memory *record);
/*
 * Adds up the faults of a process by the groups of its map: as many as groups->nr, which grows by one, "[unmapped]", if
 * faults were on what is mapped no more.  First touches are known of private memory without a file, where each fault
 * gives one page: not where huge pages may be, nor where a page may have come from swap.  Without codes writes
 * to present pages are not known, and first touches only where each fault's kind is, as copies are.  Without calls, and
 * where some of them were dropped, what was asked for and returned is unknown.  *list is the caller's to free().  0 or
 * -ENOMEM.
 */
int map_activity__sum(const struct map_activities *all, struct map_traced *traced, const struct process_map *map,
		      struct map_groups *groups, struct map_activity **list);

#endif
