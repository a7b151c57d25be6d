// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_impl.h"

const char *const top_group_names[NR_TOP_GROUPS] = { "process", "thread", "name", "cgroup", "unit" };

int top_model__init(struct top_model *model, const char *(*cgroup)(void *ctx, uint64_t id), void *ctx)
{
	*model = (struct top_model){ .nodes = top_nodes__new(cgroup, ctx) };
	model->sorted = top_columns__default(model->set);
	return model->nodes ? 0 : -ENOMEM;
}

void top_model__free(struct top_model *model)
{
	top_nodes__free(model->nodes);
	free(model->rows);
	free(model->order);
	free(model->buckets);
	*model = (struct top_model){ 0 };
}

static int remake(struct top_model *model)
{
	int err = model->moment ? top_model__make_rows(model) : 0;

	top_model__arrange(model);
	return err;
}

int top_model__take(struct top_model *model, const struct top_moment *moment)
{
	int err = top_nodes__take(model->nodes, moment);

	model->moment = moment;
	return err ? err : remake(model);
}

int top_model__group(struct top_model *model, enum top_group group)
{
	model->group = group;
	model->cursor = model->top = 0;
	model->moved = false;
	return remake(model);
}

void top_model__set(struct top_model *model, enum top_set set)
{
	model->set = set;
	model->reverse = false;
	top_model__arrange(model);
}

void top_model__sort(struct top_model *model, const struct top_column *column)
{
	model->sort[model->set] = column;
	top_model__arrange(model);
}

void top_model__sort_next(struct top_model *model, int step)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	size_t nr = top_columns__list(model->group, model->set, list), at = 0;

	while (at < nr && list[at] != model->sorted)
		at++;
	do {
		at = (at + nr + (size_t)(ptrdiff_t)step) % nr;
	} while (list[at]->kind == TOP_COLUMN_SPARK);
	top_model__sort(model, list[at]);
}

void top_model__reverse(struct top_model *model)
{
	model->reverse = !model->reverse;
	top_model__arrange(model);
}

void top_model__filter(struct top_model *model, const char *text)
{
	snprintf(model->filter, sizeof(model->filter), "%s", text);
	top_model__arrange(model);
}

static bool unpin(struct top_model *model, const struct top_row *row)
{
	size_t i;

	for (i = 0; i < model->nr_pins; i++) {
		if (model->pins[i].group != model->group || !top_key__same(model->pins[i].row.key, row->key))
			continue;
		memmove(&model->pins[i], &model->pins[i + 1], (model->nr_pins - i - 1) * sizeof(*model->pins));
		model->nr_pins--;
		return true;
	}
	return false;
}

void top_model__pin(struct top_model *model)
{
	const struct top_row *row = top_model__current(model);

	if (!row)
		return;
	if (!unpin(model, row) && model->nr_pins < TOP_MAX_PINS)
		model->pins[model->nr_pins++] = (struct top_pin){ .group = model->group, .row = *row };
	top_model__arrange(model);
}

void top_model__go(struct top_model *model, size_t place)
{
	if (!model->nr_order)
		return;
	model->cursor = place < model->nr_order ? place : model->nr_order - 1;
	model->moved = model->cursor > 0;
	model->cursor_key = model->rows[model->order[model->cursor]].key;
}

void top_model__move(struct top_model *model, long rows)
{
	long place = (long)model->cursor + rows;

	top_model__go(model, place < 0 ? 0 : (size_t)place);
}

const struct top_row *top_model__at(const struct top_model *model, size_t place)
{
	return place < model->nr_order ? &model->rows[model->order[place]] : NULL;
}

const struct top_row *top_model__current(const struct top_model *model)
{
	return top_model__at(model, model->cursor);
}

/* Pinned rows that stay where they are: no more than half of what is seen. */
static size_t fixed_rows(const struct top_model *model, size_t height)
{
	return model->nr_pinned < height / 2 ? model->nr_pinned : height / 2;
}

void top_model__scroll(struct top_model *model, size_t height)
{
	size_t fixed = fixed_rows(model, height), room = height - fixed, rows = model->nr_order - fixed;

	if (!room || model->nr_order <= fixed) {
		model->top = 0;
		return;
	}
	if (model->cursor >= fixed && model->cursor - fixed < model->top)
		model->top = model->cursor - fixed;
	if (model->cursor >= fixed && model->cursor - fixed >= model->top + room)
		model->top = model->cursor - fixed - room + 1;
	if (model->top + room > rows)
		model->top = rows > room ? rows - room : 0;
}

size_t top_model__place(const struct top_model *model, size_t height, size_t line)
{
	size_t fixed = fixed_rows(model, height);

	return line < fixed ? line : line + model->top;
}
