/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The groups that histograms are kept by, each with its counts of the slots that are buckets. */
#ifndef MEMTRACE_COUNT_HIST_GROUPS_H
#define MEMTRACE_COUNT_HIST_GROUPS_H

#include "../base/hash.h"
#include "rows.h"

struct hist_group {
	UT_hash_handle hh;
	struct row_key key;
	uint32_t pid, tid;	/* by process and by thread */
	char comm[MT_COMM_LEN]; /* the same: the newest name, without NUL if it is full */
	bool other;
	bool counted, ended; /* as in struct row */
	uint64_t counted_ns;
	uint64_t *buckets; /* by scope, then by slot from hist_row.first on; NULL until a task counted one */
};

struct hist_groups {
	enum group_by by;
	struct task_roles *roles; /* by role */
	size_t max_groups;
	size_t nr_scopes, nr_counting;
	size_t nr_buckets; /* of all slot histograms */
	struct hist_group *table;
	struct hist_group all;	 /* of what belongs to no group */
	struct hist_group other; /* beyond max_groups */
};

int hist_groups__init(struct hist_groups *groups, const struct aggregate_config *config); /* 0 or -ENOMEM */
void hist_groups__free(struct hist_groups *groups);
/* The group of a task; "other" if no more groups are allowed; "all" if histograms are not grouped. */
struct hist_group *hist_groups__get(struct hist_groups *groups, const struct mt_who *who);
void hist_groups__task(struct hist_groups *groups, const struct mt_who *who, const uint64_t *add);
/* The group of a key; NULL: there is none. */
struct hist_group *hist_groups__find(const struct hist_groups *groups, const struct row_key *key);
void hist_groups__remove(struct hist_groups *groups, struct hist_group *group);
void hist_groups__next_interval(struct hist_groups *groups);
/* All groups one by one, NULL to start and at the end. */
struct hist_group *hist_groups__next(struct hist_groups *groups, const struct hist_group *after);
/* The buckets of a slot histogram: last - first + 1 counts; NULL: all are 0. */
const uint64_t *hist_group__buckets(const struct hist_groups *groups, const struct hist_group *group,
				    const struct hist_row *row, enum scope scope);
/* Writes the group's name into a histogram. */
void hist_group__describe(const struct hist_groups *groups, const struct hist_group *group, struct hist_entry *entry);

#endif
