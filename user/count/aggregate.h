/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Turns records into counts per process (or thread, comm, cgroup) and into histograms.  Task records carry absolute
 * counters per life of a task; the differences are credited to the identity that the record names.  So a lost,
 * repeated or late record neither loses nor doubles anything.
 */
#ifndef MEMTRACE_COUNT_AGGREGATE_H
#define MEMTRACE_COUNT_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../model/group_by.h"
#include "../model/schema.h"
#include "../model/source.h"

enum scope {
	SCOPE_TOTAL,	/* since the start */
	SCOPE_OPEN,	/* the current interval; never shown */
	SCOPE_INTERVAL, /* between the last two calls of aggregate__next_interval(); stays until the next */
	NR_SCOPES
};

struct task_roles;

struct aggregate_config {
	enum group_by by;
	enum group_by hist_by; /* not BY_PARENT */
	enum group_by also;    /* BY_COMM, BY_CGROUP or BY_ROLE: rows and histograms by this group too; BY_ALL: none */
	bool intervals;	       /* SCOPE_INTERVAL will be asked for */
	bool processes;	       /* by comm, cgroup, role and parent (which needs it): count the processes of each row */
	bool keep_dead;	       /* rows of processes that are gone stay in SCOPE_TOTAL (in a file, not in memory) */
	size_t max_groups;     /* groups by comm, cgroup, role or parent; later ones count in the group "other" */
	size_t max_tasks;      /* alive at once, and rows in memory; 0: no limit */
	uint32_t unwanted;     /* bit per enum mt_probe: those whose counters are left out */
	uint64_t linger_ns;    /* how long after its last record a dead process' row waits for late ones */
	struct task_roles *roles; /* by role, also of histograms alone: borrowed; else NULL */
};

/*
 * One row.  By comm, cgroup and role only comm, cgroup_id or role means something; by parent the names are the
 * parent's.  other marks the group for what exceeded max_groups; a group whose name is "other" is not it.
 */
struct entity {
	uint32_t pid, tid;
	uint64_t start_ns;
	uint64_t cgroup_id; /* the last one */
	uint32_t uid;
	uint32_t who_flags; /* MT_WHO_* */
	char comm[MT_COMM_LEN + 1];
	bool other;
	bool ended; /* see aggregate__mark_ended() */
	bool exited;
	uint64_t processes; /* that counted something in the scope, with config.processes */
	uint64_t id;	    /* unique among rows, the same as long as the row lives */
	uint64_t role;	    /* by role: for task_roles__name() */
	const uint64_t *v;  /* MT_NR_SLOTS counts of the scope */
	uint32_t waiter;    /* who of it waited for memory in the scope: a thread, or as waiter.h has it */
};

/* When a group by comm, cgroup or role ends. */
struct ending {
	uint64_t now_ns;
	uint64_t idle_ns; /* so long it has counted nothing, and no task of it that ever counted is alive */
	/* and the cgroup is gone; NULL, and by comm and role: not asked */
	bool (*lives)(void *ctx, uint64_t cgroup_id);
	void *ctx;
};

struct aggregate;
struct task_refs;

struct aggregate *aggregate__new(const struct aggregate_config *config); /* NULL and errno */
void aggregate__free(struct aggregate *agg);				 /* NULL is fine */
/* What is counted by config.also, of the same records; NULL: nothing.  It is fed, aged and freed with agg. */
struct aggregate *aggregate__also(const struct aggregate *agg);

/*
 * Takes one record, already checked for id and size.  0; -ENOMEM; -E2BIG: it exceeds max_tasks.  On an error, the
 * counts of a final record are in lost; those of another record come with the life's next one.
 */
int aggregate__task(struct aggregate *agg, const struct mt_task *task);
/* task_refs: the tasks that references in records stand for; may be NULL. */
int aggregate__event(struct aggregate *agg, const struct event_row *row, const void *record,
		     const struct task_refs *task_refs);
/*
 * Events that have no records: of their histograms MT_HIST_SLOTS counts and the sum of the values are added to those
 * with the label; in the group of the tasks' cgroup if that is known (0: it is not), else in no named group.  0 or
 * -ENOMEM.
 */
int aggregate__folded(struct aggregate *agg, enum mt_rec_id event, int32_t label, uint64_t cgroup_id,
		      const uint64_t *slots, uint64_t sum);

/* The source's absolute counts of tasks that it can no longer name: in the sums, in no row. */
void aggregate__unattributed(struct aggregate *agg, const uint64_t *counts);

/* Moves rows of processes that ended linger_ns ago out of memory (or drops them without keep_dead). */
int aggregate__retire(struct aggregate *agg, uint64_t now_ns);
/* The current interval is complete and becomes SCOPE_INTERVAL; the next one starts. */
void aggregate__next_interval(struct aggregate *agg);

/*
 * By comm, cgroup and role: marks rows and histograms of groups that end.  drop_ended() forgets those that are marked;
 * the sums keep what they counted, and if such a group counts again it starts at 0.  Between the two calls no record
 * may come.  What config.also has is not marked or dropped: that is for its own calls.
 */
void aggregate__mark_ended(struct aggregate *agg, const struct ending *ending);
void aggregate__drop_ended(struct aggregate *agg);

/* Tasks that have counted something and whose end was not seen. */
size_t aggregate__living(const struct aggregate *agg);
/* Counts that could not be stored because memory ran out, in events. */
uint64_t aggregate__lost(const struct aggregate *agg);
/* The sums over all rows, dead ones included, of the scope: MT_NR_SLOTS values. */
const uint64_t *aggregate__sums(struct aggregate *agg, enum scope scope);

/*
 * Rows of the scope in falling order of weight: of those that are equal by level 0, by level 1, and so on up to levels,
 * then by pid and comm.  Those without any count are left out.  Memory: 16 bytes a row; the rows themselves are read
 * one by one.
 */
struct selection;
struct order {
	double (*weigh)(const struct entity *entity, size_t level, void *ctx);
	size_t levels; /* 0: only by pid and comm */
	void *ctx;
};
/* The order's functions are called until the selection is freed; nothing is counted meanwhile.  NULL and errno. */
struct selection *aggregate__select(struct aggregate *agg, enum scope scope, const struct order *order);
size_t selection__nr(const struct selection *sel);
/* The row at pos; valid until the next call; 0 or -errno. */
int selection__at(struct selection *sel, size_t pos, struct entity *entity);
/* The sums of rows from pos to the end into v[MT_NR_SLOTS]; 0 or -errno. */
int selection__rest(struct selection *sel, size_t pos, uint64_t *v);
void selection__free(struct selection *sel);

/* One histogram's counts, of one label value and one group. */
struct hist_entry {
	const struct hist_row *row;
	int64_t label;		    /* the label member's value; 0 without one */
	char comm[MT_COMM_LEN + 1]; /* not with hist_by BY_CGROUP and BY_ROLE */
	uint32_t pid, tid;	    /* with hist_by BY_PROCESS and BY_THREAD; tid only with the latter */
	uint64_t cgroup_id;	    /* with hist_by BY_CGROUP */
	uint64_t role;		    /* with hist_by BY_ROLE: for task_roles__name() */
	bool ended;		    /* see aggregate__mark_ended() */
	bool other; /* the group for what exceeded max_groups, and for events without records, which name no task */
	uint64_t counts[MT_HIST_SLOTS];
	uint64_t sum, count;
};

/*
 * The histograms of the scope, slot histograms included, ordered by row,
 * label and falling count; *list is the caller's to free().  0 or -errno.
 */
int aggregate__histograms(struct aggregate *agg, enum scope scope, struct hist_entry **list, size_t *nr);
/*
 * The same one by one in no order, each gone after the call: a list of all takes half a kilobyte for each.  take
 * returns 0, or -errno, which ends it.  0, what take returned, or -EINVAL for a scope that is not counted.
 */
int aggregate__each_histogram(struct aggregate *agg, enum scope scope,
			      int (*take)(void *ctx, const struct hist_entry *entry), void *ctx);

#endif
