/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers referenced.h: lines of smaps, and their sums by groups of mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../user/count/map_class.h"
#include "../../user/kernel/referenced.h"

static struct map_area areas[] = {
	{ .start = 0x10000, .end = 0x20000, .name = "/lib/a", .inode = 1 },
	{ .start = 0x30000, .end = 0x40000, .name = "" },
	{ .start = 0x50000, .end = 0x60000, .name = "/lib/a", .inode = 1 },
};

static void lines(struct process_map *map, const char *const *list)
{
	size_t area = map->nr_areas;

	for (; *list; list++)
		referenced__take_line(map, &area, *list);
}

static void test_lines(void **state)
{
	static const char *const text[] = {
		"Referenced:           99 kB\n", /* of nothing */
		"10000-20000 r-xp 00000000 08:01 1 /lib/a\n",
		"Size:                64 kB\n",
		"Referenced:           4 kB\n",
		"Anonymous:            0 kB\n",
		/* mapped since the map was read */
		"28000-29000 rw-p 00000000 00:00 0\n",
		"Referenced:           32 kB\n",
		"50000-60000 r--p 00000000 08:01 1 Referenced: 7 kB\n",
		"Referenced:           8 kB\n",
		"70000-80000 rw-p 00000000 00:00 0\n",
		"Referenced:           16 kB\n",
		"VmFlags: rd wr mr mw me ac\n",
		NULL,
	};
	struct process_map map = { .areas = areas, .nr_areas = 3 };
	struct map_groups groups;

	(void)state;
	map_class__tell(&map);
	assert_int_equal(map_groups__make(&groups, &map), 0);
	map_groups__take_referenced(&groups, &map);
	assert_true(groups.list[0].referenced == MT_UNKNOWN_U64 && groups.sum.referenced == MT_UNKNOWN_U64);
	lines(&map, text);
	map.knows_referenced = true;
	map_groups__take_referenced(&groups, &map);
	assert_int_equal(groups.nr, 2);
	assert_int_equal(groups.list[groups.of_area[0]].referenced, 12 << 10);
	assert_int_equal(groups.list[groups.of_area[1]].referenced, 0);
	assert_int_equal(groups.sum.referenced, 12 << 10);
	map_groups__done(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
