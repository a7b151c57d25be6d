// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hist_groups.h"
#include "task_roles.h"

static bool is_slot_hist(const struct hist_row *row)
{
	return row->event == MT_REC_NONE;
}

static size_t hist_row__buckets(const struct hist_row *row)
{
	return is_slot_hist(row) ? (size_t)(row->last - row->first + 1) : 0;
}

static size_t count_buckets(const struct hist_row *end)
{
	const struct hist_row *row;
	size_t nr = 0;

	for (row = hist_rows; row < end; row++)
		nr += hist_row__buckets(row);
	return nr;
}

static uint64_t *new_buckets(const struct hist_groups *groups)
{
	return calloc(groups->nr_scopes * groups->nr_buckets, sizeof(uint64_t));
}

int hist_groups__init(struct hist_groups *groups, const struct aggregate_config *config)
{
	*groups = (struct hist_groups){
		.by = config->hist_by,
		.roles = config->roles,
		.max_groups = config->max_groups,
		.nr_scopes = config->intervals ? NR_SCOPES : 1,
		.nr_counting = config->intervals ? 2 : 1,
		.nr_buckets = count_buckets(hist_rows + nr_hist_rows),
	};
	groups->other.other = true;
	if (groups->by == BY_ALL || !groups->nr_buckets)
		return 0;
	/* "other" is where counts go when there is no memory, so its own must not need any. */
	groups->other.buckets = new_buckets(groups);
	return groups->other.buckets ? 0 : -ENOMEM;
}

void hist_groups__free(struct hist_groups *groups)
{
	struct hist_group *group, *next;

	for (group = groups->table; group; group = next) {
		next = group->hh.next;
		hist_groups__remove(groups, group);
	}
	free(groups->other.buckets);
}

static struct hist_group *add_group(struct hist_groups *groups, const struct row_key *key)
{
	struct hist_group *group;

	if (HASH_COUNT(groups->table) >= groups->max_groups || (groups->by == BY_ROLE && !key->a))
		return &groups->other;
	group = calloc(1, sizeof(*group));
	if (!group)
		return &groups->other;
	group->key = *key;
	HASH_ADD(hh, groups->table, key, sizeof(group->key), group);
	if (group->hh.tbl)
		return group;
	free(group);
	return &groups->other;
}

/* Events do not know a task's life, so threads of a process are told apart by their ids. */
static struct row_key key_of(const struct hist_groups *groups, const struct mt_who *who)
{
	if (groups->by == BY_ROLE)
		return (struct row_key){ task_roles__id(groups->roles, who), 0 };
	if (groups->by == BY_THREAD)
		return (struct row_key){ (uint64_t)who->pid << 32 | who->tid, who->start_ns };
	return row_key__of(groups->by, who, 0);
}

static void name_group(const struct hist_groups *groups, struct hist_group *group, const struct mt_who *who)
{
	if (group->other || (groups->by != BY_PROCESS && groups->by != BY_THREAD))
		return;
	group->pid = who->pid;
	group->tid = who->tid;
	memcpy(group->comm, groups->by == BY_THREAD ? who->tcomm : who->comm, sizeof(group->comm));
}

struct hist_group *hist_groups__get(struct hist_groups *groups, const struct mt_who *who)
{
	struct row_key key = key_of(groups, who);
	struct hist_group *group;

	if (groups->by == BY_ALL)
		return &groups->all;
	group = hist_groups__find(groups, &key);
	if (!group)
		group = add_group(groups, &key);
	name_group(groups, group, who);
	group->counted = true;
	return group;
}

struct hist_group *hist_groups__find(const struct hist_groups *groups, const struct row_key *key)
{
	struct hist_group *group;

	HASH_FIND(hh, groups->table, key, sizeof(*key), group);
	return group;
}

void hist_groups__remove(struct hist_groups *groups, struct hist_group *group)
{
	HASH_DEL(groups->table, group);
	free(group->buckets);
	free(group);
}

static bool has_buckets(const uint64_t *add)
{
	const struct hist_row *row;
	int slot;

	for (row = hist_rows; row < hist_rows + nr_hist_rows; row++)
		for (slot = row->first; is_slot_hist(row) && slot <= row->last; slot++)
			if (add[slot])
				return true;
	return false;
}

static void credit(struct hist_groups *groups, uint64_t *buckets, const uint64_t *add)
{
	const struct hist_row *row;
	size_t scope;
	int slot;

	for (scope = 0; scope < groups->nr_counting; scope++)
		for (row = hist_rows; row < hist_rows + nr_hist_rows; row++)
			for (slot = row->first; is_slot_hist(row) && slot <= row->last; slot++)
				*buckets++ += add[slot];
}

void hist_groups__task(struct hist_groups *groups, const struct mt_who *who, const uint64_t *add)
{
	struct hist_group *group;

	if (groups->by == BY_ALL || !has_buckets(add))
		return;
	group = hist_groups__get(groups, who);
	if (!group->buckets)
		group->buckets = new_buckets(groups);
	credit(groups, group->buckets ? group->buckets : groups->other.buckets, add);
}

struct hist_group *hist_groups__next(struct hist_groups *groups, const struct hist_group *after)
{
	if (after == &groups->other)
		return NULL;
	if (!after && groups->table)
		return groups->table;
	if (after && after->hh.next)
		return after->hh.next;
	return &groups->other;
}

void hist_groups__next_interval(struct hist_groups *groups)
{
	size_t size = groups->nr_buckets * sizeof(uint64_t);
	struct hist_group *group = NULL;

	while (groups->nr_scopes > SCOPE_INTERVAL && (group = hist_groups__next(groups, group))) {
		if (!group->buckets)
			continue;
		memcpy(group->buckets + SCOPE_INTERVAL * groups->nr_buckets,
		       group->buckets + SCOPE_OPEN * groups->nr_buckets, size);
		memset(group->buckets + SCOPE_OPEN * groups->nr_buckets, 0, size);
	}
}

const uint64_t *hist_group__buckets(const struct hist_groups *groups, const struct hist_group *group,
				    const struct hist_row *row, enum scope scope)
{
	if (!group->buckets)
		return NULL;
	return group->buckets + (size_t)scope * groups->nr_buckets + count_buckets(row);
}

void hist_group__describe(const struct hist_groups *groups, const struct hist_group *group, struct hist_entry *entry)
{
	entry->other = group->other;
	entry->ended = group->ended;
	if (group == &groups->all)
		return;
	if (group->other)
		strcpy(entry->comm, "other");
	else if (groups->by == BY_COMM)
		memcpy(entry->comm, &group->key, MT_COMM_LEN);
	else if (groups->by == BY_CGROUP)
		entry->cgroup_id = group->key.a;
	else if (groups->by == BY_ROLE)
		entry->role = group->key.a;
	else
		memcpy(entry->comm, group->comm, MT_COMM_LEN);
	entry->pid = group->pid;
	entry->tid = groups->by == BY_THREAD ? group->tid : 0;
}
