/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The histograms of hist_rows, by label value and group. */
#ifndef MEMTRACE_COUNT_HISTS_H
#define MEMTRACE_COUNT_HISTS_H

#include <stdbool.h>

#include "aggregate.h"

struct hists;
struct hist_groups;

struct hists *hists__new(const struct aggregate_config *config); /* NULL and errno */
void hists__free(struct hists *hists);				 /* NULL is fine */

/* Credits what a task counted to the buckets of its group.  Without memory for the group: to "other". */
void hists__task(struct hists *hists, const struct mt_who *who, const uint64_t *add);
/* task_refs: the tasks that references in records stand for; may be NULL.  0 or -ENOMEM. */
int hists__event(struct hists *hists, const struct event_row *row, const void *record,
		 const struct task_refs *task_refs);
/* As aggregate__folded(). */
int hists__folded(struct hists *hists, enum mt_rec_id event, int32_t label, uint64_t cgroup_id, const uint64_t *slots,
		  uint64_t sum);
/* The groups of histograms. */
struct hist_groups *hists__groups(struct hists *hists);
/* Forgets histograms of groups that ended, and the groups. */
void hists__drop_ended(struct hists *hists);
void hists__next_interval(struct hists *hists);
/* As aggregate__each_histogram() and aggregate__histograms(); sums: of all slots in the scope. */
int hists__each(struct hists *hists, enum scope scope, const uint64_t *sums,
		int (*take)(void *ctx, const struct hist_entry *entry), void *ctx);
int hists__list(struct hists *hists, enum scope scope, const uint64_t *sums, struct hist_entry **list, size_t *nr);

#endif
