/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers nodes of mappings: lines of numa_maps, lists of nodes, sums of groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/count/map_class.h"
#include "../../user/kernel/numa_maps.h"

static struct map_area areas[] = {
	{ .start = 0x10000, .end = 0x20000, .name = "/lib/a", .inode = 1, .known = true },
	{ .start = 0x50000, .end = 0x60000, .name = "/lib/a", .inode = 1, .known = true },
	{ .start = 0x70000, .end = 0x80000, .name = "", .permissions = MAPPED_READ | MAPPED_WRITE, .known = true },
	{ .start = 0x200000, .end = 0x400000, .name = "/dev/hugepages/x", .inode = 2, .known = true },
};

static void test_lines(void **state)
{
	static const char *const text[] = {
		"00010000 default file=/lib/a mapped=3 N0=1 N1=2 kernelpagesize_kB=4\n",
		/* mapped since the map was read */
		"00028000 default anon=9 dirty=9 N0=9 kernelpagesize_kB=4\n",
		/* a space in a name is escaped, so what looks like a node is none */
		"00050000 bind:0-1 file=/lib/a\\040N0\\0757 mapped=4 mapmax=2 N1=4 kernelpagesize_kB=4\n",
		"00070000 default anon=8 dirty=8 active=0 N0=1 N7=2 N12=5 Nx=3 N=4 kernelpagesize_kB=4\n",
		"00200000 default file=/dev/hugepages/x huge dirty=1 N1=1 kernelpagesize_kB=2048\n",
		"\n",
		"no address\n",
	};
	uint64_t nodes[4][MAP_NODES] = { 0 };
	struct process_map map = { .areas = areas, .nr_areas = 4 };
	struct map_groups groups;
	char line[128];

	(void)state;
	map_class__tell(&map);
	assert_int_equal(map_groups__make(&groups, &map), 0);
	map_groups__take_nodes(&groups, &map);
	assert_true(groups.list[0].nodes[0] == MT_UNKNOWN_U64 && groups.sum.nodes[7] == MT_UNKNOWN_U64);
	map.nodes = nodes;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		strcpy(line, text[i]);
		numa_maps__take_line(&map, line);
	}
	map_groups__take_nodes(&groups, &map);
	assert_int_equal(groups.list[groups.of_area[0]].nodes[0], 4 << 10);
	assert_int_equal(groups.list[groups.of_area[0]].nodes[1], 6 * 4 << 10);
	assert_int_equal(groups.list[groups.of_area[2]].nodes[0], 4 << 10);
	assert_int_equal(groups.list[groups.of_area[2]].nodes[7], 7 * 4 << 10);
	assert_int_equal(groups.list[groups.of_area[3]].nodes[1], 2 << 20);
	/* the kernel's rss is without pages of hugetlbfs */
	assert_int_equal(groups.sum.nodes[0], 8 << 10);
	assert_int_equal(groups.sum.nodes[1], 6 * 4 << 10);
	map_groups__done(&groups);
}

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(numa_maps__nodes_of("0\n"), 0x1);
	assert_int_equal(numa_maps__nodes_of("0-1\n"), 0x3);
	assert_int_equal(numa_maps__nodes_of("0,2-3\n"), 0xd);
	assert_int_equal(numa_maps__nodes_of("0-127\n"), 0xff);
	assert_int_equal(numa_maps__nodes_of("0,64\n"), 0x81);
	assert_int_equal(numa_maps__nodes_of("\n"), 0x1);
	assert_int_equal(numa_maps__nodes_of("0-4294967295\n"), 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
