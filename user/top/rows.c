// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From the tasks of a moment to rows of a group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_impl.h"

#define NO_ROW UINT32_MAX

struct making {
	struct top_model *model;
	const struct top_process **processes; /* by pid */
};

static struct top_key name_key(const char *name)
{
	char bytes[sizeof(struct top_key)] = "";
	struct top_key key;

	_Static_assert(MT_COMM_LEN == sizeof(key), "a name fills a key");
	memcpy(bytes, name, strnlen(name, sizeof(bytes)));
	memcpy(&key, bytes, sizeof(key));
	return key;
}

struct top_key top_key__of(enum top_group group, const struct top_task *task, const char *process_comm,
			   const struct top_node *node)
{
	switch (group) {
	case TOP_BY_PROCESS:
		return (struct top_key){ task->pid, task->start_ns };
	case TOP_BY_THREAD:
		return (struct top_key){ (uint64_t)task->pid << 32 | task->tid, task->start_ns };
	case TOP_BY_NAME:
		return name_key(process_comm);
	case TOP_BY_CGROUP:
		return (struct top_key){ node->number, 0 };
	default:
		return (struct top_key){ node->unit_key, 0 };
	}
}

static size_t bucket_of(const struct top_model *model, struct top_key key)
{
	uint64_t mixed = (key.a ^ key.b * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;

	return (size_t)(mixed >> 32) & (model->nr_buckets - 1);
}

static struct top_row *get_row(struct top_model *model, struct top_key key)
{
	size_t bucket = bucket_of(model, key);
	struct top_row *row;

	while (model->buckets[bucket] != NO_ROW) {
		row = &model->rows[model->buckets[bucket]];
		if (top_key__same(row->key, key))
			return row;
		bucket = (bucket + 1) & (model->nr_buckets - 1);
	}
	model->buckets[bucket] = (uint32_t)model->nr_rows;
	row = &model->rows[model->nr_rows++];
	*row = (struct top_row){
		.key = key, .parent = -1, .exited = true, .limit = MT_UNKNOWN_U64, .used = MT_UNKNOWN_U64
	};
	return row;
}

/* A row for each task and process, and for each cgroup above theirs. */
static int make_room(struct top_model *model)
{
	const struct top_moment *moment = model->moment;
	size_t rows = moment->nr_tasks + moment->nr_processes + TOP_MAX_PINS, buckets = 64;
	void *grown;

	if (model->group == TOP_BY_CGROUP)
		rows += TOP_MAX_NODES + 1;
	while (buckets < 2 * rows)
		buckets *= 2;
	if (rows > model->rows_room) {
		grown = reallocarray(model->rows, rows, sizeof(*model->rows));
		if (!grown)
			return -ENOMEM;
		model->rows = grown;
		grown = reallocarray(model->order, rows, sizeof(*model->order));
		if (!grown)
			return -ENOMEM;
		model->order = grown;
		model->rows_room = rows;
	}
	if (buckets > model->nr_buckets) {
		grown = reallocarray(model->buckets, buckets, sizeof(*model->buckets));
		if (!grown)
			return -ENOMEM;
		model->buckets = grown;
		model->nr_buckets = buckets;
	}
	memset(model->buckets, 0xff, model->nr_buckets * sizeof(*model->buckets));
	model->nr_rows = 0;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct top_process *x = *(const struct top_process *const *)a;
	const struct top_process *y = *(const struct top_process *const *)b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int index_processes(struct making *making)
{
	const struct top_moment *moment = making->model->moment;
	bool sorted = true;
	size_t i;

	making->processes = malloc((moment->nr_processes + 1) * sizeof(*making->processes));
	if (!making->processes)
		return -ENOMEM;
	for (i = 0; i < moment->nr_processes; i++)
		making->processes[i] = &moment->processes[i];
	for (i = 1; i < moment->nr_processes && sorted; i++)
		sorted = making->processes[i - 1]->pid <= making->processes[i]->pid;
	if (!sorted)
		qsort(making->processes, moment->nr_processes, sizeof(*making->processes), by_pid);
	return 0;
}

/* The process of a task, if its memory is known. */
static const struct top_process *process_of(const struct making *making, const struct top_task *task)
{
	const struct top_process wanted = { .pid = task->pid }, *key = &wanted;
	const struct top_process **found = bsearch(&key, making->processes, making->model->moment->nr_processes,
						   sizeof(*making->processes), by_pid);

	return found && (*found)->start_ns == task->start_ns ? *found : NULL;
}

static void limit_row(struct top_row *row, const struct top_node *node)
{
	row->node = node;
	row->limit = top_node__limit(node, &row->used);
}

/* What names a row is what its first task says; a main thread, or a process, knows better. */
static void name_row(struct top_row *row, enum top_group group, const struct top_task *task, const char *process_comm,
		     const struct top_node *node, bool best)
{
	row->exited &= task->exited;
	if (row->named && !best)
		return;
	row->named = true;
	if (group == TOP_BY_NAME) {
		memcpy(row->name, process_comm, strnlen(process_comm, MT_COMM_LEN) + 1);
		return;
	}
	if (group == TOP_BY_UNIT) {
		row->label = node->unit;
		return;
	}
	row->pid = task->pid;
	row->tid = task->tid;
	row->uid = task->uid;
	row->start_ns = task->start_ns;
	row->kthread = task->kthread;
	memcpy(row->name, group == TOP_BY_THREAD ? task->comm : process_comm, sizeof(row->name));
	limit_row(row, node);
}

/* The row of a cgroup, and with it those above. */
static struct top_row *node_row(struct top_model *model, const struct top_node *node)
{
	struct top_row *row = get_row(model, (struct top_key){ node->number, 0 }), *parent;

	if (row->node)
		return row;
	limit_row(row, node);
	row->label = node->depth ? node->name : node->path;
	row->depth = node->depth;
	row->exited = false;
	parent = node->parent ? node_row(model, node->parent) : NULL;
	row->parent = parent ? (int32_t)(parent - model->rows) : -1;
	return row;
}

static struct top_row *above(struct top_model *model, const struct top_row *row)
{
	return row->parent < 0 ? NULL : &model->rows[row->parent];
}

static void add_counts(struct top_row *row, const struct top_task *task)
{
	size_t i;

	for (i = 0; i < TOP_FIRST_MEMORY; i++)
		row->v[i] += task->v[i];
}

static void add_memory(struct top_row *row, const struct top_process *process)
{
	size_t i;

	row->has_memory = true;
	row->oom_score_adj = process->oom_score_adj;
	for (i = TOP_FIRST_MEMORY; i < NR_TOP_VALUES; i++)
		row->v[i] += process->v[i - TOP_FIRST_MEMORY];
}

/* A task counts as a process here if no memory tells of one: it has none, or had ended. */
static int add_task(struct making *making, const struct top_task *task)
{
	struct top_model *model = making->model;
	const struct top_process *process = process_of(making, task);
	const struct top_node *node = top_nodes__of(model->nodes, process ? process->cgroup_id : task->cgroup_id);
	const char *comm = process ? process->comm : task->comm;
	bool counts = !process && task->pid == task->tid;
	struct top_row *row;

	if (!node)
		return -ENOMEM;
	add_counts(&model->total, task);
	model->total.processes += counts;
	if (model->group == TOP_BY_CGROUP) {
		for (row = node_row(model, node); row; row = above(model, row)) {
			add_counts(row, task);
			row->processes += counts;
		}
		return 0;
	}
	row = get_row(model, top_key__of(model->group, task, comm, node));
	name_row(row, model->group, task, comm, node, model->group == TOP_BY_PROCESS && task->pid == task->tid);
	add_counts(row, task);
	row->processes += counts;
	return 0;
}

static int add_process(struct top_model *model, const struct top_process *process)
{
	struct top_task leader = {
		.pid = process->pid,
		.tid = process->pid,
		.uid = process->uid,
		.start_ns = process->start_ns,
		.exited = process->exited,
	};
	const struct top_node *node = top_nodes__of(model->nodes, process->cgroup_id);
	struct top_row *row;

	if (!node)
		return -ENOMEM;
	add_memory(&model->total, process);
	model->total.processes++;
	if (model->group == TOP_BY_CGROUP) {
		for (row = node_row(model, node); row; row = above(model, row)) {
			add_memory(row, process);
			row->processes++;
		}
		return 0;
	}
	memcpy(leader.comm, process->comm, sizeof(leader.comm));
	row = get_row(model, top_key__of(model->group, &leader, process->comm, node));
	name_row(row, model->group, &leader, process->comm, node, model->group == TOP_BY_PROCESS);
	row->processes++;
	if (model->group != TOP_BY_THREAD)
		add_memory(row, process);
	return 0;
}

int top_model__make_rows(struct top_model *model)
{
	const struct top_moment *moment = model->moment;
	struct making making = { .model = model };
	size_t i;
	int err = make_room(model);

	model->total = (struct top_row){ .parent = -1 };
	if (!err)
		err = index_processes(&making);
	for (i = 0; !err && i < moment->nr_tasks; i++)
		err = add_task(&making, &moment->tasks[i]);
	for (i = 0; !err && i < moment->nr_processes; i++)
		err = add_process(model, &moment->processes[i]);
	free(making.processes);
	if (err)
		model->nr_rows = 0;
	return err;
}
