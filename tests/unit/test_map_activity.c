/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers map_activity.h: faults by groups of mappings, first touches, what is unknown; processes that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/map_activity.h"

#define PAGE 4096
#define PID  7

enum { FILE_AT = 0x10000, ANON_AT = 0x20000, HUGE_AT = 0x200000 };

static struct map_area areas[] = {
	{ .start = FILE_AT, .end = FILE_AT + 4 * PAGE, .name = "/lib/a", .inode = 1, .known = true },
	{ .start = ANON_AT, .end = ANON_AT + 4 * PAGE, .name = "", .known = true },
	{ .start = HUGE_AT, .end = 2 * HUGE_AT, .name = "[anon:huge]", .known = true, .huge = HUGE_AT },
};

static const struct mt_who who = { .pid = PID, .tid = 8, .start_ns = 50 };

struct fixture {
	struct map_activities all;
	struct process_map map;
	struct map_groups groups;
	struct map_activity *sums;
};

static struct mt_memory memory(uint64_t start_ns, uint64_t anon, uint64_t swap)
{
	return (struct mt_memory){ .who = { .pid = PID, .start_ns = start_ns },
				   .anon_rss_bytes = anon,
				   .swap_bytes = swap };
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct mt_memory record = memory(50, 10 * PAGE, 0);

	*state = f;
	f->all.page_size = PAGE;
	f->all.has_codes = true;
	f->all.begun_ns = 100;
	f->map = (struct process_map){ .areas = areas, .nr_areas = 3, .scanned = true };
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

static void fault(struct fixture *f, uint64_t address, uint32_t code)
{
	assert_int_equal(
		map_activities__fault(&f->all, &who, &(struct mt_fault){ .address = address, .error_code = code }), 0);
}

static void minor(struct fixture *f, uint64_t address, int32_t backing)
{
	assert_int_equal(
		map_activities__minor(&f->all, &who, &(struct mt_minor){ .address = address, .backing = backing }), 0);
}

static struct map_traced *traced(struct fixture *f)
{
	return f->all.processes;
}

/* The counts of the group that has the area. */
static const struct map_activity *sum(struct fixture *f, size_t area)
{
	map_groups__done(&f->groups);
	free(f->sums);
	assert_int_equal(map_groups__make(&f->groups, &f->map), 0);
	assert_int_equal(map_activity__sum(&f->all, traced(f), &f->map, &f->groups, &f->sums), 0);
	return &f->sums[area < 3 ? f->groups.of_area[area] : f->groups.nr - 1];
}

static void test_by_mapping(void **state)
{
	struct fixture *f = *state;

	fault(f, ANON_AT + 8, 6);
	minor(f, ANON_AT + 8, MT_BACKING_ANON);
	fault(f, ANON_AT + PAGE, 7); /* a copy: the page was present */
	minor(f, ANON_AT + PAGE, MT_BACKING_ANON);
	fault(f, FILE_AT, 4);
	minor(f, FILE_AT, MT_BACKING_FILE);
	assert_int_equal(map_activities__major(&f->all, &(struct mt_major){ .who = who, .address = FILE_AT + PAGE }),
			 0);
	assert_int_equal(sum(f, 1)->minor, 2);
	assert_int_equal(sum(f, 1)->first_touch_bytes, PAGE);
	assert_int_equal(sum(f, 1)->write_present, 1);
	assert_int_equal(sum(f, 1)->major, 0);
	assert_int_equal(sum(f, 0)->minor, 1);
	assert_int_equal(sum(f, 0)->major, 1);
	assert_true(sum(f, 0)->first_touch_bytes == MT_UNKNOWN_U64); /* a file */
	assert_int_equal(f->groups.nr, 3);
}

static void test_unknown(void **state)
{
	struct fixture *f = *state;
	struct mt_memory record = memory(50, 10 * PAGE, PAGE);

	fault(f, HUGE_AT, 6);
	minor(f, HUGE_AT, MT_BACKING_ANON);
	assert_true(sum(f, 2)->first_touch_bytes == MT_UNKNOWN_U64);
	/* from swap, as functions say: no first touch */
	fault(f, ANON_AT, 6);
	minor(f, ANON_AT, MT_BACKING_SWAP);
	assert_int_equal(sum(f, 1)->first_touch_bytes, 0);
	assert_int_equal(sum(f, 1)->swapped_in, 1);
	assert_int_equal(
		map_activities__major(&f->all,
				      &(struct mt_major){ .who = who, .address = ANON_AT, .backing = MT_BACKING_SWAP }),
		0);
	assert_int_equal(sum(f, 1)->swapped_in, 2);
	/* where nobody says what it was on: known as long as nothing is swapped */
	fault(f, ANON_AT, 6);
	minor(f, ANON_AT, MT_UNKNOWN_S32);
	assert_int_equal(sum(f, 1)->first_touch_bytes, PAGE);
	assert_int_equal(map_activities__memory(&f->all, &record), 0);
	assert_true(sum(f, 1)->first_touch_bytes == MT_UNKNOWN_U64);
	assert_true(sum(f, 1)->swapped_in == MT_UNKNOWN_U64);
}

/* What a write copied is known as long as each fault's kind is. */
static void test_copied(void **state)
{
	static const int32_t kinds[] = { MT_MINOR_COPIED, MT_MINOR_REUSED, MT_MINOR_COPIED, MT_MINOR_FIRST_TOUCH };
	struct fixture *f = *state;
	struct mt_minor record = { .address = ANON_AT, .backing = MT_BACKING_ANON };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		record.kind = kinds[i];
		assert_int_equal(map_activities__minor(&f->all, &who, &record), 0);
	}
	assert_int_equal(sum(f, 1)->copied, 2);
	record.kind = MT_UNKNOWN_S32;
	assert_int_equal(map_activities__minor(&f->all, &who, &record), 0);
	record.kind = MT_MINOR_COPIED;
	assert_int_equal(map_activities__minor(&f->all, &who, &record), 0);
	assert_true(sum(f, 1)->copied == MT_UNKNOWN_U64);
	assert_int_equal(sum(f, 0)->copied, 0);
}

/* Another processor's codes say nothing. */
static void test_no_codes(void **state)
{
	struct fixture *f = *state;

	f->all.has_codes = false;
	fault(f, ANON_AT, 7);
	minor(f, ANON_AT, MT_BACKING_ANON);
	assert_int_equal(sum(f, 1)->minor, 1);
	assert_true(sum(f, 1)->write_present == MT_UNKNOWN_U64);
	/* nor does the exception of a page that was not there: of its kind it was none */
	fault(f, ANON_AT, 6);
	minor(f, ANON_AT, MT_BACKING_ANON);
	assert_int_equal(sum(f, 1)->first_touch_bytes, 0);
}

/* There the kind of each fault says what was touched first, as long as it is known. */
static void test_first_touch_by_kind(void **state)
{
	static const int32_t kinds[] = { MT_MINOR_FIRST_TOUCH, MT_MINOR_ZERO_PAGE, MT_MINOR_COPIED, MT_MINOR_SWAP,
					 MT_MINOR_FILE };
	struct fixture *f = *state;
	struct mt_minor record = { .address = ANON_AT, .backing = MT_BACKING_ANON };

	f->all.has_codes = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		record.kind = kinds[i];
		assert_int_equal(map_activities__minor(&f->all, &who, &record), 0);
	}
	assert_int_equal(sum(f, 1)->first_touch_bytes, 2 * PAGE);
	assert_true(sum(f, 0)->first_touch_bytes == MT_UNKNOWN_U64); /* of a file */
	record.kind = MT_UNKNOWN_S32;
	assert_int_equal(map_activities__minor(&f->all, &who, &record), 0);
	assert_true(sum(f, 1)->first_touch_bytes == MT_UNKNOWN_U64);
}

/* Another page's exception says nothing of this one. */
static void test_other_page(void **state)
{
	struct fixture *f = *state;

	fault(f, ANON_AT, 6);
	minor(f, ANON_AT + 2 * PAGE, MT_BACKING_ANON);
	assert_int_equal(sum(f, 1)->minor, 1);
	assert_int_equal(sum(f, 1)->first_touch_bytes, 0);
}

static void test_unmapped(void **state)
{
	struct fixture *f = *state;

	fault(f, 0x90000, 6);
	minor(f, 0x90000, MT_BACKING_ANON);
	assert_int_equal(sum(f, 3)->minor, 1);
	assert_int_equal(f->groups.nr, 4);
	assert_string_equal(f->groups.list[3].name, "[unmapped]");
	assert_int_equal(f->groups.list[3].class, MAPPED_GONE);
}

static void test_intervals(void **state)
{
	struct fixture *f = *state;
	struct mt_memory record = memory(50, 30 * PAGE, 0);

	minor(f, ANON_AT, MT_BACKING_ANON);
	assert_int_equal(map_activities__memory(&f->all, &record), 0);
	assert_int_equal(map_activity__held(&traced(f)->first), 10 * PAGE);
	assert_int_equal(map_activity__held(&traced(f)->last), 30 * PAGE);
	map_activities__begin(&f->all, 200);
	assert_int_equal(map_activity__held(&traced(f)->first), 30 * PAGE);
	assert_int_equal(traced(f)->nr_faults, 0);
	record.ended = 1;
	assert_int_equal(map_activities__memory(&f->all, &record), 0);
	map_activities__begin(&f->all, 300);
	assert_null(traced(f));
}

/* A process that began within the interval had nothing; one of the same pid is another one. */
static void test_new_process(void **state)
{
	struct fixture *f = *state;
	struct mt_memory record = memory(150, 5 * PAGE, 0);
	const struct mt_who later = { .pid = 9, .tid = 9, .start_ns = 160 };

	assert_int_equal(map_activities__memory(&f->all, &record), 0);
	assert_int_equal(map_activity__held(&traced(f)->first), 0);
	assert_int_equal(map_activity__held(&traced(f)->last), 5 * PAGE);
	/* its faults come before its memory does */
	assert_int_equal(map_activities__minor(&f->all, &later, &(struct mt_minor){ .address = ANON_AT }), 0);
	assert_int_equal(HASH_COUNT(f->all.processes), 2);
	assert_int_equal(f->all.dropped, 0);
	assert_int_equal(map_activities__minor(&f->all, NULL, &(struct mt_minor){ .address = ANON_AT }), 0);
	assert_int_equal(f->all.dropped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_by_mapping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copied, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_touch_by_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unmapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intervals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_process, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
