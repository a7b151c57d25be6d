// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Rows in falling order of weight.  An entry of the index holds one number to
 * sort by; entries that are equal by it get the next one, which is read from
 * the row again.  So ties cost time, and never more than 16 bytes a row.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate_impl.h"

struct selection {
	struct row_index index;
	const struct order *order; /* while it is sorted */
	uint64_t v[MT_NR_SLOTS];   /* of the row that was read last */
};

/* A number that grows as the weight falls.  What is no number weighs least. */
static uint64_t weight_key(double weight)
{
	uint64_t bits;

	if (isnan(weight))
		return UINT64_MAX;
	weight += 0.0; /* makes -0 the same as 0 */
	memcpy(&bits, &weight, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | 1ULL << 63;
	return ~bits;
}

/* Bytes as a number that sorts as they do. */
static uint64_t bytes_key(const char *bytes, size_t nr)
{
	uint64_t key = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		key = key << 8 | (unsigned char)bytes[i];
	return key;
}

/* By pid, then comm, then what is left to make the order the same each time. */
static uint64_t tie_key(const struct entity *e, size_t level)
{
	switch (level) {
	case 0:
		return (uint64_t)e->pid << 32 | bytes_key(e->comm, 4);
	case 1:
		return bytes_key(e->comm + 4, 8);
	case 2:
		return bytes_key(e->comm + 12, 4) << 1 | e->other;
	case 3:
		return e->pid ? e->start_ns : e->cgroup_id;
	default:
		return e->id;
	}
}

#define TIE_LEVELS 5

/* First the order's levels, then what breaks ties. */
static uint64_t level_key(const struct selection *sel, const struct entity *entity, size_t level)
{
	const struct order *order = sel->order;

	if (level < order->levels)
		return weight_key(order->weigh(entity, level, order->ctx));
	return tie_key(entity, level - order->levels);
}

static uint64_t weigh(const struct entity *entity, void *ctx, bool *take)
{
	const struct selection *sel = ctx;
	size_t i;

	for (i = 0; i < MT_NR_SLOTS; i++)
		if (entity->v[i])
			return level_key(sel, entity, 0);
	*take = false;
	return 0;
}

static int sort_ties(struct selection *sel, struct index_entry *entries, size_t nr, size_t level);

/* Entries are sorted by their keys; those with equal ones are put in order from that level on. */
static int sort_equals(struct selection *sel, struct index_entry *entries, size_t nr, size_t level)
{
	size_t first, end;
	int err = 0;

	for (first = 0; !err && first < nr; first = end) {
		for (end = first + 1; end < nr; end++)
			if (entries[end].key != entries[first].key)
				break;
		if (end - first > 1)
			err = sort_ties(sel, entries + first, end - first, level);
	}
	return err;
}

static int sort_ties(struct selection *sel, struct index_entry *entries, size_t nr, size_t level)
{
	struct entity entity;
	size_t i;
	int err;

	if (level == sel->order->levels + TIE_LEVELS)
		return 0;
	for (i = 0; i < nr; i++) {
		err = row_index__load(&sel->index, entries[i].ref, &entity, sel->v);
		if (err)
			return err;
		entries[i].key = level_key(sel, &entity, level);
	}
	row_index__sort(entries, nr);
	return sort_equals(sel, entries, nr, level + 1);
}

static int fill(struct selection *sel)
{
	struct row_index *index = &sel->index;
	int err;

	err = aggregate__merge_retired(index->agg, index->scope);
	if (!err)
		err = row_index__fill(index, weigh, sel);
	if (err)
		return err;
	row_index__sort(index->entries, index->nr);
	return sort_equals(sel, index->entries, index->nr, 1);
}

struct selection *aggregate__select(struct aggregate *agg, enum scope scope, const struct order *order)
{
	struct selection *sel = NULL;
	int err = -EINVAL;

	if (scope != SCOPE_TOTAL && !agg->config.intervals)
		goto out;
	err = -ENOMEM;
	sel = calloc(1, sizeof(*sel));
	if (!sel)
		goto out;
	sel->index.agg = agg;
	sel->index.scope = scope;
	sel->order = order;
	err = fill(sel);
out:
	if (!err)
		return sel;
	selection__free(sel);
	errno = -err;
	return NULL;
}

void selection__free(struct selection *sel)
{
	if (!sel)
		return;
	row_index__free(&sel->index);
	free(sel);
}

size_t selection__nr(const struct selection *sel)
{
	return sel->index.nr;
}

int selection__at(struct selection *sel, size_t pos, struct entity *entity)
{
	if (pos >= sel->index.nr)
		return -ERANGE;
	return row_index__load(&sel->index, sel->index.entries[pos].ref, entity, sel->v);
}

int selection__rest(struct selection *sel, size_t pos, uint64_t *v)
{
	struct entity entity;
	size_t i;
	int err;

	memset(v, 0, MT_NR_SLOTS * sizeof(*v));
	for (; pos < sel->index.nr; pos++) {
		err = selection__at(sel, pos, &entity);
		if (err)
			return err;
		for (i = 0; i < MT_NR_SLOTS; i++)
			v[i] += entity.v[i];
	}
	return 0;
}
