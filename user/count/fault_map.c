// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fault_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 32768 /* of a process: 16 bytes each */
#define ANONYMOUS  "anonymous"

static void remove_block(struct fault_map *map, struct fault_block *block)
{
	HASH_DEL(map->blocks, block);
	timed_counts__done(&block->counts);
	free(block);
}

static void remove_map(struct fault_maps *maps, struct fault_map *map)
{
	struct fault_block *block, *next;

	HASH_ITER (hh, map->blocks, block, next)
		remove_block(map, block);
	HASH_DEL(maps->table, map);
	free(map->names);
	free(map);
}

void fault_maps__done(struct fault_maps *maps)
{
	struct fault_map *map, *next;

	HASH_ITER (hh, maps->table, map, next)
		remove_map(maps, map);
}

static void drop_lightest(struct fault_maps *maps)
{
	struct fault_map *map, *lightest = maps->table;

	for (map = maps->table; map; map = map->hh.next)
		if (map->faults < lightest->faults)
			lightest = map;
	maps->left_out += lightest->faults;
	remove_map(maps, lightest);
}

/* NULL: no memory. */
static struct fault_map *get_map(struct fault_maps *maps, const struct mt_who *who, uint32_t page_shift)
{
	const struct fault_map_key key = { .start_ns = who->start_ns, .pid = who->pid };
	struct fault_map *map;

	HASH_FIND(hh, maps->table, &key, sizeof(key), map);
	if (map)
		return map;
	if (HASH_COUNT(maps->table) >= FAULT_MAPS)
		drop_lightest(maps);
	map = calloc(1, sizeof(*map));
	if (!map)
		return NULL;
	map->key = key;
	map->shift = page_shift;
	HASH_ADD(hh, maps->table, key, sizeof(map->key), map);
	if (map->hh.tbl)
		return map;
	free(map);
	return NULL;
}

/* NULL: no memory. */
static struct fault_block *get_block(struct fault_map *map, uint64_t number, uint64_t lowest)
{
	struct fault_block *block;

	HASH_FIND(hh, map->blocks, &number, sizeof(number), block);
	if (block)
		return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		return NULL;
	block->number = number;
	block->lowest = lowest;
	block->name = FAULT_MAP_UNNAMED;
	HASH_ADD(hh, map->blocks, number, sizeof(block->number), block);
	if (block->hh.tbl)
		return block;
	free(block);
	return NULL;
}

/* The name of the one that has more faults is that of both. */
static int join(struct fault_block *to, const struct fault_block *block)
{
	if (block->name != FAULT_MAP_UNNAMED && (to->name == FAULT_MAP_UNNAMED || block->faults > to->faults))
		to->name = block->name;
	to->faults += block->faults;
	if (block->lowest < to->lowest)
		to->lowest = block->lowest;
	return timed_counts__join(&to->counts, &block->counts);
}

/* Blocks of twice the size. */
static int coarsen(struct fault_map *map)
{
	struct fault_block *old = map->blocks, *block, *next, *to;
	struct fault_map from = { .blocks = old };
	int err = 0;

	map->blocks = NULL;
	map->shift++;
	map->nr_values = 0;
	HASH_ITER (hh, from.blocks, block, next) {
		to = err ? NULL : get_block(map, block->number / 2, block->lowest);
		if (!err)
			err = to ? join(to, block) : -ENOMEM;
		remove_block(&from, block);
	}
	for (block = map->blocks; block; block = block->hh.next) {
		timed_counts__tidy(&block->counts);
		map->nr_values += block->counts.nr;
	}
	return err;
}

int fault_maps__add(struct fault_maps *maps, const struct mt_who *who, uint64_t address, uint32_t page_shift,
		    uint32_t at)
{
	struct fault_map *map = get_map(maps, who, page_shift);
	struct fault_block *block = map ? get_block(map, address >> map->shift, address) : NULL;
	int err = block ? timed_counts__add(&block->counts, at, 0, 1) : -ENOMEM;

	if (err)
		return err;
	memcpy(map->comm, who->comm, sizeof(who->comm));
	map->comm[MT_COMM_LEN] = '\0';
	map->faults++;
	map->nr_values++;
	block->faults++;
	if (address < block->lowest)
		block->lowest = address;
	if (map->nr_values > MAX_VALUES) { /* what came twice in a stretch may be all of it */
		map->nr_values = 0;
		for (block = map->blocks; block; block = block->hh.next) {
			timed_counts__tidy(&block->counts);
			map->nr_values += block->counts.nr;
		}
	}
	while (!err && (HASH_COUNT(map->blocks) > FAULT_MAP_BLOCKS || map->nr_values > MAX_VALUES / 2) &&
	       HASH_COUNT(map->blocks) > 1)
		err = coarsen(map);
	return err;
}

void fault_maps__halve(struct fault_maps *maps)
{
	struct fault_block *block;
	struct fault_map *map;

	for (map = maps->table; map; map = map->hh.next)
		for (block = map->blocks; block; block = block->hh.next)
			timed_counts__halve(&block->counts);
}

/* The number of a name; FAULT_MAP_UNNAMED: there is no room.  -ENOMEM. */
static int number_of(struct fault_map *map, const char *text, uint32_t *number)
{
	char name[FAULT_MAP_NAME];
	uint32_t i;

	snprintf(name, sizeof(name), "%s", text[0] ? text : ANONYMOUS);
	for (i = 0; i < map->nr_names && strcmp(map->names[i], name); i++)
		;
	*number = i < FAULT_MAP_NAMES ? i : FAULT_MAP_UNNAMED;
	if (i < map->nr_names || i == FAULT_MAP_NAMES)
		return 0;
	if (!map->names)
		map->names = calloc(FAULT_MAP_NAMES, sizeof(*map->names));
	if (!map->names)
		return -ENOMEM;
	memcpy(map->names[map->nr_names++], name, sizeof(name));
	return 0;
}

int fault_map__name(struct fault_map *map, const struct process_map *areas)
{
	struct fault_block *block;
	int err = 0;

	for (block = map->blocks; !err && block; block = block->hh.next) {
		size_t behind = process_map__place(areas, block->lowest + 1);
		const struct map_area *area = behind ? &areas->areas[behind - 1] : NULL;

		if (block->name == FAULT_MAP_UNNAMED && area && block->lowest < area->end)
			err = number_of(map, area->name, &block->name);
	}
	return err;
}

static int by_address(const struct fault_block *a, const struct fault_block *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

static int by_faults(const struct fault_map *a, const struct fault_map *b)
{
	if (a->faults != b->faults)
		return a->faults > b->faults ? -1 : 1;
	return a->key.pid < b->key.pid ? -1 : a->key.pid > b->key.pid;
}

void fault_maps__finish(struct fault_maps *maps)
{
	struct fault_block *block;
	struct fault_map *map;

	HASH_SRT(hh, maps->table, by_faults);
	for (map = maps->table; map; map = map->hh.next) {
		HASH_SRT(hh, map->blocks, by_address);
		for (block = map->blocks; block; block = block->hh.next)
			timed_counts__tidy(&block->counts);
	}
}
