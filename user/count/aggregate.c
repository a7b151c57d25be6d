// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate_impl.h"
#include "waiter.h"

#define SILENT_LEADER 10 /* how often linger_ns a process waits whose leader's end was not seen */

static bool rows_can_die(const struct aggregate *agg)
{
	return agg->config.by == BY_PROCESS || agg->config.by == BY_THREAD;
}

static int open_also(struct aggregate *agg)
{
	struct aggregate_config config = agg->config;

	config.by = config.hist_by = config.also;
	config.also = BY_ALL;
	agg->also = aggregate__new(&config);
	return agg->also ? 0 : -errno;
}

struct aggregate *aggregate__new(const struct aggregate_config *config)
{
	struct aggregate *agg;
	enum scope scope;
	int err = -ENOMEM;

	agg = calloc(1, sizeof(*agg));
	if (!agg)
		goto out;
	agg->config = *config;
	agg->config.processes &= !rows_can_die(agg);
	agg->interval = 1;
	rows__init(&agg->rows, config->by, config->max_groups);
	for (scope = 0; scope < NR_SCOPES; scope++)
		dead_rows__init(&agg->dead[scope]);
	agg->hists = hists__new(config);
	if (agg->hists)
		err = task_counts__init(&agg->task_counts);
	if (!err && config->also != BY_ALL)
		err = open_also(agg);
out:
	if (!err)
		return agg;
	aggregate__free(agg);
	errno = -err;
	return NULL;
}

void aggregate__free(struct aggregate *agg)
{
	enum scope scope;

	if (!agg)
		return;
	aggregate__free(agg->also);
	task_counts__free(&agg->task_counts);
	hists__free(agg->hists);
	for (scope = 0; scope < NR_SCOPES; scope++)
		dead_rows__free(&agg->dead[scope]);
	rows__free(&agg->rows);
	members__free(&agg->members);
	free(agg);
}

struct aggregate *aggregate__also(const struct aggregate *agg)
{
	return agg->also;
}

static bool is_wanted(const struct aggregate *agg, enum mt_slot slot)
{
	return !(agg->config.unwanted & 1U << slot_rows[slot].probe);
}

/*
 * What the record has beyond the life's earlier records; 0 in a slot where it is older than one of them.  Returns
 * whether there is any.
 */
static bool difference(const struct aggregate *agg, const struct life *life, const struct mt_task *task, uint64_t *add)
{
	uint64_t last[MT_NR_SLOTS] = { 0 };
	bool any = false;
	size_t i;

	if (life)
		packed__get(&life->last, last);
	for (i = 0; i < MT_NR_SLOTS; i++) {
		add[i] = task->c[i] > last[i] && is_wanted(agg, i) ? task->c[i] - last[i] : 0;
		any |= add[i] != 0;
	}
	return any;
}

/* Whose row the record belongs to. */
static const struct mt_who *row_who(const struct aggregate *agg, const struct mt_task *task)
{
	const struct member *member;

	if (agg->config.by != BY_PARENT)
		return &task->who;
	member = members__find(&agg->members, &task->who);
	return members__ancestor(&agg->members, member ? &member->parent : &task->parent);
}

static struct row_key key_of(const struct aggregate *agg, const struct mt_task *task)
{
	if (agg->config.by == BY_ROLE)
		return (struct row_key){ task_roles__id(agg->config.roles, &task->who), 0 };
	return row_key__of(agg->config.by, row_who(agg, task), task->life);
}

static void refresh_row(const struct aggregate *agg, struct row *row, const struct mt_task *task)
{
	row__refresh(row, agg->config.by, row_who(agg, task), task->hdr.time_ns);
}

/* A life keeps its row in memory, so it must point to the one that its newest record names; rows by parent are merged,
 * and need none. */
static void attach(const struct aggregate *agg, struct life *life, struct row *row)
{
	if (agg->config.by == BY_PARENT || life->row == row)
		return;
	if (life->row)
		life->row->lives--;
	life->row = row;
	row->lives++;
}

static void add_to_sums(struct aggregate *agg, const uint64_t *add)
{
	size_t i;

	for (i = 0; i < MT_NR_SLOTS; i++) {
		agg->sums[SCOPE_TOTAL][i] += add[i];
		agg->sums[SCOPE_OPEN][i] += add[i];
	}
}

static void note_waiter(struct row *row, uint32_t waiter)
{
	row->waiter[SCOPE_TOTAL] = waiter__join(row->waiter[SCOPE_TOTAL], waiter);
	row->waiter[SCOPE_OPEN] = waiter__join(row->waiter[SCOPE_OPEN], waiter);
}

/* Changes the life (NULL: none) and all scopes of the row together or, without memory, not at all. */
static int add_to_row(struct aggregate *agg, struct life *life, struct row *row, const struct mt_task *task,
		      const uint64_t *add)
{
	struct packed_change last, total, interval;
	int err = 0;

	if (life)
		err = packed__prepare(&life->last, add, &last);
	if (!err)
		err = packed__prepare(row__counts(row, SCOPE_TOTAL), add, &total);
	if (!err && agg->config.intervals)
		err = packed__prepare(row__counts(row, SCOPE_OPEN), add, &interval);
	if (err)
		return err;
	if (life)
		packed__commit(&last);
	packed__commit(&total);
	if (agg->config.intervals)
		packed__commit(&interval);
	note_waiter(row, waiter__of(task->who.tid, add));
	row->counted = true;
	return 0;
}

/* Is there room for what the record may need: an entry for its life, if it has none, and a row? */
static bool has_room(const struct aggregate *agg, const struct life *life, const struct mt_task *task)
{
	struct row_key key = key_of(agg, task);
	size_t max = agg->config.max_tasks;

	if (!max)
		return true;
	return (life || HASH_COUNT(agg->task_counts.table) < max) &&
	       (HASH_COUNT(agg->rows.table) < max || rows__find(&agg->rows, &key)) &&
	       HASH_COUNT(agg->members.table) < max;
}

/*
 * Without memory no count changes, so that the life's next record makes up for this one.  A row or life that was
 * already added stays, empty, until its end.
 */
static int credit(struct aggregate *agg, struct life **life, const struct mt_task *task, const uint64_t *add)
{
	struct row_key key = key_of(agg, task);
	struct member *member;
	struct row *row;
	int err;

	if (!has_room(agg, *life, task))
		return -E2BIG;
	row = rows__get(&agg->rows, &key);
	if (!row || aggregate__find_member(agg, task, &member))
		return -ENOMEM;
	refresh_row(agg, row, task);
	if (!*life)
		*life = task_counts__add(&agg->task_counts, task->life);
	if (!*life)
		return -ENOMEM;
	err = add_to_row(agg, *life, row, task, add);
	if (err)
		return err;
	attach(agg, *life, row);
	aggregate__attach_member(*life, member);
	aggregate__count_process(agg, row, member);
	add_to_sums(agg, add);
	hists__task(agg->hists, &task->who, add);
	return 0;
}

/* A record without news may still have newer names.  It makes no row, and no entry for its life. */
static void refresh(struct aggregate *agg, const struct mt_task *task)
{
	struct row_key key = key_of(agg, task);
	struct row *row = rows__find(&agg->rows, &key);

	if (row)
		refresh_row(agg, row, task);
}

static void mark_gone(const struct aggregate *agg, struct row *row, const struct mt_task *task)
{
	if (agg->config.by == BY_THREAD || task->who.tid == task->who.pid)
		row->leader_gone = true;
}

static void finish(struct aggregate *agg, struct life *life, const struct mt_task *task)
{
	struct row_key key = key_of(agg, task);
	struct row *row = rows__find(&agg->rows, &key);

	if (row)
		mark_gone(agg, row, task);
	if (life && life->row)
		life->row->lives--;
	aggregate__finish_member(agg, life, task);
	if (agg->config.roles)
		task_roles__end(agg->config.roles, &task->who, task->hdr.time_ns);
	if (life)
		task_counts__remove(&agg->task_counts, life);
	task_counts__finish(&agg->task_counts, task->life);
}

/* What a task counted before the run began is the base of its differences; it is credited to no one. */
static int take_base(struct aggregate *agg, struct life *life, const struct mt_task *task)
{
	struct packed_change last;
	uint64_t add[MT_NR_SLOTS];
	struct member *member;
	int err;

	if (!difference(agg, life, task, add))
		return 0;
	if (!has_room(agg, life, task))
		return -E2BIG;
	if (!life)
		life = task_counts__add(&agg->task_counts, task->life);
	if (!life || aggregate__find_member(agg, task, &member))
		return -ENOMEM;
	aggregate__attach_member(life, member);
	err = packed__prepare(&life->last, add, &last);
	if (!err)
		packed__commit(&last);
	return err;
}

/* What a task counted after its final record, which ended its life here; of one that ended before the run, it is
 * credited to no one. */
static int take_rest(struct aggregate *agg, const struct mt_task *task)
{
	uint64_t add[MT_NR_SLOTS];
	struct row_key key = key_of(agg, task);
	struct member *member = NULL;
	struct row *row = NULL;
	int err = -E2BIG;

	if (task->flags & MT_TASK_BASE || !difference(agg, NULL, task, add))
		return 0;
	if (has_room(agg, NULL, task)) {
		row = rows__get(&agg->rows, &key);
		err = row ? aggregate__find_member(agg, task, &member) : -ENOMEM;
		if (!err)
			err = add_to_row(agg, NULL, row, task, add);
	}
	if (err) {
		agg->lost += schema__nr_events(add);
		return err;
	}
	refresh_row(agg, row, task);
	aggregate__count_process(agg, row, member);
	add_to_sums(agg, add);
	hists__task(agg->hists, &task->who, add);
	if (row == rows__find(&agg->rows, &key))
		mark_gone(agg, row, task);
	return 0;
}

/* Only counts of a final record can be lost: no later one carries them again. */
static int take_task(struct aggregate *agg, const struct mt_task *task)
{
	bool final = task->flags & MT_TASK_FINAL;
	uint64_t add[MT_NR_SLOTS];
	struct life *life;
	int err = 0;

	if (task->flags & MT_TASK_REST)
		return take_rest(agg, task);
	if (task_counts__is_finished(&agg->task_counts, task->life))
		return 0;
	life = task_counts__find(&agg->task_counts, task->life);
	if (task->flags & MT_TASK_BASE && !final)
		return take_base(agg, life, task);
	if (task->flags & MT_TASK_BASE) {
		finish(agg, life, task);
		return 0;
	}
	if (difference(agg, life, task, add))
		err = credit(agg, &life, task, add);
	else
		refresh(agg, task);
	if (err && final)
		agg->lost += schema__nr_events(add);
	if (final)
		finish(agg, life, task);
	return err;
}

int aggregate__task(struct aggregate *agg, const struct mt_task *task)
{
	int err = take_task(agg, task), also = agg->also ? take_task(agg->also, task) : 0;

	return err ? err : also;
}

/* Of both groups the first error. */
int aggregate__event(struct aggregate *agg, const struct event_row *row, const void *record,
		     const struct task_refs *task_refs)
{
	int err = hists__event(agg->hists, row, record, task_refs), also = 0;

	if (err)
		agg->lost++;
	if (agg->also)
		also = aggregate__event(agg->also, row, record, task_refs);
	return err ? err : also;
}

int aggregate__folded(struct aggregate *agg, enum mt_rec_id event, int32_t label, uint64_t cgroup_id,
		      const uint64_t *slots, uint64_t sum)
{
	int err = hists__folded(agg->hists, event, label, cgroup_id, slots, sum);

	if (!err && agg->also)
		err = hists__folded(agg->also->hists, event, label, cgroup_id, slots, sum);
	return err;
}

static int retire_counts(struct aggregate *agg, struct row *row, enum scope scope, uint64_t *at)
{
	uint64_t v[MT_NR_SLOTS];
	struct entity entity;

	row__describe(row, &entity);
	packed__get(row__counts(row, scope), v);
	entity.v = v;
	entity.waiter = row->waiter[scope];
	return dead_rows__append(&agg->dead[scope], &entity, at);
}

static bool is_kept(const struct aggregate *agg, struct row *row, enum scope scope)
{
	return scope == SCOPE_TOTAL ? agg->config.keep_dead : row__counts(row, scope)->len;
}

/* On failure the row stays in memory, and only there. */
static int retire_row(struct aggregate *agg, struct row *row)
{
	uint64_t at[NR_SCOPES];
	enum scope scope;
	int err = 0;

	for (scope = 0; !err && scope < NR_SCOPES; scope++)
		if (is_kept(agg, row, scope))
			err = retire_counts(agg, row, scope, &at[scope]);
	if (!err) {
		rows__remove(&agg->rows, row);
		return 0;
	}
	/* the last one was not stored */
	for (scope--; scope-- > 0;)
		if (is_kept(agg, row, scope))
			dead_rows__supersede(&agg->dead[scope], at[scope]);
	return err;
}

/*
 * A leader that never counted anything has no record, so its end is not seen.  If no other thread is known either,
 * the process counts as gone after a longer silence.  If it counts again, its rows are merged.
 */
static bool is_settled(const struct aggregate *agg, const struct row *row, uint64_t now_ns)
{
	uint64_t silent_ns = now_ns > row->newest_ns ? now_ns - row->newest_ns : 0;

	if (!row->leader_gone)
		silent_ns /= SILENT_LEADER;
	return !row->lives && silent_ns >= agg->config.linger_ns;
}

int aggregate__retire(struct aggregate *agg, uint64_t now_ns)
{
	struct row *row, *next;
	int err = 0;

	members__retire(&agg->members, now_ns, agg->config.linger_ns);
	if (agg->config.roles)
		task_roles__retire(agg->config.roles, now_ns, agg->config.linger_ns);
	if (agg->also)
		err = aggregate__retire(agg->also, now_ns);
	if (!rows_can_die(agg))
		return err;
	for (row = agg->rows.table; row; row = next) {
		next = row->hh.next;
		if (!err && is_settled(agg, row, now_ns))
			err = retire_row(agg, row);
	}
	return err;
}

void aggregate__next_interval(struct aggregate *agg)
{
	struct dead_rows complete = agg->dead[SCOPE_OPEN];
	struct row *row = NULL;

	if (agg->also)
		aggregate__next_interval(agg->also);
	while ((row = rows__next(&agg->rows, row))) {
		packed__clear(row__counts(row, SCOPE_INTERVAL));
		*row__counts(row, SCOPE_INTERVAL) = *row__counts(row, SCOPE_OPEN);
		*row__counts(row, SCOPE_OPEN) = (struct packed){ 0 };
		row->processes[SCOPE_INTERVAL] = row->processes[SCOPE_OPEN];
		row->processes[SCOPE_OPEN] = 0;
		row->waiter[SCOPE_INTERVAL] = row->waiter[SCOPE_OPEN];
		row->waiter[SCOPE_OPEN] = WAITER_NONE;
	}
	agg->interval++;
	agg->dead[SCOPE_OPEN] = agg->dead[SCOPE_INTERVAL];
	agg->dead[SCOPE_INTERVAL] = complete;
	dead_rows__reset(&agg->dead[SCOPE_OPEN]);
	hists__next_interval(agg->hists);
	memcpy(agg->sums[SCOPE_INTERVAL], agg->sums[SCOPE_OPEN], sizeof(agg->sums[SCOPE_OPEN]));
	memset(agg->sums[SCOPE_OPEN], 0, sizeof(agg->sums[SCOPE_OPEN]));
}

size_t aggregate__living(const struct aggregate *agg)
{
	return HASH_COUNT(agg->task_counts.table);
}

uint64_t aggregate__lost(const struct aggregate *agg)
{
	return agg->lost + (agg->also ? agg->also->lost : 0);
}

const uint64_t *aggregate__sums(struct aggregate *agg, enum scope scope)
{
	return agg->sums[scope];
}

int aggregate__histograms(struct aggregate *agg, enum scope scope, struct hist_entry **list, size_t *nr)
{
	return hists__list(agg->hists, scope, agg->sums[scope], list, nr);
}

int aggregate__each_histogram(struct aggregate *agg, enum scope scope,
			      int (*take)(void *ctx, const struct hist_entry *entry), void *ctx)
{
	return hists__each(agg->hists, scope, agg->sums[scope], take, ctx);
}

void aggregate__unattributed(struct aggregate *agg, const uint64_t *counts)
{
	uint64_t add[MT_NR_SLOTS];
	size_t i;

	for (i = 0; i < MT_NR_SLOTS; i++) {
		add[i] = counts[i] - agg->unattributed[i];
		agg->unattributed[i] = counts[i];
	}
	add_to_sums(agg, add);
	if (agg->also)
		aggregate__unattributed(agg->also, counts);
}
