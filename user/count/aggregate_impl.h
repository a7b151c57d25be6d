/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by aggregate.c and the files that read its rows; not for others. */
#ifndef MEMTRACE_COUNT_AGGREGATE_IMPL_H
#define MEMTRACE_COUNT_AGGREGATE_IMPL_H

#include "aggregate.h"
#include "hists.h"
#include "task_counts.h"
#include "members.h"
#include "rows.h"
#include "task_roles.h"
#include "dead_rows.h"

struct aggregate {
	uint64_t unattributed[MT_NR_SLOTS]; /* in the sums so far */
	struct aggregate_config config;
	struct aggregate *also; /* by another group, or NULL */
	struct rows rows;
	struct task_counts task_counts;
	struct members members; /* with config.processes */
	uint64_t interval;	/* number of the current one, from 1 on */
	struct hists *hists;
	struct dead_rows dead[NR_SCOPES]; /* rows that left memory, with the counts of the scope */
	uint64_t sums[NR_SCOPES][MT_NR_SLOTS];
	uint64_t lost;
};

/* One row each, by where it is; sorted by key. */
struct index_entry {
	uint64_t key;
	uint64_t ref; /* a struct row, or an odd number: twice the place in the file of dead rows, plus 1 */
};

struct row_index {
	struct aggregate *agg;
	enum scope scope;
	struct index_entry *entries;
	size_t nr, max;
};

/* Returns the key; *take (true at first) set to false leaves the row out. */
typedef uint64_t (*index_key_fn)(const struct entity *entity, void *ctx, bool *take);

/* Fills the index with all rows that have counts in the scope, unsorted; 0 or -errno. */
int row_index__fill(struct row_index *index, index_key_fn key, void *ctx);
void row_index__free(struct row_index *index);
/* Sorts by key; equal keys in the order of retirement. */
void row_index__sort(struct index_entry *entries, size_t nr);
/* The row of an entry, its counts in v[MT_NR_SLOTS]; 0 or -errno. */
int row_index__load(const struct row_index *index, uint64_t ref, struct entity *entity, uint64_t *v);

/* The record's process, with config.processes; else NULL.  0 or -ENOMEM. */
int aggregate__find_member(struct aggregate *agg, const struct mt_task *task, struct member **member);
/* A life keeps its process in memory.  member may be NULL, here and below. */
void aggregate__attach_member(struct life *life, struct member *member);
void aggregate__count_process(struct aggregate *agg, struct row *row, struct member *member);
/* The record is the life's last one; life may be NULL. */
void aggregate__finish_member(struct aggregate *agg, struct life *life, const struct mt_task *task);

/*
 * A process that counts again after its row was retired has a second row;
 * this makes one of them.  0 or -errno.
 */
int aggregate__merge_retired(struct aggregate *agg, enum scope scope);

#endif
