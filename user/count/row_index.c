// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "aggregate_impl.h"
#include "../base/stop.h"

#define IN_SPILL 1u

static int append(struct row_index *index, uint64_t key, uint64_t ref)
{
	struct index_entry *entries;
	size_t max = index->max ? index->max * 2 : 64;

	if (index->nr == index->max) {
		entries = realloc(index->entries, max * sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		index->entries = entries;
		index->max = max;
	}
	index->entries[index->nr++] = (struct index_entry){ key, ref };
	return 0;
}

static int offer(struct row_index *index, const struct entity *entity, uint64_t ref, index_key_fn key, void *ctx)
{
	bool take = true;
	uint64_t k = key(entity, ctx, &take);

	if (stop__overdue())
		return -ECANCELED;
	return take ? append(index, k, ref) : 0;
}

static int fill_from_memory(struct row_index *index, index_key_fn key, void *ctx)
{
	uint64_t v[MT_NR_SLOTS];
	struct entity entity;
	struct row *row = NULL;
	int err = 0;

	while (!err && (row = rows__next(&index->agg->rows, row))) {
		if (!row__counts(row, index->scope)->len)
			continue;
		err = row_index__load(index, (uintptr_t)row, &entity, v);
		if (!err)
			err = offer(index, &entity, (uintptr_t)row, key, ctx);
	}
	return err;
}

static int fill_from_dead_rows(struct row_index *index, index_key_fn key, void *ctx)
{
	struct dead_rows *dead = &index->agg->dead[index->scope];
	struct dead_rows_cursor cursor = { 0 };
	uint64_t v[MT_NR_SLOTS];
	struct entity entity;
	int err;

	while ((err = dead_rows__next(dead, &cursor, &entity, v)) > 0) {
		err = offer(index, &entity, cursor.at << 1 | IN_SPILL, key, ctx);
		if (err)
			return err;
	}
	return err;
}

int row_index__fill(struct row_index *index, index_key_fn key, void *ctx)
{
	int err;

	err = fill_from_memory(index, key, ctx);
	return err ? err : fill_from_dead_rows(index, key, ctx);
}

void row_index__free(struct row_index *index)
{
	free(index->entries);
	index->entries = NULL;
	index->nr = index->max = 0;
}

static int compare(const void *one, const void *two)
{
	const struct index_entry *a = one, *b = two;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

void row_index__sort(struct index_entry *entries, size_t nr)
{
	if (nr > 1)
		qsort(entries, nr, sizeof(*entries), compare);
}

int row_index__load(const struct row_index *index, uint64_t ref, struct entity *entity, uint64_t *v)
{
	struct row *row;

	if (stop__overdue())
		return -ECANCELED;
	if (ref & IN_SPILL)
		return dead_rows__at(&index->agg->dead[index->scope], ref >> 1, entity, v);
	row = (struct row *)(uintptr_t)ref;
	row__describe(row, entity);
	packed__get(row__counts(row, index->scope), v);
	entity->processes = row->processes[index->scope];
	entity->waiter = row->waiter[index->scope];
	entity->v = v;
	return 0;
}
