// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "tasks_over_time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tasks_over_time__init(struct tasks_over_time *tasks, size_t max_processes, size_t max_groups, size_t max_values)
{
	*tasks = (struct tasks_over_time){
		.max_processes = max_processes, .max_groups = max_groups, .max_values = max_values, .limit = max_values
	};
}

static void remove_row(struct tasks_over_time *tasks, struct task_over_time *row)
{
	HASH_DEL(tasks->table, row);
	tasks->nr_processes -= row->key.pid != 0;
	tasks->nr_groups -= row->key.pid == 0;
	timed_counts__done(&row->counts);
	free(row);
}

void tasks_over_time__free(struct tasks_over_time *tasks)
{
	struct task_over_time *row, *next;

	HASH_ITER (hh, tasks->table, row, next)
		remove_row(tasks, row);
}

/* NULL: no memory. */
static struct task_over_time *get_row(struct tasks_over_time *tasks, const struct task_over_time_key *key)
{
	struct task_over_time *row;

	HASH_FIND(hh, tasks->table, key, sizeof(*key), row);
	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	HASH_ADD(hh, tasks->table, key, sizeof(row->key), row);
	if (!row->hh.tbl) {
		free(row);
		return NULL;
	}
	tasks->nr_processes += key->pid != 0;
	tasks->nr_groups += key->pid == 0;
	return row;
}

/* The row of several that takes what a row has; NULL: no memory. */
static struct task_over_time *group_of(struct tasks_over_time *tasks, uint64_t cgroup_id)
{
	struct task_over_time_key key = { .cgroup_id = cgroup_id };
	struct task_over_time *row;

	HASH_FIND(hh, tasks->table, &key, sizeof(key), row);
	if (!row && tasks->nr_groups >= tasks->max_groups)
		key.cgroup_id = 0;
	row = get_row(tasks, &key);
	if (row)
		row->cgroup_id = key.cgroup_id;
	return row;
}

static int fold_row(struct tasks_over_time *tasks, struct task_over_time *row)
{
	struct task_over_time *group = group_of(tasks, row->cgroup_id);
	int err = group ? timed_counts__join(&group->counts, &row->counts) : -ENOMEM;

	if (err)
		return err;
	group->processes += row->processes;
	remove_row(tasks, row);
	return 0;
}

static void weigh(const struct tasks_over_time *tasks, struct task_over_time *row)
{
	uint64_t sums[MT_NR_SLOTS] = { 0 };
	size_t i;

	for (i = 0; i < row->counts.nr; i++)
		sums[row->counts.list[i].key] += row->counts.list[i].value;
	row->weight = 0;
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (sums[i] && (double)sums[i] / (double)tasks->sums[i] > row->weight)
			row->weight = (double)sums[i] / (double)tasks->sums[i];
}

/* Processes before rows of several; those of the same weight by pid. */
static int compare(const struct task_over_time *a, const struct task_over_time *b)
{
	if (!a->key.pid != !b->key.pid)
		return a->key.pid ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->key.pid != b->key.pid)
		return a->key.pid < b->key.pid ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static void weigh_all(struct tasks_over_time *tasks)
{
	struct task_over_time *row;

	tasks->nr_values = 0;
	for (row = tasks->table; row; row = row->hh.next) {
		timed_counts__tidy(&row->counts);
		weigh(tasks, row);
		tasks->nr_values += row->counts.nr;
	}
}

/* At most so many processes with about so many values stay. */
static int shrink(struct tasks_over_time *tasks, size_t max_processes, size_t max_values)
{
	struct task_over_time *row, *next;
	size_t processes = 0, values = 0;
	int err = 0;

	weigh_all(tasks);
	HASH_SRT(hh, tasks->table, compare);
	HASH_ITER (hh, tasks->table, row, next) {
		if (!row->key.pid)
			continue;
		processes++;
		values += row->counts.nr;
		if (!err && (processes > max_processes || values > max_values))
			err = fold_row(tasks, row);
	}
	weigh_all(tasks);
	HASH_SRT(hh, tasks->table, compare);
	/* rows of several cannot shrink: they are bounded as they are */
	tasks->limit = 2 * tasks->nr_values > tasks->max_values ? 2 * tasks->nr_values : tasks->max_values;
	return err;
}

int tasks_over_time__add(struct tasks_over_time *tasks, const struct entity *entity, uint32_t at)
{
	const struct task_over_time_key key = { .start_ns = entity->start_ns, .pid = entity->pid };
	struct task_over_time *row = entity->pid ? get_row(tasks, &key) : group_of(tasks, entity->cgroup_id);
	uint32_t slot;
	int err = row ? 0 : -ENOMEM;

	if (err)
		return err;
	row->cgroup_id = entity->pid ? entity->cgroup_id : row->cgroup_id;
	row->uid = entity->uid;
	row->exited = entity->exited;
	row->processes += !row->processes || !entity->pid;
	memcpy(row->comm, entity->comm, sizeof(row->comm));
	for (slot = 0; !err && slot < MT_NR_SLOTS; slot++) {
		err = timed_counts__add(&row->counts, at, slot, entity->v[slot]);
		tasks->sums[slot] += entity->v[slot];
		tasks->nr_values += entity->v[slot] != 0;
	}
	if (!err && (tasks->nr_processes > 2 * tasks->max_processes || tasks->nr_values > tasks->limit))
		err = shrink(tasks, tasks->max_processes, tasks->max_values / 2);
	return err;
}

void tasks_over_time__halve(struct tasks_over_time *tasks)
{
	struct task_over_time *row;

	tasks->nr_values = 0;
	for (row = tasks->table; row; row = row->hh.next) {
		timed_counts__halve(&row->counts);
		tasks->nr_values += row->counts.nr;
	}
}

int tasks_over_time__finish(struct tasks_over_time *tasks)
{
	return shrink(tasks, tasks->max_processes, tasks->max_values);
}

/* The lightest row of several of one cgroup; NULL: there is none. */
static struct task_over_time *lightest_group(const struct tasks_over_time *tasks)
{
	struct task_over_time *row, *found = NULL;

	for (row = tasks->table; row; row = row->hh.next)
		if (!row->key.pid && row->key.cgroup_id && (!found || row->weight < found->weight))
			found = row;
	return found;
}

int tasks_over_time__bound(struct tasks_over_time *tasks, size_t max_values)
{
	struct task_over_time *group;
	int err = shrink(tasks, tasks->max_processes, max_values / 2);

	while (!err && tasks->nr_values > max_values && (group = lightest_group(tasks))) {
		group->cgroup_id = 0;
		tasks->max_groups = 0; /* no further one is made */
		err = fold_row(tasks, group);
		weigh_all(tasks);
	}
	HASH_SRT(hh, tasks->table, compare);
	return err;
}
