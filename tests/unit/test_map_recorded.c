/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers map_recorded.h with map_record.h: a look at a process comes back from its records, through the codec too; what
 * memtrace cannot have written leaves no map.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/map_recorded.h"
#include "recordings.h"

static const struct mt_who who = {
	.pid = 812, .tid = 812, .start_ns = 77, .cgroup_id = 5, .comm = "before", .tcomm = "main"
};

/* Records by way of a block. */
struct block_of {
	struct layouts layouts;
	struct encoder enc;
	struct records records;
};

static void encode(void *ctx, const void *data, size_t size)
{
	struct block_of *block = ctx;

	assert_int_equal(((const struct mt_hdr *)data)->size, size);
	assert_int_equal(map_record__size(((const struct mt_hdr *)data)->id), size);
	assert_int_equal(encoder__add(&block->enc, data), 0);
}

static struct sink open_block(struct block_of *block)
{
	*block = (struct block_of){ 0 };
	assert_int_equal(layouts__own(&block->layouts), 0);
	encoder__init(&block->enc, &block->layouts);
	return (struct sink){ .record = encode, .ctx = block };
}

static void read_block(struct block_of *block)
{
	struct decoder dec;
	const void *record;
	int got;

	assert_int_equal(decoder__init(&dec, &block->layouts), 0);
	decoder__start(&dec, block->enc.buf, block->enc.size);
	while ((got = decoder__next(&dec, &record)) > 0)
		records__take(&block->records, record);
	assert_int_equal(got, 0);
	decoder__free(&dec);
}

static void close_block(struct block_of *block)
{
	records__free(&block->records);
	encoder__free(&block->enc);
	layouts__free(&block->layouts);
}

static struct map_area *add(struct process_map *map, uint64_t start, const char *name)
{
	struct map_area *area = process_map__add(map);

	assert_non_null(area);
	*area = (struct map_area){ .start = start,
				   .end = start + 0x1000,
				   .name = name,
				   .permissions = MAPPED_READ | MAPPED_SHARED,
				   .known = true,
				   .dev = 3,
				   .inode = start,
				   .rss = start / 2,
				   .swap = 7,
				   .huge = 9,
				   .referenced = 11 };
	return area;
}

static void fill(struct process_map *map, const char *name)
{
	struct map_area *area;

	*map = (struct process_map){
		.pid = who.pid, .comm = "now\xff", .scanned = true, .knows_referenced = true, .knows_deleted = true
	};
	memset(&map->kernel, 0xff, sizeof(map->kernel));
	map->kernel.rss = 1 << 20;
	map->kernel.page_tables = 4096;
	map->pss = 5;
	map->uss = MT_UNKNOWN_U64;
	map->cost_ns.maps = 1;
	map->cost_ns.wss = 1000000000;
	add(map, 0x1000, name);
	add(map, 0x2000, map->areas[0].name);
	add(map, 0x5000, "");
	map->areas[1].deleted = true;
	area = add(map, 0xffffffffff600000, "[vsyscall]");
	area->known = false;
	area->permissions = MAPPED_EXEC;
	map->unknown = 1;
}

/* Each area has its own on two of the nodes. */
static void fill_nodes(struct process_map *map)
{
	size_t i;

	map->nodes = calloc(map->nr_areas, sizeof(*map->nodes));
	assert_non_null(map->nodes);
	map->nodes_online = 0x81;
	for (i = 0; i < map->nr_areas; i++) {
		map->nodes[i][0] = 4096 * (i + 1);
		map->nodes[i][MAP_NODES - 1] = i;
	}
}

static void same_area(const struct map_area *got, const struct map_area *made)
{
	assert_true(got->start == made->start && got->end == made->end);
	assert_true(got->dev == made->dev && got->inode == made->inode);
	assert_int_equal(got->deleted, made->deleted);
	assert_int_equal(got->permissions, made->permissions);
	assert_int_equal(got->known, made->known);
	assert_true(got->rss == made->rss && got->swap == made->swap && got->huge == made->huge);
	assert_true(got->referenced == made->referenced);
	assert_int_equal(strlen(got->name), strnlen(made->name, MAP_NAME_LENGTH - 1));
	assert_memory_equal(got->name, made->name, strlen(got->name));
}

static void same_map(const struct process_map *got, const struct process_map *made)
{
	size_t i;

	assert_int_equal(got->pid, made->pid);
	assert_string_equal(got->comm, made->comm);
	assert_int_equal(got->error, made->error);
	assert_int_equal(got->scanned, made->scanned);
	assert_int_equal(got->knows_referenced, made->knows_referenced);
	assert_int_equal(got->knows_deleted, made->knows_deleted);
	assert_int_equal(got->unknown, made->unknown);
	assert_memory_equal(&got->kernel, &made->kernel, sizeof(made->kernel));
	assert_memory_equal(&got->cost_ns, &made->cost_ns, sizeof(made->cost_ns));
	assert_true(got->pss == made->pss && got->uss == made->uss);
	assert_int_equal(got->nr_areas, made->nr_areas);
	assert_true(got->nodes_online == made->nodes_online);
	assert_int_equal(!got->nodes, !made->nodes);
	if (made->nodes)
		assert_memory_equal(got->nodes, made->nodes, made->nr_areas * sizeof(*made->nodes));
	for (i = 0; i < made->nr_areas; i++)
		same_area(&got->areas[i], &made->areas[i]);
}

/* Takes all records but the one at that place; the map, or -ESRCH. */
static int take_without(const struct records *records, size_t left_out, struct process_map *map)
{
	struct map_recorded look = { 0 };
	size_t i;
	int err;

	for (i = 0; i < records->nr; i++)
		if (i != left_out)
			assert_int_equal(map_recorded__take(&look, &records->list[i]), 0);
	err = map_recorded__get(&look, &who, map);
	map_recorded__done(&look);
	return err;
}

static void a_map_comes_back(void **state)
{
	/* names that end where a part of them does, and those that are cut */
	static const size_t lengths[] = { 1, 127, 128, 129, 255, 256, 4094, 4095, 4096, 5000 };
	char name[5001];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct process_map made, got;
		struct block_of block;
		struct sink sink = open_block(&block);

		memset(name, '\xe9', lengths[i]);
		name[lengths[i]] = '\0';
		fill(&made, name);
		if (i % 2)
			fill_nodes(&made);
		map_recorded__send_look(MAP_LOOK_BEGINS | MAP_LOOK_AREAS, 10, sink);
		map_recorded__send(&made, &who, 10, sink);
		map_recorded__send_look(MAP_LOOK_ENDS | MAP_LOOK_AREAS, 11, sink);
		read_block(&block);
		assert_string_equal(map_record__who(&block.records.list[1])->comm, "now\xff");
		assert_int_equal(take_without(&block.records, SIZE_MAX, &got), 0);
		same_map(&got, &made);
		process_map__done(&got);
		process_map__done(&made);
		close_block(&block);
	}
}

/* As where a block is missing: whatever record it is. */
static void without_one_of_its_records_there_is_no_map(void **state)
{
	struct process_map made, got;
	struct block_of block;
	struct sink sink = open_block(&block);
	char name[301];
	size_t i;

	(void)state;
	memset(name, 'a', 300);
	name[300] = '\0';
	fill(&made, name);
	map_recorded__send(&made, &who, 10, sink);
	read_block(&block);
	/* a process, a name of three parts, one of one part, four areas */
	assert_int_equal(block.records.nr, 9);
	for (i = 0; i < block.records.nr; i++) {
		assert_int_equal(take_without(&block.records, i, &got), -ESRCH);
		assert_int_equal(got.nr_areas, 0);
	}
	assert_int_equal(take_without(&block.records, SIZE_MAX, &got), 0);
	process_map__done(&got);
	process_map__done(&made);
	close_block(&block);
}

/* The map that the records make after one of them was changed. */
static int take_changed(const struct records *records, size_t changed, const union any_record *as)
{
	struct records copy = { 0 };
	struct process_map got;
	size_t i;
	int err;

	for (i = 0; i < records->nr; i++)
		records__take(&copy, i == changed ? as : &records->list[i]);
	err = take_without(&copy, SIZE_MAX, &got);
	process_map__done(&got);
	records__free(&copy);
	return err;
}

static void what_contradicts_itself_leaves_no_map(void **state)
{
	enum { PROCESS, NAME, FIRST, SECOND };
	struct process_map made;
	struct block_of block;
	struct sink sink = open_block(&block);
	union any_record changed;
	struct map_area_record *area = &changed.map_area;
	struct map_name_record *part = &changed.map_name;
	struct map_process_record *process = &changed.map_process;

#define REFUSED(record, change)                                                                                        \
	do {                                                                                                           \
		changed = block.records.list[record];                                                                  \
		change;                                                                                                \
		assert_int_equal(take_changed(&block.records, record, &changed), -ESRCH);                              \
	} while (0)
	(void)state;
	fill(&made, "/a");
	map_recorded__send(&made, &who, 10, sink);
	read_block(&block);
	changed = block.records.list[SECOND];
	assert_int_equal(take_changed(&block.records, SECOND, &changed), 0);
	REFUSED(SECOND, area->start--);		  /* it overlaps the one before */
	REFUSED(SECOND, area->size = 0);	  /* there is nothing in it */
	REFUSED(SECOND, area->size = 0x4000);	  /* it overlaps the one behind it */
	REFUSED(SECOND, area->size = UINT64_MAX); /* it goes around */
	REFUSED(SECOND, area->name = 2);	  /* no such name yet */
	REFUSED(NAME, part->number = 0);
	REFUSED(NAME, part->number = 2);
	REFUSED(NAME, part->at = 1);
	REFUSED(NAME, memset(part->text, 'x', sizeof(part->text))); /* it goes on, and does not */
	REFUSED(PROCESS, process->areas--);
	REFUSED(PROCESS, process->areas = UINT64_MAX);
	REFUSED(PROCESS, process->error = 1ULL << 32);
	REFUSED(PROCESS, process->who.pid++);
	REFUSED(PROCESS, process->who.start_ns++); /* another process of that pid */
#undef REFUSED
	process_map__done(&made);
	close_block(&block);
}

/* Areas without end are left out before they take the memory. */
static void what_takes_too_much_memory_leaves_no_map(void **state)
{
	const struct map_process_record process = { .hdr = { .id = REC_MAP_PROCESS }, .who = who, .areas = UINT64_MAX };
	struct map_area_record area = { .hdr = { .id = REC_MAP_AREA }, .who = who, .size = 1 };
	const struct map_look_record begin = { .hdr = { .id = REC_MAP_LOOK }, .flags = MAP_LOOK_BEGINS };
	const size_t most = MAP_RECORDED_BYTES / sizeof(struct map_area);
	struct map_recorded look = { 0 };
	struct process_map got;

	(void)state;
	assert_int_equal(map_recorded__take(&look, &process), 0);
	for (area.start = 1; area.start < 2 * most; area.start++)
		assert_int_equal(map_recorded__take(&look, &area), 0);
	assert_true(look.bytes <= MAP_RECORDED_BYTES);
	assert_true(look.bytes > MAP_RECORDED_BYTES - 2 * sizeof(struct map_area));
	assert_int_equal(map_recorded__get(&look, &who, &got), -ESRCH);
	/* the next look has room again */
	assert_int_equal(map_recorded__take(&look, &begin), 0);
	assert_int_equal(look.bytes, 0);
	map_recorded__done(&look);
}

static void a_map_is_put_in_and_taken_out_once(void **state)
{
	struct map_recorded look = { 0 };
	struct process_map made, got;
	struct mt_who later = who;

	(void)state;
	fill(&made, "/a");
	assert_int_equal(map_recorded__put(&look, &who, &made), 0);
	assert_int_equal(made.nr_areas, 0);
	later.start_ns++;
	assert_int_equal(map_recorded__get(&look, &later, &got), -ESRCH);
	assert_int_equal(map_recorded__get(&look, &who, &got), 0);
	assert_int_equal(got.nr_areas, 4);
	process_map__done(&got);
	assert_int_equal(map_recorded__get(&look, &who, &got), -ESRCH);
	map_recorded__done(&look);
}

/* What is charged to cgroups, as the records of a look have it: until the next one. */
static void charges_come_back(void **state)
{
	struct map_recorded look = { 0 };
	struct block_of block;
	struct sink sink = open_block(&block);
	size_t i;

	(void)state;
	map_recorded__send_look(MAP_LOOK_BEGINS, 10, sink);
	map_recorded__send_charge(7, 1 << 20, 10, sink);
	map_recorded__send_charge(1ULL << 40, MT_UNKNOWN_U64, 10, sink);
	map_recorded__send_charge(7, 5, 10, sink);
	map_recorded__send_look(MAP_LOOK_ENDS, 11, sink);
	read_block(&block);
	assert_int_equal(block.records.nr, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(map_recorded__take(&look, &block.records.list[i]), 0);
	assert_int_equal(map_recorded__charge(&look, 7), 1 << 20);
	assert_true(map_recorded__has_charge(&look, 1ULL << 40));
	assert_true(map_recorded__charge(&look, 1ULL << 40) == MT_UNKNOWN_U64);
	assert_false(map_recorded__has_charge(&look, 8));
	assert_true(map_recorded__charge(&look, 8) == MT_UNKNOWN_U64);
	assert_int_equal(map_recorded__take(&look, &block.records.list[0]), 0);
	assert_false(map_recorded__has_charge(&look, 7));
	map_recorded__done(&look);
	close_block(&block);
}

/* A recording that is made up names cgroups without end. */
static void charges_without_end_take_no_more_than_a_look_may(void **state)
{
	struct map_cgroup_record record = { .hdr = { .id = REC_MAP_CGROUP } };
	struct map_recorded look = { .bytes = MAP_RECORDED_BYTES - 1000 };

	(void)state;
	for (record.cgroup_id = 1; record.cgroup_id < 1000; record.cgroup_id++)
		assert_int_equal(map_recorded__take(&look, &record), 0);
	assert_true(look.bytes <= MAP_RECORDED_BYTES);
	assert_true(map_recorded__has_charge(&look, 1));
	assert_false(map_recorded__has_charge(&look, 999));
	map_recorded__done(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charges_come_back),
		cmocka_unit_test(charges_without_end_take_no_more_than_a_look_may),
		cmocka_unit_test(a_map_comes_back),
		cmocka_unit_test(without_one_of_its_records_there_is_no_map),
		cmocka_unit_test(what_contradicts_itself_leaves_no_map),
		cmocka_unit_test(what_takes_too_much_memory_leaves_no_map),
		cmocka_unit_test(a_map_is_put_in_and_taken_out_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
