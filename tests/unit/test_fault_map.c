// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "user/count/fault_map.h"

#define SHIFT 12

static int add(struct fault_maps *maps, uint32_t pid, uint64_t address, uint32_t at)
{
	const struct mt_who who = { .pid = pid, .tid = pid + 1, .start_ns = 5, .comm = "some" };

	return fault_maps__add(maps, &who, address, SHIFT, at);
}

static uint64_t sum_of(const struct fault_map *map)
{
	const struct fault_block *block;
	uint64_t sum = 0;
	size_t i;

	for (block = map->blocks; block; block = block->hh.next)
		for (i = 0; i < block->counts.nr; i++)
			sum += block->counts.list[i].value;
	return sum;
}

static void faults_are_where_and_when_they_were(void **state)
{
	struct fault_maps maps = { 0 };
	const struct fault_block *block;

	(void)state;
	assert_int_equal(add(&maps, 7, 0x5008, 2), 0);
	assert_int_equal(add(&maps, 7, 0x1ffc, 2), 0);
	assert_int_equal(add(&maps, 7, 0x5004, 2), 0);
	assert_int_equal(add(&maps, 7, 0x5ffc, 9), 0);
	assert_int_equal(add(&maps, 8, 0x5000, 1), 0);
	fault_maps__halve(&maps);
	fault_maps__finish(&maps);
	assert_int_equal(maps.table->key.pid, 7);
	assert_int_equal(maps.table->faults, 4);
	block = maps.table->blocks;
	assert_int_equal(block->number, 1);
	assert_int_equal(block->counts.nr, 1);
	assert_int_equal(block->counts.list[0].at, 1);
	block = block->hh.next;
	assert_int_equal(block->number, 5);
	assert_int_equal(block->lowest, 0x5004);
	assert_int_equal(block->counts.nr, 2);
	assert_int_equal(block->counts.list[0].value, 2);
	assert_int_equal(block->counts.list[1].at, 4);
	assert_null(block->hh.next);
	fault_maps__done(&maps);
}

/* Blocks grow until there is room for all, and none is lost. */
static void large_processes_have_large_blocks(void **state)
{
	struct fault_maps maps = { 0 };
	uint64_t i;

	(void)state;
	for (i = 0; i < 8 * FAULT_MAP_BLOCKS; i++)
		assert_int_equal(add(&maps, 7, i << SHIFT, (uint32_t)(i % OVER_TIME_MAX)), 0);
	assert_int_equal(add(&maps, 7, UINT64_MAX, 0), 0);
	assert_in_range(HASH_COUNT(maps.table->blocks), FAULT_MAP_BLOCKS / 4, FAULT_MAP_BLOCKS);
	assert_int_equal(maps.table->shift, SHIFT + 4);
	for (i = 0; i < 100000; i++) /* values are bounded as well */
		assert_int_equal(
			add(&maps, 7, i * 7 % (8 * FAULT_MAP_BLOCKS) << SHIFT, (uint32_t)(i * 11 % OVER_TIME_MAX)), 0);
	assert_in_range(maps.table->nr_values, 1, 32768);
	assert_true(maps.table->shift > SHIFT + 4);
	assert_int_equal(sum_of(maps.table), 8 * FAULT_MAP_BLOCKS + 1 + 100000);
	fault_maps__done(&maps);
}

static void the_heavy_processes_stay(void **state)
{
	struct fault_maps maps = { 0 };
	const struct fault_map *map;
	uint64_t all = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < 50; i++)
		assert_int_equal(add(&maps, 1, 0x1000, 0), 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(add(&maps, 100 + i, 0x1000, 0), 0);
	for (map = maps.table; map; map = map->hh.next)
		all += map->faults;
	assert_int_equal(HASH_COUNT(maps.table), FAULT_MAPS);
	assert_int_equal(maps.left_out, 1050 - all);
	fault_maps__finish(&maps);
	assert_int_equal(maps.table->key.pid, 1);
	fault_maps__done(&maps);
}

/* A name stays with what it was seen on; a mapping that has none is said to be anonymous. */
static void blocks_have_the_names_of_mappings(void **state)
{
	struct fault_maps maps = { 0 };
	struct process_map areas = { 0 };
	struct map_area *area;
	const struct fault_block *block;

	(void)state;
	area = process_map__add(&areas);
	*area = (struct map_area){ .start = 0x1000, .end = 0x3000, .name = "/lib/libc.so" };
	area = process_map__add(&areas);
	*area = (struct map_area){ .start = 0x3000, .end = 0x4000, .name = "" };
	assert_int_equal(add(&maps, 7, 0x0fff, 0), 0);
	assert_int_equal(add(&maps, 7, 0x1000, 0), 0);
	assert_int_equal(add(&maps, 7, 0x2fff, 0), 0);
	assert_int_equal(add(&maps, 7, 0x3000, 0), 0);
	assert_int_equal(add(&maps, 7, 0x4000, 0), 0);
	assert_int_equal(fault_map__name(maps.table, &areas), 0);
	areas.areas[0].name = "other";
	assert_int_equal(fault_map__name(maps.table, &areas), 0);
	fault_maps__finish(&maps);
	block = maps.table->blocks;
	assert_int_equal(block->name, FAULT_MAP_UNNAMED);
	block = block->hh.next;
	assert_string_equal(maps.table->names[block->name], "/lib/libc.so");
	block = block->hh.next;
	assert_string_equal(maps.table->names[block->name], "/lib/libc.so");
	block = block->hh.next;
	assert_string_equal(maps.table->names[block->name], "anonymous");
	block = block->hh.next;
	assert_int_equal(block->name, FAULT_MAP_UNNAMED);
	process_map__done(&areas);
	fault_maps__done(&maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_where_and_when_they_were),
		cmocka_unit_test(large_processes_have_large_blocks),
		cmocka_unit_test(the_heavy_processes_stay),
		cmocka_unit_test(blocks_have_the_names_of_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
