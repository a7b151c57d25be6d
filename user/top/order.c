// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which rows are shown, and in which order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model_impl.h"

/* Who waits for more of the time comes first. */
#define STALL_SHARE 0.01

static bool contains(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool row_matches(const struct top_row *row, const char *filter)
{
	char pid[16], tid[16];

	if (!filter[0])
		return true;
	snprintf(pid, sizeof(pid), "%u", row->pid);
	snprintf(tid, sizeof(tid), "%u", row->tid);
	return contains(row->label, filter) || contains(row->name, filter) ||
	       (row->node && contains(row->node->path, filter)) ||
	       (row->pid && (strstr(pid, filter) || strstr(tid, filter)));
}

/* With a row of a tree those above it are shown. */
static void match_rows(struct top_model *model)
{
	size_t i;

	for (i = 0; i < model->nr_rows; i++)
		model->rows[i].matches = row_matches(&model->rows[i], model->filter);
	for (i = 0; i < model->nr_rows; i++) {
		int32_t at = model->rows[i].matches ? model->rows[i].parent : -1;

		for (; at >= 0; at = model->rows[at].parent)
			model->rows[at].matches = true;
	}
}

/* Rows that are pinned and gone are there, with what names them and no counts. */
static void mark_pins(struct top_model *model)
{
	size_t i, pin;

	while (model->nr_rows && model->rows[model->nr_rows - 1].empty)
		model->nr_rows--;
	for (i = 0; i < model->nr_rows; i++)
		model->rows[i].pinned = false;
	for (pin = 0; pin < model->nr_pins; pin++) {
		struct top_row *kept = &model->pins[pin].row;

		if (model->pins[pin].group != model->group)
			continue;
		for (i = 0; i < model->nr_rows; i++)
			if (top_key__same(model->rows[i].key, kept->key))
				break;
		if (i == model->nr_rows) {
			model->rows[model->nr_rows++] = *kept;
			memset(model->rows[i].v, 0, sizeof(kept->v));
			model->rows[i].empty = model->rows[i].exited = true;
			model->rows[i].has_memory = false;
			model->rows[i].parent = -1;
		}
		model->rows[i].pinned = model->rows[i].matches = true;
		if (!model->rows[i].empty)
			*kept = model->rows[i];
	}
}

/* What decides between most rows is here: the rows themselves are in no cache. */
struct weighed {
	const struct top_row *row;
	const char *name;
	double weight;
	uint32_t at, pid, tid;
};

/* Largest first, what is not known last; then by pid and name. */
static int compare(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;
	bool x_known = !isnan(x->weight), y_known = !isnan(y->weight);
	int order;

	if (x_known != y_known)
		return x_known ? -1 : 1;
	if (x_known && x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->name && y->name) {
		order = strcmp(x->name, y->name);
		if (order)
			return order;
	}
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	order = strcmp(x->row->name, y->row->name);
	return order ? order : memcmp(&x->row->key, &y->row->key, sizeof(x->row->key));
}

static int compare_reverse(const void *a, const void *b)
{
	return compare(b, a);
}

static bool anybody_waits(const struct top_model *model)
{
	const struct top_moment *moment = model->moment;
	size_t i;

	for (i = 0; moment->duration_ns && i < model->nr_rows; i++)
		if ((double)model->rows[i].v[TOP_STALLED] > STALL_SHARE * (double)moment->duration_ns)
			return true;
	return false;
}

static const struct top_column *sorted_by(const struct top_model *model)
{
	const struct top_column *list[TOP_MAX_COLUMNS], *chosen = model->sort[model->set];
	size_t i, nr = top_columns__list(model->group, model->set, list);

	for (i = 0; chosen && i < nr; i++)
		if (list[i] == chosen)
			return chosen;
	for (i = 0; i < nr; i++)
		if (list[i]->stall && anybody_waits(model))
			return list[i];
	return top_columns__default(model->set);
}

/* All rows, weighed and sorted; NULL: no memory. */
static struct weighed *sort_rows(struct top_model *model)
{
	struct weighed *weighed = malloc((model->nr_rows + 1) * sizeof(*weighed));
	uint32_t i;

	if (!weighed)
		return NULL;
	model->sorted = sorted_by(model);
	for (i = 0; i < model->nr_rows; i++)
		weighed[i] = (struct weighed){
			.row = &model->rows[i],
			.at = i,
			.pid = model->rows[i].pid,
			.tid = model->rows[i].tid,
			.name = top_column__name(model->sorted, &model->rows[i]),
			.weight = top_column__weight(model->sorted, &model->rows[i], model->moment->duration_ns),
		};
	qsort(weighed, model->nr_rows, sizeof(*weighed), model->reverse ? compare_reverse : compare);
	return weighed;
}

/* Children behind their parents, each generation in its order. */
static void order_tree(struct top_model *model, const struct weighed *weighed)
{
	size_t nr = model->nr_rows, i;
	int32_t *first = malloc((nr + 1) * sizeof(*first)), *next = malloc((nr + 1) * sizeof(*next));
	int32_t root = -1, at;

	if (!first || !next)
		goto out;
	memset(first, 0xff, nr * sizeof(*first));
	for (i = nr; i-- > 0;) {
		int32_t row = (int32_t)weighed[i].at;
		int32_t *list = model->rows[row].parent < 0 ? &root : &first[model->rows[row].parent];

		next[row] = *list;
		*list = row;
	}
	for (at = root; at >= 0;) {
		if (model->rows[at].matches && !model->rows[at].pinned)
			model->order[model->nr_order++] = (uint32_t)at;
		if (first[at] >= 0) {
			at = first[at];
			continue;
		}
		while (at >= 0 && next[at] < 0)
			at = model->rows[at].parent;
		at = at < 0 ? -1 : next[at];
	}
out:
	free(first);
	free(next);
}

static void follow_cursor(struct top_model *model)
{
	size_t i;

	if (!model->moved)
		model->cursor = 0;
	for (i = 0; model->moved && i < model->nr_order; i++)
		if (top_key__same(model->rows[model->order[i]].key, model->cursor_key))
			model->cursor = i;
	if (model->cursor >= model->nr_order)
		model->cursor = model->nr_order ? model->nr_order - 1 : 0;
}

void top_model__arrange(struct top_model *model)
{
	struct weighed *weighed;
	size_t i;

	model->nr_order = model->nr_pinned = 0;
	if (!model->moment)
		return;
	match_rows(model);
	mark_pins(model);
	weighed = sort_rows(model);
	if (!weighed)
		return;
	for (i = 0; i < model->nr_rows; i++)
		if (weighed[i].row->pinned)
			model->order[model->nr_order++] = weighed[i].at;
	model->nr_pinned = model->nr_order;
	if (model->group == TOP_BY_CGROUP)
		order_tree(model, weighed);
	for (i = 0; model->group != TOP_BY_CGROUP && i < model->nr_rows; i++)
		if (weighed[i].row->matches && !weighed[i].row->pinned)
			model->order[model->nr_order++] = weighed[i].at;
	free(weighed);
	follow_cursor(model);
}
