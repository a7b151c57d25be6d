// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fault_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR(array)     (sizeof(array) / sizeof(*(array)))
#define MAX_SHOWN     24    /* processes */
#define MAX_CELLS     40000 /* of all */
#define NEAR_BLOCKS   16    /* addresses without a name belong together when no more lie between, */
#define NEAR_BYTES    (1ULL << 20)
#define NR_AREA_CELLS 6

int fault_maps_view__event(struct fault_maps_view *view, const struct event_row *row, const void *record,
			   const struct event_names *names, uint32_t every, uint64_t page_size, uint32_t at)
{
	const struct mt_fault *fault = record;
	const struct mt_minor *minor = record;
	const struct mt_who *who;
	uint64_t address, id;

	view->event = every & 1U << MT_PROBE_fault ? MT_REC_fault : MT_REC_minor;
	if (row->id != view->event || !page_size)
		return 0;
	id = row->id == MT_REC_fault ? fault->who.id : minor->who.id;
	address = row->id == MT_REC_fault ? fault->address : minor->address;
	who = names->who ? names->who(names->ctx, id) : NULL;
	if (who)
		return fault_maps__add(&view->maps, who, address, (uint32_t)__builtin_ctzll(page_size), at);
	view->maps.left_out++;
	return 0;
}

static int name_all(struct fault_maps_view *view)
{
	struct process_map areas;
	struct fault_map *map;
	int err = 0;

	for (map = view->maps.table; !err && map; map = map->hh.next) {
		const struct mt_who who = { .pid = map->key.pid, .tid = map->key.pid, .start_ns = map->key.start_ns };

		if (map_recorded__get(&view->look, &who, &areas))
			continue;
		err = fault_map__name(map, &areas);
		process_map__done(&areas);
	}
	return err;
}

int fault_maps_view__look(struct fault_maps_view *view, const void *record)
{
	const uint64_t whole = MAP_LOOK_ENDS | MAP_LOOK_AREAS;
	const struct map_look_record *end = record;
	int err = map_recorded__take(&view->look, record);

	if (err || end->hdr.id != REC_MAP_LOOK || (end->flags & whole) != whole)
		return err;
	return name_all(view);
}

static bool belong_together(const struct fault_map *map, const struct fault_block *a, const struct fault_block *b)
{
	uint64_t between = b->number - a->number - 1;

	if (a->name != b->name)
		return false;
	return a->name != FAULT_MAP_UNNAMED || between <= NEAR_BLOCKS || between << map->shift <= NEAR_BYTES;
}

static int by_faults(const void *a, const void *b)
{
	const struct fault_area *x = a, *y = b;

	if (x->faults != y->faults)
		return x->faults > y->faults ? -1 : 1;
	return x->first->number < y->first->number ? -1 : 1;
}

static int by_address(const void *a, const void *b)
{
	const struct fault_area *x = a, *y = b;

	return x->first->number < y->first->number ? -1 : 1;
}

static uint64_t blocks_of(const struct fault_area *area)
{
	return area->first ? area->last->number - area->first->number + 1 : 1;
}

/* Each has a row at least; what is left goes to those that are large. */
static void give_rows(struct fault_maps_view *view)
{
	uint64_t spare = FAULT_MAP_ROWS - view->nr_areas, all = 0;
	size_t i, row = 0;

	for (i = 0; i < view->nr_areas; i++)
		all += blocks_of(&view->areas[i]);
	for (i = 0; i < view->nr_areas; i++) {
		struct fault_area *area = &view->areas[i];
		uint64_t blocks = blocks_of(area), rows = 1 + (uint64_t)((double)spare * (double)blocks / (double)all);

		area->row = row;
		area->rows = rows < blocks ? rows : blocks;
		row += area->rows;
	}
}

/* 0 or -ENOMEM. */
static int make_areas(struct fault_maps_view *view, const struct fault_map *map)
{
	struct fault_area *areas = calloc(HASH_COUNT(map->blocks) + 1, sizeof(*areas));
	const struct fault_block *block;
	size_t nr = 0, i;

	free(view->areas);
	view->areas = areas;
	if (!areas)
		return -ENOMEM;
	for (block = map->blocks; block; block = block->hh.next) {
		if (!nr || !belong_together(map, areas[nr - 1].last, block))
			areas[nr++].first = block;
		areas[nr - 1].last = block;
		areas[nr - 1].faults += block->faults;
	}
	qsort(areas, nr, sizeof(*areas), by_faults);
	view->nr_areas = nr < FAULT_MAP_AREAS ? nr : FAULT_MAP_AREAS;
	qsort(areas, view->nr_areas, sizeof(*areas), by_address);
	if (nr > FAULT_MAP_AREAS) {
		struct fault_area rest = { 0 };

		for (i = FAULT_MAP_AREAS; i < nr; i++)
			rest.faults += areas[i].faults;
		areas[view->nr_areas++] = rest;
	}
	give_rows(view);
	return 0;
}

static size_t row_of(const struct fault_maps_view *view, const struct fault_block *block)
{
	const struct fault_area *area = view->areas;
	size_t i;

	for (i = 0; i < view->nr_areas; i++, area++)
		if (!area->first || (block->number >= area->first->number && block->number <= area->last->number &&
				     block->name == area->first->name))
			break;
	if (i == view->nr_areas)
		return FAULT_MAP_ROWS;
	return area->first ?
		       area->row + (size_t)((block->number - area->first->number) * area->rows / blocks_of(area)) :
		       area->row;
}

static int fill_cells(struct fault_maps_view *view, const struct fault_map *map)
{
	const struct fault_block *block;
	size_t i, row, at;
	int err = 0;

	memset(view->cells, 0, sizeof(view->cells));
	for (block = map->blocks; block; block = block->hh.next) {
		row = row_of(view, block);
		for (i = 0; row < FAULT_MAP_ROWS && i < block->counts.nr; i++)
			view->cells[row][block->counts.list[i].at] += block->counts.list[i].value;
	}
	view->numbers.numbers.nr = 0;
	for (at = 0; at < OVER_TIME_MAX; at++) {
		for (row = 0; !err && row < FAULT_MAP_ROWS; row++) {
			if (!view->cells[row][at])
				continue;
			err = number_list__put(&view->numbers, at);
			if (!err)
				err = number_list__put(&view->numbers, row);
			if (!err)
				err = number_list__put(&view->numbers, view->cells[row][at]);
		}
	}
	return err;
}

static int fill_areas(struct fault_maps_view *view, const struct fault_map *map)
{
	static const struct column columns[NR_AREA_CELLS] = {
		{ .path = "name" }, { .path = "start" }, { .path = "end" },
		{ .path = "row" },  { .path = "rows" },	 { .path = "faults" },
	};
	struct cell *c;
	size_t i;

	free(view->area_cells);
	view->area_cells = c = calloc(view->nr_areas * NR_AREA_CELLS + 1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	for (i = 0; i < view->nr_areas; i++) {
		const struct fault_area *area = &view->areas[i];
		bool named = area->first && area->first->name != FAULT_MAP_UNNAMED;

		*c++ = cell_string(named ? map->names[area->first->name] : NULL);
		*c++ = area->first ? cell_address(area->first->number << map->shift) : cell_none();
		*c++ = area->first ? cell_address((area->last->number + 1) << map->shift) : cell_none();
		*c++ = cell_uint(area->row);
		*c++ = cell_uint(area->rows);
		*c++ = cell_uint(area->faults);
	}
	view->area_rows = (struct cell_rows){ view->area_cells, view->nr_areas, NR_AREA_CELLS, 0 };
	view->area_table = (struct table){ .columns = columns,
					   .nr_columns = NR_AREA_CELLS,
					   .rows = cell_rows__source(&view->area_rows) };
	return 0;
}

static int rewind_maps(void *ctx)
{
	struct fault_maps_view *view = ctx;

	view->begun = false;
	view->nr_shown = view->nr_cells = 0;
	return 0;
}

/* What follows is left out when that is full: the processes with most faults are first. */
static int next_map(void *ctx, struct cell *cells)
{
	struct fault_maps_view *view = ctx;
	const struct fault_map *map = view->begun ? view->at->hh.next : view->maps.table;
	int err;

	if (!map || view->nr_shown == MAX_SHOWN || view->nr_cells > MAX_CELLS)
		return 0;
	view->begun = true;
	view->at = map;
	err = make_areas(view, map);
	if (!err)
		err = fill_cells(view, map);
	if (!err)
		err = fill_areas(view, map);
	view->nr_shown++;
	view->nr_cells += view->numbers.numbers.nr / 3;
	cells[0] = cell_uint(map->key.pid);
	cells[1] = cell_uint(map->key.start_ns);
	cells[2] = cell_string(map->comm);
	cells[3] = cell_uint(map->faults);
	cells[4] = cell_uint(1ULL << map->shift);
	cells[5] = cell_table(&view->area_table);
	cells[6] = cell_numbers(&view->numbers.numbers);
	return err ? err : 1;
}

/* How many faults are in no map: it is known when all are made. */
static int count_left_out(struct fault_maps_view *view)
{
	uint64_t left_out = view->maps.left_out;
	const struct fault_map *map;
	struct cell cells[7];
	int err = 1;

	rewind_maps(view);
	while (err > 0)
		err = next_map(view, cells);
	for (map = view->begun ? view->at->hh.next : view->maps.table; map; map = map->hh.next)
		left_out += map->faults;
	view->left_out[0] = cell_uint(left_out);
	return err;
}

int fault_maps_view__add(struct fault_maps_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "pid" },	   { .path = "start_time_ns" }, { .path = "comm" },  { .path = "faults" },
		{ .path = "block_bytes" }, { .path = "areas" },		{ .path = "cells" },
	};
	static const struct column left_out[] = { { .path = "fault_maps_left_out", .unit = UNIT_COUNT } };
	int err;

	fault_maps__finish(&view->maps);
	err = count_left_out(view);
	report__add_table(report, &(struct table){ .path = "fault_maps",
						   .not_in_text = true,
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_maps, next_map, view } });
	report__add_values(
		report, &(struct values){ .path = "", .columns = left_out, .cells = view->left_out, .nr_columns = 1 });
	return err;
}

void fault_maps_view__done(struct fault_maps_view *view)
{
	fault_maps__done(&view->maps);
	map_recorded__done(&view->look);
	free(view->areas);
	free(view->area_cells);
	free(view->numbers.list);
}
