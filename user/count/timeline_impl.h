/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files timeline*.c share. */
#ifndef MEMTRACE_COUNT_TIMELINE_IMPL_H
#define MEMTRACE_COUNT_TIMELINE_IMPL_H

#include "timeline.h"

/* What entries have in common that may stand in one line. */
enum timeline_fold {
	FOLD_NONE,
	FOLD_STATE, /* it lasts while it is seen again: one line */
	FOLD_NODE,
	FOLD_TASK, /* the process, and whose limit it is about */
};

/* Where a cause is looked for. */
enum timeline_near {
	NEAR_INSIDE,  /* of the same task, and the effect began in it */
	NEAR_TASK,    /* the same task */
	NEAR_CGROUP,  /* the same cgroup, or one above it */
	NEAR_NODE,    /* the same node */
	NEAR_MACHINE, /* the newest one of any task */
	NR_TIMELINE_NEARS
};

enum timeline_flag {
	RULE_INFER = 1 << 0,	    /* the cause must have happened: if nothing was seen of it, that is a line */
	RULE_FRUITLESS = 1 << 1,    /* the cause got no page back */
	RULE_SAME_REQUEST = 1 << 2, /* order, gfp flags and cgroup of both are the same */
	RULE_SAME_CGROUP = 1 << 3,  /* they are about the same cgroup, as far as is known */
	RULE_BESIDE = 1 << 4,	    /* the effect stands beside its cause, not below it */
	RULE_GAP = 1 << 5,	    /* time in between without an event of the task is a line */
	RULE_UNTOLD = 1 << 6,	    /* only where the kernel does not tell what the effect was for */
};

struct timeline_rule_row {
	struct timeline_rule rule;
	enum timeline_near near;
	uint64_t within_ns;
	uint32_t flags;
};

extern const struct timeline_rule_row timeline_rules[];
extern const enum timeline_fold timeline_folds[NR_TIMELINE_KINDS];

/* Entries that wait, the first one first: a heap. */
struct timeline_queue {
	struct timeline_entry **list;
	size_t nr, room;
	int (*compare)(const struct timeline_entry *a, const struct timeline_entry *b);
};

/* 0 or -ENOMEM. */
int timeline_queue__add(struct timeline_queue *queue, struct timeline_entry *entry);
struct timeline_entry *timeline_queue__first(const struct timeline_queue *queue); /* NULL: it is empty */
struct timeline_entry *timeline_queue__take(struct timeline_queue *queue); /* the same, and it leaves the queue */
void timeline_queue__free(struct timeline_queue *queue);		   /* and all entries */

/* What is remembered of an entry, for what it may cause. */
struct timeline_memory {
	uint64_t key;
	uint64_t id, start_ns, end_ns;
	uint64_t request; /* a hash of order and gfp flags */
	uint64_t cgroup_id;
	uint32_t depth;
	bool fruitless;
};

/* The newest entry of each kind by task, cgroup, node, and of the machine.  Bounded: the oldest are forgotten. */
#define TIMELINE_MEMORIES 32768

struct timeline_causes {
	const struct event_names *names;
	struct timeline_memory *list;			       /* owned */
	bool looked_for[NR_TIMELINE_KINDS][NR_TIMELINE_NEARS]; /* by some rule */
};

int timeline_causes__init(struct timeline_causes *causes, const struct event_names *names); /* 0 or -ENOMEM */
void timeline_causes__free(struct timeline_causes *causes);
/*
 * What caused the entry, and by which rule; NULL: nothing that is known.  *infer: the rule by which a cause must have
 * been that was not seen; NULL: there is no such rule.
 */
struct timeline_memory *timeline_causes__find(struct timeline_causes *causes, const struct timeline_entry *effect,
					      const struct timeline_rule_row **rule,
					      const struct timeline_rule_row **infer);
/* The entry may be a cause from now on, under that id (of the line that it is part of). */
void timeline_causes__remember(struct timeline_causes *causes, const struct timeline_entry *entry, uint64_t id);
/* A state of that kind, about the same as entry; NULL: it is not remembered. */
struct timeline_memory *timeline_causes__state(struct timeline_causes *causes, const struct timeline_entry *entry);
/* The newest event of the task, of any kind; NULL: none is remembered. */
struct timeline_memory *timeline_causes__last(struct timeline_causes *causes, const struct mt_who *who);

/* Runs of entries that stand in one line. */
#define TIMELINE_RUNS 4096

struct timeline_run {
	uint64_t key;
	uint64_t shown; /* entries with a line of their own */
	uint64_t end_ns;
	struct timeline_entry *more; /* what stands for the others, while it waits; borrowed */
};

/* The entry of a record; false: the record is none that a timeline has. */
bool timeline_entry__of(const struct timeline_config *config, const struct event_row *row, const void *record,
			struct timeline_entry *entry);
/* One about nothing yet. */
void timeline_entry__init(struct timeline_entry *entry, enum timeline_kind kind, uint64_t start_ns, uint64_t end_ns);

struct timeline {
	struct timeline_config config;
	struct timeline_queue window; /* by when they began */
	struct timeline_queue lines;  /* by their place */
	struct timeline_causes causes;
	struct timeline_run *runs; /* owned */
	struct timeline_count counts[NR_TIMELINE_KINDS];
	uint64_t next_id, now_ns, emitted_ns;
};

/* An event, into the window. */
void timeline__add(struct timeline *timeline, const struct timeline_entry *entry);
/* What waited long enough leaves the window and gets its cause; all of it if that is asked for.  0, or of emit(). */
int timeline__advance(struct timeline *timeline, uint64_t now_ns, bool all);
/*
 * Makes a line of the entry, or takes it into the line of a run.  Returns that line's id, and whether the entry is the
 * line: then it is given away, but stays until the next call of timeline__emit().
 */
uint64_t timeline__line(struct timeline *timeline, struct timeline_entry *entry, bool *is_line);
/* Lines that waited long enough; all of them if that is asked for. */
int timeline__emit(struct timeline *timeline, bool all);

#endif
