// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "compared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/log.h"

#define MAX_ROWS 10000 /* further groups count as "other" */

static void add_counter(struct compared *compared, const struct probe_column *column)
{
	if (compared->nr_counters < COMPARED_MAX && column->measure != MEASURE_SHARE)
		compared->counters[compared->nr_counters++] = *column;
}

static void add_columns(struct compared *compared, const struct probe_column *column)
{
	for (; column && column->slots; column++)
		add_counter(compared, column);
}

/* For people the columns of a table of tasks, for programs all counters. */
static void add_of_probes(struct compared *compared, const struct run_view *view)
{
	const struct probe_column *column;
	enum mt_probe id;
	enum mt_slot slot;

	for (id = 0; id < MT_NR_PROBES; id++)
		for (column = probes[id]->columns; run_view__asked(view, id) && column && column->slots; column++)
			if (run_view__shows(view, column) && column->title)
				add_counter(compared, &(struct probe_column){ .title = column->title,
									      .unit = column->unit,
									      .measure = column->measure,
									      .slots = column->slots,
									      .nr_slots = column->nr_slots });
	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		compared->slots[slot] = slot;
		if (run_view__asked(view, slot_rows[slot].probe))
			add_counter(compared, &(struct probe_column){ .path = slot_rows[slot].path,
								      .unit = slot_rows[slot].unit,
								      .slots = &compared->slots[slot],
								      .nr_slots = 1 });
	}
}

/* A title is the same with and without "/s". */
static bool names_counter(const struct probe_column *counter, const char *name)
{
	size_t len = counter->title ? strcspn(counter->title, "/") : 0;

	if (len && len == strcspn(name, "/") && !strncasecmp(counter->title, name, len))
		return true;
	return counter->path && !strcmp(counter->path, name);
}

static int find_only(struct compared *compared, const char *name)
{
	char accepted[512] = "";
	size_t i, len = 0;

	for (i = 0; i < compared->nr_counters; i++) {
		const char *title = compared->counters[i].title;

		if (names_counter(&compared->counters[i], name)) {
			compared->only = i + 1;
			return EXIT_OK;
		}
		if (title && len < sizeof(accepted))
			len += (size_t)snprintf(accepted + len, sizeof(accepted) - len, " %.*s",
						(int)strcspn(title, "/"), title);
	}
	log_error("--sort '%s': no such column; expected one of%s, or a counter's path as in `memtrace list`", name,
		  accepted);
	return EXIT_USAGE;
}

int compared__init(struct compared *compared, const struct run_view *view, const struct probe_column *columns,
		   enum group_by by, const char *sort)
{
	compared->by = by;
	compared->page_size = view->facts->page_size;
	if (columns)
		add_columns(compared, columns);
	else
		add_of_probes(compared, view);
	return sort ? find_only(compared, sort) : EXIT_OK;
}

/* How a row of the aggregate is found again in another run, whose numbers are others.  false: it is "other". */
static bool name_row(const struct compared *compared, const struct run_view *view, const struct entity *entity,
		     const char **name, const char **second)
{
	const struct role_name *role;

	*second = NULL;
	*name = compared->by == BY_CGROUP ? NULL : entity->comm;
	if (entity->other)
		return false;
	if (compared->by == BY_ROLE) {
		role = task_roles__name(view->roles, entity->role);
		*name = role ? role->program : "other";
		*second = role && role->role[0] ? role->role : NULL;
	} else if (compared->by != BY_COMM) {
		*second = view->names->cgroup(view->names->ctx, entity->cgroup_id);
	}
	return true;
}

static struct compared_row *new_row(struct compared *compared, const char *key, size_t size)
{
	struct compared_row *row = calloc(1, sizeof(*row) + NR_COMPARED * compared->nr_counters * sizeof(*row->sums));

	if (!row)
		return NULL;
	row->key = malloc(size);
	row->key_size = size;
	if (row->key) {
		memcpy(row->key, key, size);
		HASH_ADD_KEYPTR(hh, compared->table, row->key, size, row);
	}
	if (!row->key || !row->hh.tbl) {
		free(row->key);
		free(row);
		return NULL;
	}
	row->name = row->key[0] ? row->key : NULL;
	row->second = row->key + strlen(row->key) + 1;
	if (!*row->second)
		row->second = NULL;
	compared->nr_rows++;
	return row;
}

/* NULL: no memory. */
static struct compared_row *get_row(struct compared *compared, const char *name, const char *second)
{
	struct compared_row *row;
	char key[MT_COMM_LEN + 4200];
	size_t size;

	size = (size_t)snprintf(key, sizeof(key), "%s%c%s", name ? name : "", '\0', second ? second : "") + 1;
	if (size > sizeof(key))
		size = sizeof(key);
	HASH_FIND(hh, compared->table, key, size, row);
	if (!row && compared->nr_rows >= MAX_ROWS) {
		memcpy(key, "other\0", size = 7);
		HASH_FIND(hh, compared->table, key, size, row);
	}
	return row ? row : new_row(compared, key, size);
}

static int take_row(struct compared *compared, enum compared_side_id side, const struct run_view *view,
		    const struct entity *entity)
{
	const char *name, *second;
	struct compared_row *row;
	uint64_t sum;
	size_t i;

	if (!name_row(compared, view, entity, &name, &second))
		name = "other";
	row = get_row(compared, name, second);
	if (!row)
		return -ENOMEM;
	row->processes[side] += compared->by == BY_PROCESS ? 1 : entity->processes;
	for (i = 0; i < compared->nr_counters; i++)
		if (run_view__sum(view, &compared->counters[i], entity->v, &sum))
			row->sums[(size_t)side * compared->nr_counters + i] += sum;
	return 0;
}

static int take_rows(struct compared *compared, enum compared_side_id side, const struct run_view *view)
{
	struct selection *rows = aggregate__select(view->aggregate, SCOPE_TOTAL, &(struct order){ 0 });
	struct entity entity;
	size_t i;
	int err = rows ? 0 : -errno;

	for (i = 0; !err && i < selection__nr(rows); i++) {
		err = selection__at(rows, i, &entity);
		if (!err)
			err = take_row(compared, side, view, &entity);
	}
	if (rows)
		selection__free(rows);
	return err;
}

int compared__take(struct compared *compared, enum compared_side_id id, const struct run_view *view)
{
	const uint64_t *sums = aggregate__sums(view->aggregate, SCOPE_TOTAL);
	struct compared_side *side = &compared->sides[id];
	size_t i;

	compared_runs__take(&compared->runs, id, view);
	for (i = 0; i < compared->nr_counters; i++)
		side->known[i] = run_view__sum(view, &compared->counters[i], sums, &side->totals[i]);
	for (i = 0; i < NR_SAMPLES; i++)
		side->samples[i] = view->samples && view->samples->any ?
					   sample_extent__growth(&view->samples->extents[SCOPE_TOTAL][i]) :
					   MT_UNKNOWN_U64;
	return take_rows(compared, id, view);
}

uint64_t compared__sum(const struct compared *compared, const struct compared_row *row, enum compared_side_id side,
		       size_t counter)
{
	return compared->sides[side].known[counter] ? row->sums[(size_t)side * compared->nr_counters + counter] :
						      MT_UNKNOWN_U64;
}

static double weigh(const struct compared *compared, const struct compared_row *row, size_t i)
{
	double scale = compared_runs__scale(&compared->runs);
	double difference = (double)row->sums[compared->nr_counters + i] - (double)row->sums[i] * scale;
	double before = (double)compared->sides[COMPARED_BEFORE].totals[i] * scale;
	double now = (double)compared->sides[COMPARED_NOW].totals[i];
	double all = before > now ? before : now;

	return all > 0 ? (difference < 0 ? -difference : difference) / all : 0;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare(const void *a, const void *b)
{
	const struct compared_entry *x = a, *y = b;
	int order;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	order = compare_texts(x->row->name, y->row->name);
	if (!order)
		order = compare_texts(x->row->second, y->row->second);
	return order ? order : (x->counter > y->counter) - (x->counter < y->counter);
}

/* Whether there is something to say of a row's counter. */
static bool is_entry(const struct compared *compared, const struct compared_row *row, size_t i)
{
	return (!compared->only || compared->only == i + 1) && (row->sums[i] || row->sums[compared->nr_counters + i]);
}

int compared__order(struct compared *compared)
{
	const struct compared_row *row;
	size_t i, room = 1;

	for (row = compared->table; row; row = row->hh.next)
		for (i = 0; i < compared->nr_counters; i++)
			room += is_entry(compared, row, i);
	compared->entries = calloc(room, sizeof(*compared->entries));
	if (!compared->entries)
		return -ENOMEM;
	for (row = compared->table; row; row = row->hh.next)
		for (i = 0; i < compared->nr_counters; i++)
			if (is_entry(compared, row, i))
				compared->entries[compared->nr_entries++] = (struct compared_entry){
					.row = row, .counter = i, .weight = weigh(compared, row, i)
				};
	qsort(compared->entries, compared->nr_entries, sizeof(*compared->entries), compare);
	return 0;
}

void compared__done(struct compared *compared)
{
	struct compared_row *row, *next;

	HASH_ITER (hh, compared->table, row, next) {
		HASH_DEL(compared->table, row);
		free(row->key);
		free(row);
	}
	free(compared->entries);
	compared->entries = NULL;
	compared->nr_entries = 0;
}
