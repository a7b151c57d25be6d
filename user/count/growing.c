// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "growing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void clear(struct kernel_item *item)
{
	item->bytes = item->nr = item->active = 0;
}

void growing__begin(struct growing_table *table)
{
	struct growing *one, *next;

	HASH_ITER (hh, table->list, one, next)
		clear(&one->last);
	table->left_out = 0;
}

static struct growing *make(struct growing_table *table, const struct kernel_item *item)
{
	struct growing *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->first = one->last = *item;
	clear(&one->first);
	clear(&one->last);
	HASH_ADD_KEYPTR(hh, table->list, one->first.name, strlen(one->first.name), one);
	if (one->hh.tbl)
		return one;
	free(one);
	return NULL;
}

int growing__take(void *ctx, const struct kernel_item *item)
{
	struct growing_table *table = ctx;
	struct growing *one;

	HASH_FIND(hh, table->list, item->name, strlen(item->name), one);
	if (!one && HASH_COUNT(table->list) >= table->max) {
		table->left_out += item->bytes;
		return 0;
	}
	if (!one)
		one = make(table, item);
	if (!one)
		return -ENOMEM;
	one->last.bytes += item->bytes;
	one->last.nr += item->nr;
	one->last.active += item->active;
	return 0;
}

static int add(struct growing *one, bool is_first, uint64_t now_ns, uint64_t step_ns)
{
	int err = 0;

	if (is_first)
		one->first = one->last;
	if (!one->bytes.begun)
		err = growth_series__add(&one->bytes, now_ns, one->first.bytes, step_ns);
	return err || is_first ? err : growth_series__add(&one->bytes, now_ns, one->last.bytes, step_ns);
}

int growing__end(struct growing_table *table, uint64_t now_ns, uint64_t step_ns)
{
	struct growing *one, *next;
	int err = 0;

	HASH_ITER (hh, table->list, one, next)
		if (!err)
			err = add(one, !table->begun, now_ns, step_ns);
	table->begun = true;
	return err;
}

static int by_growth(const void *a, const void *b)
{
	const struct growing *one = *(const struct growing *const *)a, *two = *(const struct growing *const *)b;
	int64_t first = (int64_t)(one->last.bytes - one->first.bytes);
	int64_t second = (int64_t)(two->last.bytes - two->first.bytes);

	if (first != second)
		return (first < second) - (first > second);
	if (one->last.bytes != two->last.bytes)
		return (one->last.bytes < two->last.bytes) - (one->last.bytes > two->last.bytes);
	return strcmp(one->last.name, two->last.name);
}

int growing__rank(const struct growing_table *table, struct growing ***list, size_t *nr)
{
	struct growing *one, *next;

	*nr = 0;
	*list = calloc(HASH_COUNT(table->list) + 1, sizeof(struct growing *));
	if (!*list)
		return -ENOMEM;
	HASH_ITER (hh, table->list, one, next)
		(*list)[(*nr)++] = one;
	qsort(*list, *nr, sizeof(struct growing *), by_growth);
	return 0;
}

void growing__done(struct growing_table *table)
{
	struct growing *one, *next;

	HASH_ITER (hh, table->list, one, next) {
		HASH_DEL(table->list, one);
		growth_series__done(&one->bytes);
		free(one);
	}
}
