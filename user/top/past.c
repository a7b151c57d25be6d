// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

/* Of the sets' lines; overview and faults have the same. */
static const enum top_value kept[] = { TOP_MINOR, TOP_ALLOCATED, TOP_STALLED };

#define NR_KEPT (sizeof(kept) / sizeof(*kept))

/* A task, or with tid 0 a process with its memory. */
struct who {
	UT_hash_handle hh;
	struct who_key {
		uint64_t start_ns;
		uint32_t pid, tid;
	} key;
	const struct top_node *node;
	char comm[MT_COMM_LEN + 1];
	uint64_t seen;	  /* the number of the last moment that it is in */
	uint64_t slot_of; /* for which lines slot was found */
	int32_t slot;	  /* the row that it is of */
};

struct counted {
	struct who *who;
	float v[NR_KEPT];
};

struct held {
	struct who *who;
	float bytes;
};

struct past_moment {
	struct counted *counted; /* owned, as the other */
	struct held *held;
	size_t nr_counted, nr_held;
	float some, full;
};

struct top_past {
	struct top_nodes *nodes;
	struct who *who;
	struct past_moment moments[TOP_PAST]; /* moment n is at n % TOP_PAST */
	uint64_t lines;			      /* how often some were made */
	uint64_t nr;			      /* taken so far */
	uint64_t from;			      /* of these, from there on */
};

struct top_past *top_past__new(struct top_nodes *nodes)
{
	struct top_past *past = calloc(1, sizeof(*past));

	if (past)
		past->nodes = nodes;
	return past;
}

static void drop(struct past_moment *moment)
{
	free(moment->counted);
	free(moment->held);
	*moment = (struct past_moment){ 0 };
}

static void forget_who(struct top_past *past, uint64_t before)
{
	struct who *who, *next;

	HASH_ITER (hh, past->who, who, next) {
		if (who->seen >= before)
			continue;
		HASH_DEL(past->who, who);
		free(who);
	}
}

void top_past__clear(struct top_past *past)
{
	size_t i;

	for (i = 0; i < TOP_PAST; i++)
		drop(&past->moments[i]);
	past->from = past->nr;
	forget_who(past, UINT64_MAX);
}

void top_past__free(struct top_past *past)
{
	if (!past)
		return;
	top_past__clear(past);
	free(past);
}

size_t top_past__nr(const struct top_past *past)
{
	return (size_t)(past->nr - past->from < TOP_PAST ? past->nr - past->from : TOP_PAST);
}

static struct who *find_who(const struct top_past *past, uint32_t pid, uint32_t tid, uint64_t start_ns)
{
	const struct who_key key = { .start_ns = start_ns, .pid = pid, .tid = tid };
	struct who *who;

	HASH_FIND(hh, past->who, &key, sizeof(key), who);
	return who;
}

/* Moments have processes in the same order: most come behind the one that came behind the same before. */
static struct who *get_who(struct top_past *past, uint32_t pid, uint32_t tid, uint64_t start_ns,
			   const struct who *before)
{
	struct who *who = before ? before->hh.next : past->who;

	if (!who || who->key.pid != pid || who->key.tid != tid || who->key.start_ns != start_ns)
		who = find_who(past, pid, tid, start_ns);
	if (who)
		return who;
	who = calloc(1, sizeof(*who));
	if (!who)
		return NULL;
	who->key = (struct who_key){ .start_ns = start_ns, .pid = pid, .tid = tid };
	HASH_ADD(hh, past->who, key, sizeof(who->key), who);
	if (who->hh.tbl)
		return who;
	free(who);
	return NULL;
}

/* Names are the process's, as in rows. */
static struct who *take_who(struct top_past *past, const struct top_task *task)
{
	struct who *who = get_who(past, task->pid, task->tid, task->start_ns, NULL);
	const struct who *process = find_who(past, task->pid, 0, task->start_ns);

	if (!who)
		return NULL;
	who->node = process ? process->node : top_nodes__of(past->nodes, task->cgroup_id);
	memcpy(who->comm, process ? process->comm : task->comm, sizeof(who->comm));
	who->seen = past->nr;
	return who;
}

static bool counted_any(const struct top_task *task)
{
	size_t i;

	for (i = 0; i < NR_KEPT; i++)
		if (task->v[kept[i]])
			return true;
	return false;
}

static int take_tasks(struct top_past *past, struct past_moment *to, const struct top_moment *moment)
{
	double seconds = (double)moment->duration_ns / 1e9;
	size_t i, v, nr = moment->nr_tasks < TOP_PAST_TASKS ? moment->nr_tasks : TOP_PAST_TASKS;

	to->counted = malloc((nr + 1) * sizeof(*to->counted));
	if (!to->counted)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct top_task *task = &moment->tasks[i];
		struct counted *counted = &to->counted[to->nr_counted];

		if (!counted_any(task))
			continue;
		counted->who = take_who(past, task);
		if (!counted->who)
			return -ENOMEM;
		for (v = 0; v < NR_KEPT; v++)
			counted->v[v] = seconds > 0 ? (float)((double)task->v[kept[v]] / seconds) : 0;
		to->nr_counted++;
	}
	return 0;
}

static int take_processes(struct top_past *past, struct past_moment *to, const struct top_moment *moment)
{
	size_t i, nr = moment->nr_processes < TOP_PAST_TASKS ? moment->nr_processes : TOP_PAST_TASKS;
	struct who *who = NULL;

	to->held = malloc((nr + 1) * sizeof(*to->held));
	if (!to->held)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct top_process *process = &moment->processes[i];
		struct held *held = &to->held[to->nr_held];

		who = get_who(past, process->pid, 0, process->start_ns, who);
		if (!who)
			return -ENOMEM;
		who->node = top_nodes__of(past->nodes, process->cgroup_id);
		memcpy(who->comm, process->comm, sizeof(who->comm));
		who->seen = past->nr;
		held->who = who;
		held->bytes = (float)process->v[TOP_RSS - TOP_FIRST_MEMORY];
		to->nr_held++;
	}
	return 0;
}

static float share_of(const struct top_moment *moment, enum sample_id id)
{
	uint64_t growth = moment->growth[id];

	return growth == MT_UNKNOWN_U64 || !moment->duration_ns ? -1 : (float)growth / (float)moment->duration_ns;
}

int top_past__push(struct top_past *past, const struct top_moment *moment)
{
	struct past_moment *to = &past->moments[past->nr % TOP_PAST];
	int err;

	drop(to);
	to->some = share_of(moment, SAMPLE_pressure_memory_some_total);
	to->full = share_of(moment, SAMPLE_pressure_memory_full_total);
	err = take_processes(past, to, moment);
	if (!err)
		err = take_tasks(past, to, moment);
	if (err)
		drop(to);
	past->nr++;
	/* nobody refers to who was only in moments that are gone */
	if (past->nr >= TOP_PAST)
		forget_who(past, past->nr - TOP_PAST);
	return err;
}

/* Which place of a line a moment has: the newest stands last. */
static size_t place_of(const struct top_past *past, uint64_t number)
{
	return (size_t)(TOP_PAST - (past->nr - number));
}

static void clear_lines(const struct top_past *past, size_t nr, float (*lines)[TOP_PAST])
{
	size_t have = top_past__nr(past), row, i;

	for (row = 0; row < nr; row++)
		for (i = 0; i < TOP_PAST; i++)
			lines[row][i] = i < TOP_PAST - have ? -1 : 0;
}

struct slot {
	UT_hash_handle hh;
	struct top_key key;
	int32_t row;
};

static void forget_slot(struct top_node *node)
{
	node->slot = -1;
}

/* The rows by their keys; in a tree nodes have their rows. */
struct slots {
	struct slot *list, *table;
	enum top_group group;
	uint64_t number;
};

static int make_slots(struct top_past *past, struct slots *slots, const struct top_row *const *rows, size_t nr)
{
	size_t i;

	slots->number = ++past->lines;
	slots->table = NULL;
	slots->list = calloc(nr + 1, sizeof(*slots->list));
	if (!slots->list)
		return -ENOMEM;
	top_nodes__each(past->nodes, forget_slot);
	for (i = 0; i < nr; i++) {
		struct slot *slot = &slots->list[i];

		slot->key = rows[i]->key;
		slot->row = (int32_t)i;
		HASH_ADD(hh, slots->table, key, sizeof(slot->key), slot);
		if (slots->group == TOP_BY_CGROUP && rows[i]->node)
			((struct top_node *)rows[i]->node)->slot = (int32_t)i;
	}
	return 0;
}

static void free_slots(struct slots *slots)
{
	HASH_CLEAR(hh, slots->table);
	free(slots->list);
}

static int32_t find_slot(const struct slots *slots, struct who *who)
{
	const struct top_task task = { .pid = who->key.pid,
				       .tid = who->key.tid ? who->key.tid : who->key.pid,
				       .start_ns = who->key.start_ns };
	struct top_key key;
	struct slot *found;

	if (who->slot_of == slots->number)
		return who->slot;
	key = top_key__of(slots->group, &task, who->comm, who->node);
	HASH_FIND(hh, slots->table, &key, sizeof(key), found);
	who->slot_of = slots->number;
	who->slot = found ? found->row : -1;
	return who->slot;
}

static void add(const struct slots *slots, struct who *who, float value, size_t place, float (*lines)[TOP_PAST])
{
	const struct top_node *node;
	int32_t slot;

	if (slots->group != TOP_BY_CGROUP) {
		slot = who->node ? find_slot(slots, who) : -1;
		if (slot >= 0)
			lines[slot][place] += value;
		return;
	}
	for (node = who->node; node; node = node->parent)
		if (node->slot >= 0)
			lines[node->slot][place] += value;
}

static size_t kept_at(enum top_value value)
{
	size_t i;

	for (i = 0; i < NR_KEPT && kept[i] != value; i++)
		;
	return i;
}

int top_past__lines(struct top_past *past, enum top_group group, enum top_set set, const struct top_row *const *rows,
		    size_t nr, float (*lines)[TOP_PAST])
{
	size_t value = kept_at(top_column_sets[set].spark), i;
	uint64_t number = past->nr - top_past__nr(past);
	struct slots slots = { .group = group };
	int err = make_slots(past, &slots, rows, nr);

	if (err)
		return err;
	clear_lines(past, nr, lines);
	for (; number < past->nr; number++) {
		const struct past_moment *moment = &past->moments[number % TOP_PAST];
		size_t place = place_of(past, number);

		for (i = 0; value < NR_KEPT && i < moment->nr_counted; i++)
			add(&slots, moment->counted[i].who, moment->counted[i].v[value], place, lines);
		for (i = 0; value == NR_KEPT && i < moment->nr_held; i++)
			add(&slots, moment->held[i].who, moment->held[i].bytes, place, lines);
	}
	free_slots(&slots);
	return 0;
}

void top_past__pressure(const struct top_past *past, float some[TOP_PAST], float full[TOP_PAST])
{
	uint64_t number = past->nr - top_past__nr(past);
	size_t i;

	for (i = 0; i < TOP_PAST; i++)
		some[i] = full[i] = -1;
	for (; number < past->nr; number++) {
		some[place_of(past, number)] = past->moments[number % TOP_PAST].some;
		full[place_of(past, number)] = past->moments[number % TOP_PAST].full;
	}
}
