// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The first record of a thread may come after its process was retired: then the process has a row in the file of dead
 * rows and another one.  Memory keeps no list of retired processes, so doubles are found when rows are asked for, by
 * sorting an index of all rows; each double is merged once.
 */
#include "aggregate_impl.h"
#include "waiter.h"

static bool is_dead_row(uint64_t ref)
{
	return ref & 1;
}

static uint64_t key_of(const struct entity *entity, void *ctx, bool *take)
{
	const struct aggregate *agg = ctx;
	struct row_key key = row_key__of_entity(agg->config.by, entity);

	(void)take;
	return key.a * 0x9e3779b97f4a7c15ULL ^ key.b;
}

static bool is_same(const struct aggregate *agg, const struct entity *a, const struct entity *b)
{
	struct row_key one = row_key__of_entity(agg->config.by, a);
	struct row_key two = row_key__of_entity(agg->config.by, b);

	return one.a == two.a && one.b == two.b;
}

/* Prepared first, so that the counts are never in both rows nor in none. */
static int merge_into_memory(struct aggregate *agg, enum scope scope, uint64_t ref, uint64_t retired)
{
	struct row *row = (struct row *)(uintptr_t)ref;
	struct packed_change change;
	uint64_t v[MT_NR_SLOTS];
	struct entity entity;
	int err;

	err = dead_rows__at(&agg->dead[scope], retired >> 1, &entity, v);
	if (!err)
		err = packed__prepare(row__counts(row, scope), v, &change);
	if (!err)
		err = dead_rows__supersede(&agg->dead[scope], retired >> 1);
	if (err)
		return err;
	packed__commit(&change);
	row->leader_gone |= entity.exited;
	row->waiter[scope] = waiter__join(row->waiter[scope], entity.waiter);
	return 0;
}

/* From was retired after everything that is in the other row, so it has the newer names. */
static int merge_dead_rows(struct aggregate *agg, enum scope scope, uint64_t *into, uint64_t from)
{
	uint64_t v[MT_NR_SLOTS], w[MT_NR_SLOTS], at;
	struct dead_rows *dead = &agg->dead[scope];
	struct entity entity, old;
	size_t i;
	int err;

	err = dead_rows__at(dead, *into >> 1, &old, w);
	if (!err)
		err = dead_rows__at(dead, from >> 1, &entity, v);
	if (err)
		return err;
	for (i = 0; i < MT_NR_SLOTS; i++)
		v[i] += w[i];
	entity.exited |= old.exited;
	entity.waiter = waiter__join(entity.waiter, old.waiter);
	err = dead_rows__append(dead, &entity, &at);
	if (!err)
		err = dead_rows__supersede(dead, *into >> 1);
	if (!err)
		err = dead_rows__supersede(dead, from >> 1);
	if (!err)
		*into = at << 1 | 1;
	return err;
}

/* A row in memory stays there: *into names the row that has the counts of both. */
static int merge(struct aggregate *agg, enum scope scope, uint64_t *into, uint64_t from)
{
	uint64_t retired = from;

	if (is_dead_row(*into) && is_dead_row(from))
		return merge_dead_rows(agg, scope, into, from);
	if (is_dead_row(*into)) {
		retired = *into;
		*into = from;
	}
	return merge_into_memory(agg, scope, *into, retired);
}

/* Entries of one key: the same row, unless two keys collided.  A ref of 0 was merged into another. */
static int merge_run(struct row_index *index, struct index_entry *run, size_t nr)
{
	struct aggregate *agg = index->agg;
	struct entity a, b;
	uint64_t v[MT_NR_SLOTS];
	size_t i, j;
	int err = 0;

	for (i = 0; !err && i + 1 < nr; i++) {
		err = run[i].ref ? row_index__load(index, run[i].ref, &a, v) : 0;
		for (j = i + 1; !err && run[i].ref && j < nr; j++) {
			if (!run[j].ref)
				continue;
			err = row_index__load(index, run[j].ref, &b, v);
			if (err || !is_same(agg, &a, &b))
				continue;
			err = merge(agg, index->scope, &run[i].ref, run[j].ref);
			run[j].ref = 0;
		}
	}
	return err;
}

static int merge_runs(struct row_index *index)
{
	size_t first, end;
	int err = 0;

	for (first = 0; !err && first < index->nr; first = end) {
		for (end = first + 1; end < index->nr; end++)
			if (index->entries[end].key != index->entries[first].key)
				break;
		err = merge_run(index, index->entries + first, end - first);
	}
	return err;
}

int aggregate__merge_retired(struct aggregate *agg, enum scope scope)
{
	struct row_index index = { .agg = agg, .scope = scope };
	int err = 0;

	if (!tmpstore__size(&agg->dead[scope].bytes))
		return 0;
	err = row_index__fill(&index, key_of, agg);
	if (!err) {
		row_index__sort(index.entries, index.nr);
		err = merge_runs(&index);
	}
	row_index__free(&index);
	return err;
}
