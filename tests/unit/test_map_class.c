/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers map_class.h and the lines of map_reader.h: classes, groups and sums of real lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/map_class.h"
#include "../../user/kernel/map_reader.h"

#define KIB 1024ULL

static void take(struct process_map *map, const char *line)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s\n", line);
	assert_int_equal(map_reader__take_line(map, copy), 0);
}

/* Lines as kernels print them, and the class of each. */
static const struct {
	const char *line;
	enum map_class class;
	const char *name;
} lines[] = {
	{ "55a0c0de1000-55a0c0de3000 r-xp 00001000 fe:00 1234   /usr/bin/redis-server", MAPPED_FILE,
	  "/usr/bin/redis-server" },
	{ "55a0c1000000-55a0c1021000 rw-p 00000000 00:00 0     [heap]", MAPPED_HEAP, "[heap]" },
	{ "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 ", MAPPED_ARENAS, "" },
	{ "7f0000021000-7f0004000000 ---p 00000000 00:00 0 ", MAPPED_ARENAS, "" },
	{ "7f0010000000-7f0010001000 ---p 00000000 00:00 0 ", MAPPED_STACKS, "" },
	{ "7f0010001000-7f0010801000 rw-p 00000000 00:00 0 ", MAPPED_STACKS, "" },
	/* the guard is too large, or not below it */
	{ "7f0011000000-7f0011020000 ---p 00000000 00:00 0 ", MAPPED_ANON, "" },
	{ "7f0011020000-7f0011030000 rw-p 00000000 00:00 0 ", MAPPED_ANON, "" },
	{ "7f0011040000-7f0011041000 ---p 00000000 00:00 0 ", MAPPED_ANON, "" },
	{ "7f0011042000-7f0011050000 rw-p 00000000 00:00 0 ", MAPPED_ANON, "" },
	{ "7f0012000000-7f0012010000 rwxp 00000000 00:00 0 ", MAPPED_JIT, "" },
	{ "7f0012010000-7f0012020000 r-xp 00000000 00:00 0 ", MAPPED_JIT, "" },
	{ "7f0012020000-7f0012030000 r-xp 00000000 00:00 0  [anon:v8]", MAPPED_JIT, "[anon:v8]" },
	{ "7f0013000000-7f0013010000 rw-p 00000000 00:00 0  [anon:G1 heap]", MAPPED_ANON, "[anon:G1 heap]" },
	{ "7f0014000000-7f0014010000 rw-s 00000000 00:01 7   /memfd:doublemapper (deleted)", MAPPED_SHM,
	  "/memfd:doublemapper" },
	{ "7f0015000000-7f0015010000 r-xs 00000000 00:01 7   /memfd:doublemapper (deleted)", MAPPED_JIT,
	  "/memfd:doublemapper" },
	{ "7f0016000000-7f0016010000 rw-s 00000000 00:01 9   /SYSV0052e2c1 (deleted)", MAPPED_SHM, "/SYSV0052e2c1" },
	{ "7f0017000000-7f0017010000 rw-s 00000000 00:01 11  /dev/zero (deleted)", MAPPED_SHM, "/dev/zero" },
	{ "7f0018000000-7f0018010000 rw-s 00000000 00:16 12  /dev/shm/PostgreSQL.1804289383", MAPPED_SHM,
	  "/dev/shm/PostgreSQL.1804289383" },
	{ "7f0018200000-7f0018400000 rw-p 00000000 00:0f 13  /anon_hugepage (deleted)", MAPPED_HUGETLB,
	  "/anon_hugepage" },
	{ "7f0019000000-7f0019010000 rw-s 00000000 00:06 14  /dev/nvidia0", MAPPED_DEVICE, "/dev/nvidia0" },
	{ "7f001a000000-7f001a010000 r--p 00000000 fe:00 15  /opt/[heap]", MAPPED_FILE, "/opt/[heap]" },
	{ "7f001b000000-7f001b010000 r--p 00000000 fe:00 16  /opt/a\\012b", MAPPED_FILE, "/opt/a\nb" },
	{ "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0   [stack]", MAPPED_STACK, "[stack]" },
	{ "7ffd00030000-7ffd00034000 r--p 00000000 00:00 0   [vvar]", MAPPED_KERNEL, "[vvar]" },
	{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]", MAPPED_KERNEL, "[vsyscall]" },
};

static void test_classes(void **state)
{
	struct process_map map = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		take(&map, lines[i].line);
	map_class__tell(&map);
	assert_int_equal(map.nr_areas, i);
	for (i = 0; i < map.nr_areas; i++) {
		if (map.areas[i].class != lines[i].class)
			print_error("%s: %s\n", lines[i].line, map_class__name(map.areas[i].class));
		assert_int_equal(map.areas[i].class, lines[i].class);
		assert_string_equal(map.areas[i].name, lines[i].name);
	}
	map_reader__done(&map);
}

/* What is no line, and what came twice, is refused and changes nothing. */
static void test_bad_lines(void **state)
{
	static const char *const bad[] = { "",
					   "7f00-",
					   "7f0000000000-7f0000001000",
					   "7f00 rw-p",
					   "7f0000002000-7f0000001000 rw-p 00000000 00:00 0 ",
					   "7f0000000800-7f0000003000 rw-p 00000000 00:00 0 " };
	struct process_map map = { 0 };
	char copy[128];

	(void)state;
	take(&map, "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		strcpy(copy, bad[i]);
		assert_int_equal(map_reader__take_line(&map, copy), -22);
	}
	assert_int_equal(map.nr_areas, 1);
	map_reader__done(&map);
}

/* Each area has as many KiB resident as its number, from 1 on, and one in swap. */
static void fill(struct process_map *map)
{
	for (size_t i = 0; i < map->nr_areas; i++) {
		map->areas[i].known = true;
		map->areas[i].rss = (i + 1) * KIB;
		map->areas[i].swap = KIB;
	}
	map_class__tell(map);
}

static const struct map_group *group_of(const struct map_groups *groups, size_t area)
{
	return &groups->list[groups->of_area[area]];
}

static void test_groups(void **state)
{
	struct process_map map = { 0 };
	struct map_groups groups;

	(void)state;
	take(&map, "1000-2000 r--p 00000000 fe:00 1 /lib/a");
	take(&map, "2000-3000 rw-p 00000000 00:00 0 ");
	take(&map, "3000-4000 r--p 00000000 00:00 0 ");		/* 2: the same run */
	take(&map, "5000-6000 rw-p 00000000 00:00 0 ");		/* 3: another one */
	take(&map, "6000-7000 rwxp 00000000 00:00 0 ");		/* 4: another class */
	take(&map, "7000-8000 r--p 00001000 fe:00 1 /lib/a");	/* 5: the file again */
	take(&map, "8000-9000 r--p 00001000 fe:00 2 /lib/a");	/* 6: another file of that name */
	take(&map, "9000-a000 rw-p 00000000 00:00 0 [anon:x]"); /* 7 */
	take(&map, "b000-c000 rw-p 00000000 00:00 0 [anon:x]"); /* 8: the same name */
	fill(&map);
	assert_int_equal(map_groups__make(&groups, &map), 0);
	assert_int_equal(groups.nr, 6);
	assert_ptr_equal(group_of(&groups, 0), group_of(&groups, 5));
	assert_ptr_not_equal(group_of(&groups, 0), group_of(&groups, 6));
	assert_ptr_equal(group_of(&groups, 1), group_of(&groups, 2));
	assert_ptr_not_equal(group_of(&groups, 2), group_of(&groups, 3));
	assert_ptr_not_equal(group_of(&groups, 3), group_of(&groups, 4));
	assert_ptr_equal(group_of(&groups, 7), group_of(&groups, 8));
	assert_string_equal(group_of(&groups, 1)->name, "[anon]");
	assert_string_equal(group_of(&groups, 4)->name, "[jit]");
	assert_int_equal(group_of(&groups, 1)->rss, 5 * KIB);
	assert_int_equal(group_of(&groups, 1)->size, 8 * KIB);
	assert_int_equal(group_of(&groups, 8)->start, 0x9000);
	assert_int_equal(group_of(&groups, 8)->nr, 2);
	/* the largest first */
	assert_ptr_equal(&groups.list[0], group_of(&groups, 8));
	assert_int_equal(groups.sum.rss, 45 * KIB);
	assert_int_equal(groups.sum.swap, 9 * KIB);
	map_groups__done(&groups);
	map_reader__done(&map);
}

/* A file that no directory has any more is not the one that has its name now; what never had a name is not deleted. */
static void test_deleted(void **state)
{
	struct process_map map = { 0 };
	struct map_groups groups;

	(void)state;
	take(&map, "1000-2000 r--p 00000000 fe:00 1 /lib/a (deleted)");
	take(&map, "2000-3000 r--p 00001000 fe:00 1 /lib/a (deleted)");
	take(&map, "3000-4000 r--p 00000000 fe:00 1 /lib/a"); /* 2: linked again */
	take(&map, "4000-5000 r--p 00000000 fe:00 2 /lib/b (deleted) (deleted)");
	take(&map, "5000-6000 rw-s 00000000 00:01 3 /memfd:b (deleted)"); /* 4 */
	take(&map, "6000-7000 rw-s 00000000 00:01 4 /dev/zero (deleted)");
	take(&map, "7000-8000 rw-s 00000000 00:1b 5 /dev/shm/b (deleted)"); /* 6 */
	fill(&map);
	assert_int_equal(map_groups__make(&groups, &map), 0);
	assert_int_equal(groups.nr, 6);
	assert_true(group_of(&groups, 0)->deleted);
	assert_ptr_equal(group_of(&groups, 0), group_of(&groups, 1));
	assert_false(group_of(&groups, 2)->deleted);
	assert_true(group_of(&groups, 3)->deleted);
	assert_string_equal(group_of(&groups, 3)->name, "/lib/b (deleted)");
	assert_false(group_of(&groups, 4)->deleted);
	assert_false(group_of(&groups, 5)->deleted);
	assert_true(group_of(&groups, 6)->deleted);
	map_groups__done(&groups);
	map_reader__done(&map);
}

/* The kernel's size is without [vsyscall], its rss without hugetlb. */
static void test_sums(void **state)
{
	struct process_map map = { 0 };
	struct map_groups groups;

	(void)state;
	take(&map, "1000-2000 rw-p 00000000 00:00 0 ");
	take(&map, "200000-400000 rw-p 00000000 00:0f 13 /anon_hugepage (deleted)");
	take(&map, "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]");
	fill(&map);
	assert_int_equal(map_groups__make(&groups, &map), 0);
	assert_int_equal(groups.sum.size, 4 * KIB + 2048 * KIB);
	assert_int_equal(groups.sum.rss, KIB);
	map_groups__done(&groups);
	/* one that was not read makes its group's sum unknown, and that of all */
	map.areas[0].known = false;
	assert_int_equal(map_groups__make(&groups, &map), 0);
	assert_false(groups.sum.known);
	assert_false(group_of(&groups, 0)->known);
	assert_true(group_of(&groups, 1)->known);
	map_groups__done(&groups);
	map_reader__done(&map);
	/* a process without mappings */
	assert_int_equal(map_groups__make(&groups, &map), 0);
	assert_int_equal(groups.nr, 0);
	map_groups__done(&groups);
}

static void test_status(void **state)
{
	struct process_map map = { 0 };

	(void)state;
	assert_true(map_reader__take_status(&map, "Name:\tVmRSS\nVmSize:\t  1000 kB\nVmRSS:\t   20 kB\nVmPTE:\t 8 kB\n"
						  "VmSwap:\t   3 kB\n"));
	assert_int_equal(map.kernel.size, 1000 * KIB);
	assert_int_equal(map.kernel.rss, 20 * KIB);
	assert_int_equal(map.kernel.swap, 3 * KIB);
	assert_int_equal(map.kernel.page_tables, 8 * KIB);
	assert_true(map.kernel.hugetlb == MT_UNKNOWN_U64);
	assert_false(map_reader__take_status(&map, "Name:\tkthreadd\nVmRSS:\n"));
	map_reader__take_rollup(&map,
				"Rss: 100 kB\nPss: 7 kB\nPss_Anon: 3 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 2 kB\n");
	assert_int_equal(map.pss, 7 * KIB);
	assert_int_equal(map.uss, 3 * KIB);
	map_reader__take_rollup(&map, "");
	assert_true(map.pss == MT_UNKNOWN_U64 && map.uss == MT_UNKNOWN_U64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes), cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_deleted), cmocka_unit_test(test_sums),	  cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
