/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Events in the order in which they began, each below what caused it.  Records come when an event ends.  So events wait
 * in a window until none that began earlier can be expected.  An event that took longer than the window is long comes
 * late, and says so.  Which causes there are is in timeline_rules.def.
 */
#ifndef MEMTRACE_COUNT_TIMELINE_H
#define MEMTRACE_COUNT_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "../report/event.h"
#include "run_view.h"

enum timeline_kind {
#define MT_TIMELINE_KIND(id, ...) TIMELINE_##id,
#include "timeline_rules.def"
	NR_TIMELINE_KINDS
};

struct timeline_rule {
	const char *name;
	enum timeline_kind cause, effect;
	const char *where;
};

/* One line: an event, or a run of events of one kind. */
struct timeline_entry {
	enum timeline_kind kind;
	uint64_t id;			  /* from 1 on */
	uint64_t cause;			  /* id of the entry that caused it; 0: unknown */
	const struct timeline_rule *rule; /* which told the cause; NULL: none */
	uint64_t place;			  /* its place in the order; boot time clock, as all moments */
	uint64_t start_ns, duration_ns;	  /* of a run: when its first one began, and the sum of durations */
	uint64_t end_ns;		  /* of a run: when its last one ended */
	uint64_t events;		  /* that it stands for; of a state and a gap 1 */
	uint64_t number;		  /* of a pause: pauses */
	unsigned int depth;		  /* entries above it that led to it */
	bool above;			  /* of a state: the cgroup is that one, or one above it */
	bool seen;			  /* false: it must have happened, but nothing was seen of it */
	bool late;			  /* its line comes after the line of one that began later */
	bool partial;			  /* it was under way when memtrace attached: duration is a lower bound */
	struct mt_who who;		  /* whose event; of a wake-up who woke, of a kill who asked; pid 0: unknown */
	struct mt_who victim;		  /* of a kill */
	uint64_t cgroup_id;		  /* whose limit it is about; 0: none, or unknown */
	int32_t node;			  /* MT_UNKNOWN_S32: of none */
	int32_t order;			  /* MT_UNKNOWN_S32: unknown, or none */
	uint64_t gfp_flags;		  /* MT_UNKNOWN_U64: the same, as in all that follows */
	uint64_t scanned_pages, reclaimed_pages;
	uint64_t rss_bytes;		    /* of a victim: anonymous memory */
	uint64_t value_bytes, bound_bytes;  /* of a state: what there is, and the limit or watermark */
	char function[MT_FUNCTION_LEN + 1]; /* that a stall was in; empty: unknown */
};

struct timeline_count {
	uint64_t events;   /* that came */
	uint64_t lines;	   /* that stand for them */
	uint64_t late;	   /* of the lines */
	uint64_t left_out; /* events that no line stands for, as memory ran out */
};

struct timeline_config {
	const struct event_names *names;
	uint64_t page_size;
	bool has_reclaim; /* the probe reclaim is on: stalls in reclaim have a record there */
	uint64_t hold_ns; /* how long an event waits for others that began earlier and end later */
	size_t max;	  /* events that wait at a time; more than that do not wait to the end */
	/* The next line; < 0 stops. */
	int (*emit)(void *ctx, const struct timeline_entry *entry);
	void *ctx;
};

/* How long entries that were put into their order wait for what belongs in between, and for more of their run. */
#define TIMELINE_RUN_NS 2000000000ULL

extern const char *const timeline_kind_names[NR_TIMELINE_KINDS];
extern const char *const timeline_kind_helps[NR_TIMELINE_KINDS];

struct timeline;
struct timeline *timeline__new(const struct timeline_config *config); /* NULL and errno */
void timeline__free(struct timeline *timeline);			      /* NULL is fine */

/* An event came; 0, or what emit() returned. */
int timeline__event(struct timeline *timeline, const struct event_row *row, const void *record);
/* An interval ended: takes states out of samples, and pauses of writers out of counts; 0, -ENOMEM, or as before. */
int timeline__interval(struct timeline *timeline, const struct run_view *view);
/* Nothing follows: emits what waits; 0 or what emit() returned. */
int timeline__finish(struct timeline *timeline);
/* Of that kind. */
const struct timeline_count *timeline__count(const struct timeline *timeline, enum timeline_kind kind);

#endif
