// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "hist_groups.h"
#include "hists.h"
#include "../model/task_refs.h"

/* Labels are small numbers (kinds, nodes); a recording may hold any, and must not fill memory with them. */
#define MAX_LABEL 1023

struct hist_counts {
	uint64_t slots[MT_HIST_SLOTS];
	uint64_t sum, count;
};

struct hist_key {
	const struct hist_group *group;
	uint32_t row; /* index into hist_rows */
	int32_t label;
};

struct hist {
	UT_hash_handle hh;
	struct hist_key key;
	struct hist_counts counts[]; /* by scope */
};

/* Fields of the event that a histogram is made of; NULL: it has none. */
struct hist_source {
	const struct field_row *who; /* the task that its values are counted for */
	const struct field_row *partial;
};

struct hists {
	struct hist_groups groups;
	size_t nr_scopes, nr_counting; /* those that values are added to come first */
	struct hist *table;
	struct hist_source sources[]; /* by hist row */
};

static const struct field_row *find_partial(const struct event_row *event)
{
	size_t i;

	for (i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].member, "partial"))
			return &event->fields[i];
	return NULL;
}

struct hists *hists__new(const struct aggregate_config *config)
{
	struct hists *hists;
	size_t i;
	int err;

	hists = calloc(1, sizeof(*hists) + nr_hist_rows * sizeof(hists->sources[0]));
	if (!hists)
		return NULL;
	hists->nr_scopes = config->intervals ? NR_SCOPES : 1;
	hists->nr_counting = config->intervals ? 2 : 1;
	for (i = 0; i < nr_hist_rows; i++) {
		hists->sources[i].who = hist_row__who(&hist_rows[i]);
		hists->sources[i].partial = find_partial(&event_rows[hist_rows[i].event]);
	}
	err = hist_groups__init(&hists->groups, config);
	if (!err)
		return hists;
	hists__free(hists);
	errno = -err;
	return NULL;
}

void hists__free(struct hists *hists)
{
	struct hist *hist, *next;

	if (!hists)
		return;
	for (hist = hists->table; hist; hist = next) {
		next = hist->hh.next;
		HASH_DEL(hists->table, hist);
		free(hist);
	}
	hist_groups__free(&hists->groups);
	free(hists);
}

static struct hist *get_hist(struct hists *hists, size_t row, int32_t label, const struct hist_group *group)
{
	bool known = label >= 0 && label <= MAX_LABEL;
	struct hist_key key = { group, (uint32_t)row, known ? label : MT_UNKNOWN_S32 };
	struct hist *hist;

	HASH_FIND(hh, hists->table, &key, sizeof(key), hist);
	if (hist)
		return hist;
	hist = calloc(1, sizeof(*hist) + hists->nr_scopes * sizeof(hist->counts[0]));
	if (!hist)
		return NULL;
	hist->key = key;
	HASH_ADD(hh, hists->table, key, sizeof(hist->key), hist);
	if (hist->hh.tbl)
		return hist;
	free(hist);
	return NULL;
}

void hists__task(struct hists *hists, const struct mt_who *who, const uint64_t *add)
{
	hist_groups__task(&hists->groups, who, add);
}

static bool is_partial(const struct field_row *field, const char *record)
{
	uint64_t value = 0;

	if (field)
		memcpy(&value, record + field->offset, field->size < sizeof(value) ? field->size : sizeof(value));
	return value != 0;
}

static int32_t label_of(const struct hist_row *row, const char *record)
{
	int32_t label = 0;

	if (row->label)
		memcpy(&label, record + row->label_offset, sizeof(label));
	return label;
}

/* If the reference is unknown, so is the group. */
static struct hist_group *group_of(struct hists *hists, const struct field_row *field, const char *record,
				   const struct task_refs *task_refs)
{
	struct hist_groups *groups = &hists->groups;
	const struct mt_who *who = (const void *)(record + field->offset);
	struct mt_ref ref;

	if (field->type == FIELD_REF) {
		memcpy(&ref, record + field->offset, sizeof(ref));
		who = task_refs ? task_refs__find(task_refs, ref.id) : NULL;
	}
	if (who)
		return hist_groups__get(groups, who);
	return groups->by == BY_ALL ? &groups->all : &groups->other;
}

/* A lower bound or an unknown value would distort the distribution: it is not counted. */
static int count_event(struct hists *hists, size_t i, const char *record, const struct task_refs *task_refs)
{
	const struct hist_source *source = &hists->sources[i];
	struct hist_group *group = &hists->groups.all;
	struct hist *hist;
	uint64_t value;
	size_t scope;

	memcpy(&value, record + hist_rows[i].value_offset, sizeof(value));
	if (value == MT_UNKNOWN_U64 || is_partial(source->partial, record))
		return 0;
	if (source->who)
		group = group_of(hists, source->who, record, task_refs);
	hist = get_hist(hists, i, label_of(&hist_rows[i], record), group);
	if (!hist)
		return -ENOMEM;
	for (scope = 0; scope < hists->nr_counting; scope++) {
		hist->counts[scope].slots[mt_log2_slot(value)]++;
		hist->counts[scope].sum += value;
		hist->counts[scope].count++;
	}
	return 0;
}

int hists__event(struct hists *hists, const struct event_row *row, const void *record,
		 const struct task_refs *task_refs)
{
	int err = 0, e;
	size_t i;

	for (i = 0; i < nr_hist_rows; i++) {
		if (hist_rows[i].event != row->id)
			continue;
		e = count_event(hists, i, record, task_refs);
		err = err ? err : e;
	}
	return err;
}

static void add_slots(struct hist_counts *counts, const uint64_t *slots, uint64_t sum)
{
	size_t i;

	for (i = 0; i < MT_HIST_SLOTS; i++) {
		counts->slots[i] += slots[i];
		counts->count += slots[i];
	}
	counts->sum += sum;
}

static const struct hist_group *group_of_folded(struct hist_groups *groups, uint64_t cgroup_id)
{
	const struct mt_who who = { .cgroup_id = cgroup_id };

	if (groups->by == BY_CGROUP && cgroup_id)
		return hist_groups__get(groups, &who);
	return groups->by == BY_ALL ? &groups->all : &groups->other;
}

/* Of the rows of the event all or, without memory, none. */
int hists__folded(struct hists *hists, enum mt_rec_id event, int32_t label, uint64_t cgroup_id, const uint64_t *slots,
		  uint64_t sum)
{
	const struct hist_group *group = group_of_folded(&hists->groups, cgroup_id);
	struct hist *hist;
	size_t i, scope;

	for (i = 0; i < nr_hist_rows; i++)
		if (hist_rows[i].event == event && !get_hist(hists, i, label, group))
			return -ENOMEM;
	for (i = 0; i < nr_hist_rows; i++) {
		if (hist_rows[i].event != event)
			continue;
		hist = get_hist(hists, i, label, group);
		for (scope = 0; scope < hists->nr_counting; scope++)
			add_slots(&hist->counts[scope], slots, sum);
	}
	return 0;
}

struct hist_groups *hists__groups(struct hists *hists)
{
	return &hists->groups;
}

void hists__drop_ended(struct hists *hists)
{
	struct hist_group *group, *next_group;
	struct hist *hist, *next;

	HASH_ITER (hh, hists->table, hist, next) {
		if (!hist->key.group->ended)
			continue;
		HASH_DEL(hists->table, hist);
		free(hist);
	}
	HASH_ITER (hh, hists->groups.table, group, next_group)
		if (group->ended)
			hist_groups__remove(&hists->groups, group);
}

void hists__next_interval(struct hists *hists)
{
	struct hist *hist;

	hist_groups__next_interval(&hists->groups);
	for (hist = hists->table; hist && hists->nr_scopes > SCOPE_INTERVAL; hist = hist->hh.next) {
		hist->counts[SCOPE_INTERVAL] = hist->counts[SCOPE_OPEN];
		memset(&hist->counts[SCOPE_OPEN], 0, sizeof(hist->counts[0]));
	}
}

/* Who takes histograms one by one. */
struct taker {
	int (*take)(void *ctx, const struct hist_entry *entry);
	void *ctx;
};

static int each_of_events(struct hists *hists, enum scope scope, const struct taker *taker)
{
	struct hist_entry entry;
	struct hist *hist;
	int err = 0;

	for (hist = hists->table; !err && hist; hist = hist->hh.next) {
		if (!hist->counts[scope].count)
			continue;
		entry = (struct hist_entry){ .row = &hist_rows[hist->key.row], .label = hist->key.label };
		hist_group__describe(&hists->groups, hist->key.group, &entry);
		memcpy(entry.counts, hist->counts[scope].slots, sizeof(entry.counts));
		entry.sum = hist->counts[scope].sum;
		entry.count = hist->counts[scope].count;
		err = taker->take(taker->ctx, &entry);
	}
	return err;
}

/* Bucket i holds the value i, so the sum is that of the values. */
static int take_buckets(const struct hists *hists, const struct hist_row *row, const struct hist_group *group,
			const uint64_t *buckets, const struct taker *taker)
{
	struct hist_entry entry = { .row = row };
	size_t i, nr_buckets = (size_t)(row->last - row->first + 1);

	for (i = 0; buckets && i < nr_buckets && i < MT_HIST_SLOTS; i++) {
		entry.counts[i] = buckets[i];
		entry.sum += i * buckets[i];
		entry.count += buckets[i];
	}
	if (!entry.count)
		return 0;
	hist_group__describe(&hists->groups, group, &entry);
	return taker->take(taker->ctx, &entry);
}

static int each_of_slots(struct hists *hists, enum scope scope, const uint64_t *sums, const struct taker *taker)
{
	struct hist_groups *groups = &hists->groups;
	const struct hist_group *group = NULL;
	const struct hist_row *row;
	int err = 0;

	for (row = hist_rows; !err && row < hist_rows + nr_hist_rows; row++) {
		if (row->event != MT_REC_NONE)
			continue;
		if (groups->by == BY_ALL)
			err = take_buckets(hists, row, &groups->all, sums + row->first, taker);
		for (group = NULL; !err && groups->by != BY_ALL && (group = hist_groups__next(groups, group));)
			err = take_buckets(hists, row, group, hist_group__buckets(groups, group, row, scope), taker);
	}
	return err;
}

int hists__each(struct hists *hists, enum scope scope, const uint64_t *sums,
		int (*take)(void *ctx, const struct hist_entry *entry), void *ctx)
{
	const struct taker taker = { take, ctx };
	int err;

	if ((size_t)scope >= hists->nr_scopes)
		return -EINVAL;
	err = each_of_events(hists, scope, &taker);
	return err ? err : each_of_slots(hists, scope, sums, &taker);
}

/* What is equal otherwise is ordered by name, so that output does not depend on the order of arrival. */
static int compare(const void *one, const void *two)
{
	const struct hist_entry *a = one, *b = two;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->cgroup_id != b->cgroup_id)
		return a->cgroup_id < b->cgroup_id ? -1 : 1;
	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	if (a->other != b->other)
		return a->other ? 1 : -1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return strcmp(a->comm, b->comm);
}

struct listed {
	struct hist_entry *list;
	size_t nr;
};

static int count_entry(void *ctx, const struct hist_entry *entry)
{
	(void)entry;
	((struct listed *)ctx)->nr++;
	return 0;
}

static int list_entry(void *ctx, const struct hist_entry *entry)
{
	struct listed *listed = ctx;

	listed->list[listed->nr++] = *entry;
	return 0;
}

int hists__list(struct hists *hists, enum scope scope, const uint64_t *sums, struct hist_entry **list, size_t *nr)
{
	struct listed listed = { 0 };
	int err;

	*nr = 0;
	*list = NULL;
	err = hists__each(hists, scope, sums, count_entry, &listed);
	if (err)
		return err;
	listed.list = calloc(listed.nr + 1, sizeof(*listed.list));
	if (!listed.list)
		return -ENOMEM;
	listed.nr = 0;
	hists__each(hists, scope, sums, list_entry, &listed);
	qsort(listed.list, listed.nr, sizeof(*listed.list), compare);
	*list = listed.list;
	*nr = listed.nr;
	return 0;
}
