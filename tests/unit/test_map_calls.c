/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers map_calls.h: what was asked for and given back, by mapping; the break; calls out of order; too many calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/count/map_calls.h"

#define PAGE 4096
#define PID  7

enum { HEAP_AT = 0x10000, ANON_AT = 0x40000, FILE_AT = 0x50000, GONE_AT = 0x90000 };

static struct map_area areas[] = {
	{ .start = HEAP_AT, .end = HEAP_AT + 8 * PAGE, .name = "[heap]", .known = true },
	{ .start = ANON_AT, .end = ANON_AT + 4 * PAGE, .name = "", .known = true },
	{ .start = FILE_AT, .end = FILE_AT + 4 * PAGE, .name = "/lib/a", .inode = 1, .known = true },
};

static const struct mt_who who = { .pid = PID, .tid = 8, .start_ns = 50 };

struct fixture {
	struct map_activities all;
	struct process_map map;
	struct map_groups groups;
	struct map_activity *sums;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct mt_memory record = { .who = who };

	*state = f;
	f->all.page_size = PAGE;
	f->all.has_calls = true;
	f->map = (struct process_map){ .areas = areas, .nr_areas = 3 };
	map_class__tell(&f->map);
	return map_activities__memory(&f->all, &record);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	map_activities__done(&f->all);
	map_groups__done(&f->groups);
	free(f->sums);
	free(f);
	return 0;
}

static void call(struct fixture *f, uint64_t time_ns, uint32_t what, uint64_t address, uint64_t bytes)
{
	const struct mt_space record = { .hdr.time_ns = time_ns, .call = what, .address = address, .bytes = bytes };

	assert_int_equal(map_activities__space(&f->all, &who, &record), 0);
}

/* Of the area, or of what is mapped no more (3). */
static void expect(struct fixture *f, size_t area, uint64_t asked, uint64_t returned)
{
	const struct map_activity *sum;

	map_groups__done(&f->groups);
	free(f->sums);
	assert_int_equal(map_groups__make(&f->groups, &f->map), 0);
	assert_int_equal(map_activity__sum(&f->all, f->all.processes, &f->map, &f->groups, &f->sums), 0);
	sum = &f->sums[area < 3 ? f->groups.of_area[area] : f->groups.nr - 1];
	assert_int_equal(sum->asked_bytes, asked);
	assert_int_equal(sum->returned_bytes, returned);
}

static void test_ranges(void **state)
{
	struct fixture *f = *state;

	call(f, 1, MT_SPACE_MMAP, ANON_AT, 4 * PAGE);
	call(f, 2, MT_SPACE_GROWN, ANON_AT + PAGE, PAGE);
	call(f, 3, MT_SPACE_DONTNEED, ANON_AT, PAGE);
	call(f, 4, MT_SPACE_FREE, ANON_AT + 2 * PAGE, PAGE);
	call(f, 5, MT_SPACE_REMOVE, FILE_AT, PAGE);
	expect(f, 1, 5 * PAGE, 2 * PAGE);
	expect(f, 2, 0, PAGE);
	expect(f, 0, 0, 0);
	assert_int_equal(f->groups.nr, 3);
	/* what is mapped there now, and what is not */
	call(f, 6, MT_SPACE_MUNMAP, GONE_AT, 3 * PAGE);
	call(f, 7, MT_SPACE_SHRUNK, ANON_AT + 3 * PAGE, 2 * PAGE);
	call(f, 8, MT_SPACE_MMAP, FILE_AT - PAGE, 6 * PAGE);
	expect(f, 1, 5 * PAGE, 3 * PAGE);
	expect(f, 2, 4 * PAGE, PAGE);
	expect(f, 3, 2 * PAGE, 4 * PAGE);
	assert_string_equal(f->groups.list[3].name, "[unmapped]");
	/* to the end of all addresses */
	call(f, 9, MT_SPACE_MUNMAP, UINT64_MAX - PAGE + 1, 2 * PAGE);
	expect(f, 3, 2 * PAGE, 5 * PAGE - 1);
}

static void test_break(void **state)
{
	struct fixture *f = *state;

	map_activities__heap(&f->all, PID, HEAP_AT + 8 * PAGE);
	/* rings are read one after the other */
	call(f, 3, MT_SPACE_BRK, HEAP_AT + 6 * PAGE, MT_UNKNOWN_U64);
	call(f, 2, MT_SPACE_BRK, HEAP_AT + 10 * PAGE - 5, MT_UNKNOWN_U64);
	expect(f, 0, 2 * PAGE, 4 * PAGE);
	/* a later look does not change what is known */
	map_activities__heap(&f->all, PID, HEAP_AT);
	expect(f, 0, 2 * PAGE, 4 * PAGE);
	map_activities__begin(&f->all, 200);
	expect(f, 0, 0, 0);
	call(f, 4, MT_SPACE_BRK, HEAP_AT + 7 * PAGE, MT_UNKNOWN_U64);
	expect(f, 0, PAGE, 0);
}

/* A new program asks where its break is. */
static void test_exec(void **state)
{
	struct fixture *f = *state;

	call(f, 1, MT_SPACE_BRK, 0x800000, MT_UNKNOWN_U64);
	call(f, 2, MT_SPACE_BREAK, HEAP_AT, MT_UNKNOWN_U64);
	call(f, 3, MT_SPACE_BRK, HEAP_AT + 8 * PAGE, MT_UNKNOWN_U64);
	expect(f, 0, 8 * PAGE + (0x800000 - HEAP_AT), 0);
	/* without an earlier break, that of the heap's begin */
	map_activities__begin(&f->all, 200);
	f->all.processes->heap_end = 0;
	call(f, 4, MT_SPACE_BRK, HEAP_AT + 3 * PAGE, MT_UNKNOWN_U64);
	expect(f, 0, 3 * PAGE, 0);
	/* without a heap it is of what is mapped no more */
	f->map = (struct process_map){ .areas = areas + 1, .nr_areas = 2 };
	call(f, 5, MT_SPACE_BRK, HEAP_AT, MT_UNKNOWN_U64);
	expect(f, 3, 0, 3 * PAGE);
}

static void test_unknown(void **state)
{
	struct fixture *f = *state;
	const struct mt_space record = { .call = MT_SPACE_MMAP, .address = ANON_AT, .bytes = PAGE };

	for (size_t i = 0; i < MAP_CALLS_MAX; i++)
		call(f, 1, MT_SPACE_MMAP, ANON_AT, PAGE);
	expect(f, 1, (uint64_t)MAP_CALLS_MAX * PAGE, 0);
	call(f, 1, MT_SPACE_MMAP, ANON_AT, PAGE);
	expect(f, 1, MT_UNKNOWN_U64, MT_UNKNOWN_U64);
	map_activities__begin(&f->all, 200);
	expect(f, 1, 0, 0);
	f->all.has_calls = false;
	expect(f, 0, MT_UNKNOWN_U64, MT_UNKNOWN_U64);
	/* of nobody: it is no fault that is lost */
	assert_int_equal(map_activities__space(&f->all, NULL, &record), 0);
	assert_int_equal(f->all.dropped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exec, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
