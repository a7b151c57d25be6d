// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Rows in falling order of weight.  An entry of the index holds one number to
 * sort by; entries that are equal by it get the next one, which is read from
 * the row again.  So ties cost time, and never more than 16 bytes a row.  They
 * are put in order as far as somebody reads: most want the first rows alone.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate_impl.h"

#define TIE_LEVELS 5

struct selection {
	struct row_index index;
	struct order order;
	size_t done;		    /* so many from the front are where they belong */
	size_t nr_ends;		    /* levels that entries behind these were put in order by */
	uint64_t sums[MT_NR_SLOTS]; /* of all */
	uint64_t v[MT_NR_SLOTS];    /* of the row that was read last */
	size_t ends[]; /* where the entries that are in order by a level end; each is within the last one */
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

/* First the order's levels, then what breaks ties. */
static uint64_t level_key(const struct selection *sel, const struct entity *entity, size_t level)
{
	const struct order *order = &sel->order;

	if (level < order->levels)
		return weight_key(order->weigh(entity, level, order->ctx));
	return tie_key(entity, level - order->levels);
}

static uint64_t weigh(const struct entity *entity, void *ctx, bool *take)
{
	struct selection *sel = ctx;
	bool any = false;
	size_t i;

	for (i = 0; i < MT_NR_SLOTS; i++) {
		any |= entity->v[i] != 0;
		sel->sums[i] += entity->v[i];
	}
	*take = any;
	return any ? level_key(sel, entity, 0) : 0;
}

/* Entries from done to end are equal by all levels so far: puts them in order by the next one. */
static int sort_ties(struct selection *sel, size_t end)
{
	struct entity entity;
	size_t i;
	int err;

	for (i = sel->done; i < end; i++) {
		err = row_index__load(&sel->index, sel->index.entries[i].ref, &entity, sel->v);
		if (err)
			return err;
		sel->index.entries[i].key = level_key(sel, &entity, sel->nr_ends);
	}
	row_index__sort(sel->index.entries + sel->done, end - sel->done);
	sel->ends[sel->nr_ends++] = end;
	return 0;
}

/* Goes on until the entry at pos is where it belongs.  0 or -errno. */
static int settle(struct selection *sel, size_t pos)
{
	const struct index_entry *entries = sel->index.entries;
	size_t end;
	int err = 0;

	while (!err && sel->done <= pos) {
		while (sel->done == sel->ends[sel->nr_ends - 1])
			sel->nr_ends--;
		for (end = sel->done + 1; end < sel->ends[sel->nr_ends - 1]; end++)
			if (entries[end].key != entries[sel->done].key)
				break;
		if (end - sel->done == 1 || sel->nr_ends == sel->order.levels + TIE_LEVELS)
			sel->done = end;
		else
			err = sort_ties(sel, end);
	}
	return err;
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
	sel->ends[sel->nr_ends++] = index->nr;
	return 0;
}

struct selection *aggregate__select(struct aggregate *agg, enum scope scope, const struct order *order)
{
	struct selection *sel = NULL;
	int err = -EINVAL;

	if (scope != SCOPE_TOTAL && !agg->config.intervals)
		goto out;
	err = -ENOMEM;
	sel = calloc(1, sizeof(*sel) + (order->levels + TIE_LEVELS) * sizeof(*sel->ends));
	if (!sel)
		goto out;
	sel->index.agg = agg;
	sel->index.scope = scope;
	sel->order = *order;
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
	int err;

	if (pos >= sel->index.nr)
		return -ERANGE;
	err = settle(sel, pos);
	if (err)
		return err;
	return row_index__load(&sel->index, sel->index.entries[pos].ref, entity, sel->v);
}

int selection__rest(struct selection *sel, size_t pos, uint64_t *v)
{
	struct entity entity;
	size_t at, i;
	int err;

	memcpy(v, sel->sums, sizeof(sel->sums));
	for (at = 0; at < pos && at < sel->index.nr; at++) {
		err = selection__at(sel, at, &entity);
		if (err)
			return err;
		for (i = 0; i < MT_NR_SLOTS; i++)
			v[i] -= entity.v[i];
	}
	return 0;
}
