/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The table that `top` shows, of one moment: rows by group, in an order, with a filter, a cursor and pins.  All that is
 * chosen acts on the moment that is there; nothing is asked of whoever made it.
 */
#ifndef MEMTRACE_TOP_MODEL_H
#define MEMTRACE_TOP_MODEL_H

#include "moment.h"
#include "nodes.h"

#define TOP_MAX_PINS   64
#define TOP_MAX_FILTER 64

enum top_group { TOP_BY_PROCESS, TOP_BY_THREAD, TOP_BY_NAME, TOP_BY_CGROUP, TOP_BY_UNIT, NR_TOP_GROUPS };

extern const char *const top_group_names[NR_TOP_GROUPS];

enum top_set { TOP_OVERVIEW, TOP_FAULTS, TOP_ALLOCATION, TOP_STALLS, TOP_MEMORY, NR_TOP_SETS };

/* What tells rows of a group apart. */
struct top_key {
	uint64_t a, b;
};

struct top_row {
	struct top_key key;
	uint32_t pid, tid, uid, processes;
	uint64_t start_ns;
	const struct top_node *node; /* its cgroup; NULL by name and by unit */
	const char *label;	     /* what it is called, if not name */
	char name[MT_COMM_LEN + 1];
	int32_t oom_score_adj;
	int32_t parent;	    /* of a tree: an index of rows, -1: none */
	unsigned int depth; /* of a tree */
	bool exited, kthread, has_memory, named;
	bool pinned, matches;
	bool empty; /* pinned, and not there any more */
	uint64_t limit, used;
	uint64_t v[NR_TOP_VALUES];
};

struct top_pin {
	enum top_group group;
	struct top_row row; /* as it was last */
};

struct top_column;

struct top_model {
	struct top_nodes *nodes;
	const struct top_moment *moment; /* borrowed */
	enum top_group group;
	enum top_set set;
	const struct top_column *sort[NR_TOP_SETS]; /* as the user chose; NULL: by default */
	const struct top_column *sorted;	    /* what is sorted by now */
	bool reverse;
	char filter[TOP_MAX_FILTER];
	struct top_pin pins[TOP_MAX_PINS];
	size_t nr_pins;
	struct top_row *rows; /* owned; all, in no order */
	size_t nr_rows, rows_room;
	uint32_t *order; /* owned: those that are shown */
	size_t nr_order, nr_pinned;
	uint32_t *buckets; /* owned, while rows are made */
	size_t nr_buckets;
	size_t cursor, top; /* places in order */
	bool moved;	    /* the cursor was: it stays with its row */
	struct top_key cursor_key;
	struct top_row total; /* of all rows, the filter apart */
};

/* 0 or -ENOMEM.  cgroup as for top_nodes__new(). */
int top_model__init(struct top_model *model, const char *(*cgroup)(void *ctx, uint64_t id), void *ctx);
void top_model__free(struct top_model *model);

/* Another moment, which must live until the next one is taken.  0 or -ENOMEM. */
int top_model__take(struct top_model *model, const struct top_moment *moment);

/* What is chosen; each acts at once.  0 or -ENOMEM. */
int top_model__group(struct top_model *model, enum top_group group);
void top_model__set(struct top_model *model, enum top_set set);
void top_model__sort(struct top_model *model, const struct top_column *column);
/* The next column, or with step -1 the one before, in a circle. */
void top_model__sort_next(struct top_model *model, int step);
void top_model__reverse(struct top_model *model);
void top_model__filter(struct top_model *model, const char *text);
/* Pins the row at the cursor, or unpins it. */
void top_model__pin(struct top_model *model);

/* Moves the cursor by so many rows, or to a place; it stays in the table. */
void top_model__move(struct top_model *model, long rows);
void top_model__go(struct top_model *model, size_t place);
/* The row at the cursor; NULL: there is none. */
const struct top_row *top_model__current(const struct top_model *model);
const struct top_row *top_model__at(const struct top_model *model, size_t place);
/*
 * Scrolls so that the cursor is among height rows.  Line i of them shows the row at the place that
 * top_model__place() returns; pinned rows stay where they are.
 */
void top_model__scroll(struct top_model *model, size_t height);
size_t top_model__place(const struct top_model *model, size_t height, size_t line);

/* The key that a task has in a group; node: that of its cgroup. */
struct top_key top_key__of(enum top_group group, const struct top_task *task, const char *process_comm,
			   const struct top_node *node);
static inline bool top_key__same(struct top_key a, struct top_key b)
{
	return a.a == b.a && a.b == b.b;
}

#endif
