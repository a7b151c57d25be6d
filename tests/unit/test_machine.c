/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers line_file.h, zone_files.h, list_files.h and machine_sums.h: files as kernels from 5.10 to 7.x print them,
 * files that are empty, cut off or hostile, and what is made of their numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/count/machine_sums.h"
#include "../../user/kernel/line_file.h"
#include "../../user/kernel/list_files.h"
#include "../../user/kernel/zone_files.h"

static int make_machine(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	machine->page_size = 4096;
	memset(machine->values, 0xff, sizeof(machine->values));
	memset(machine->settings, 0xff, sizeof(machine->settings));
	*state = machine;
	return 0;
}

static int free_machine(void **state)
{
	free(*state);
	return 0;
}

/* In memory that ends where the text does, so that reading on is noticed. */
static void each_of(const char *text, size_t len, void (*take)(void *ctx, char *line), void *ctx)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	line_file__each_of(copy, len, take, ctx);
	free(copy);
}

static void zoneinfo(struct machine *machine, const char *text)
{
	struct zone_reading reading = { .machine = machine };

	each_of(text, strlen(text), zone_files__zoneinfo, &reading);
}

static void buddyinfo(struct machine *machine, const char *text)
{
	struct zone_reading reading = { .machine = machine };

	each_of(text, strlen(text), zone_files__buddyinfo, &reading);
}

static void join(void *ctx, char *line)
{
	char *seen = ctx;

	sprintf(seen + strlen(seen), "[%.20s]", line);
	memset(line, 'x', strlen(line));
}

static void lines(void **state)
{
	char seen[256] = "", text[3 * LINE_FILE_LINE];

	(void)state;
	each_of("one\n\nthree", 10, join, seen);
	assert_string_equal(seen, "[one][][three]");
	seen[0] = '\0';
	each_of("", 0, join, seen);
	assert_string_equal(seen, "");
	/* a line that is too long is one line all the same */
	memset(text, 'a', sizeof(text));
	memcpy(text + sizeof(text) - 6, "\nlast\n", 6);
	each_of(text, sizeof(text), join, seen);
	assert_string_equal(seen, "[aaaaaaaaaaaaaaaaaaaa][last]");
}

/* Lines that lie across what one read gives. */
static void lines_of_a_file(void **state)
{
	char path[] = "/tmp/memtrace-test-lines-XXXXXX", seen[64] = "", text[40 * 1024];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	memset(text, 'b', sizeof(text));
	text[16 * 1024 - 2] = '\n';
	text[16 * 1024 + 2] = '\n';
	text[sizeof(text) - 3] = '\n';
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	assert_int_equal(line_file__each(fd, join, seen), 0);
	assert_string_equal(seen, "[bbbbbbbbbbbbbbbbbbbb][bbb][bbbbbbbbbbbbbbbbbbbb][bb]");
	close(fd);
	assert_int_equal(line_file__each(fd, join, seen), -EBADF);
}

#define OLD_ZONE                                                                                                       \
	"Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 14\n      nr_dirty     5\n"                   \
	"  pages free     3971\n        min      67\n        low      83\n        high     99\n"                       \
	"        spanned  4095\n        present  3998\n        managed  3976\n        protection: (0, 1930, 1930)\n"   \
	"      nr_free_pages 3971\n      numa_hit     7\n      numa_miss    1\n      numa_local   6\n"                 \
	"      numa_other   2\n  pagesets\n    cpu: 0\n              count: 3\n              high:  1\n"               \
	"              batch: 1\n    cpu: 1\n              count: 7\n  vm stats threshold: 2\n  node_unreclaimable:  " \
	"0\n  start_pfn:           1\n"                                                                                \
	"Node 0, zone    DMA32\n  pages free     2000\n        min      10\n        low      20\n"                     \
	"        high     30\n        managed  50000\n      numa_local   100\n      numa_other   200\n"                \
	"Node 0, zone   Device\n  pages free     0\n        min      0\n        low      0\n        high     0\n"      \
	"        spanned  0\n        present  0\n        managed  0\n"

static void zones_of_5_10(void **state)
{
	struct machine *machine = *state;
	const struct machine_zone *zone = machine->zones;

	zoneinfo(machine, OLD_ZONE);
	assert_int_equal(machine->nr_zones, 3);
	assert_string_equal(zone[0].name, "DMA");
	assert_int_equal(zone[0].free, 3971);
	assert_int_equal(zone[0].min, 67);
	assert_int_equal(zone[0].low, 83);
	/* not that of a CPU's own list */
	assert_int_equal(zone[0].high, 99);
	assert_int_equal(zone[0].managed, 3976);
	assert_int_equal(zone[0].lists, 10);
	assert_true(zone[1].lists == MT_UNKNOWN_U64);
	assert_int_equal(machine__part(machine, PART_FREE_LISTS), 10 * machine->page_size);
	assert_string_equal(zone[1].name, "DMA32");
	assert_int_equal(zone[1].high, 30);
	assert_int_equal(zone[2].managed, 0);
	assert_int_equal(machine->nr_nodes, 1);
	assert_int_equal(machine->nodes[0].local, 106);
	assert_int_equal(machine->nodes[0].other, 202);
	assert_int_equal(machine->nodes[0].missed, 1);
	assert_int_equal(machine->nodes[0].given_up, 0);
	/* this kernel does not count them */
	assert_true(machine->nodes[0].promoted == MT_UNKNOWN_U64);
	assert_true(machine->nodes[0].kswapd_ns == MT_UNKNOWN_U64);
}

static void zones_of_two_nodes_of_7(void **state)
{
	struct machine *machine = *state;

	zoneinfo(machine,
		 "Node 0, zone   Normal\n  per-node stats\n      pgpromote_success 3\n"
		 "      pgdemote_kswapd 10\n      pgdemote_direct 20\n      pgdemote_khugepaged 0\n"
		 "      pgdemote_proactive 1\n  pages free     500\n        boost    40\n        min      100\n"
		 "        low      120\n        high     140\n        promo    160\n        managed  9000\n"
		 "        cma      0\n    cpu: 0\n              high_min: 18\n              high_max: 240\n"
		 "Node 1, zone   Normal\n  per-node stats\n      pgpromote_success 4\n"
		 "  pages free     600\n        min      1\n        low      2\n        high     3\n"
		 "        managed  8000\n  node_unreclaimable:  1\n");
	assert_int_equal(machine->nr_zones, 2);
	assert_int_equal(machine->zones[0].min, 100);
	assert_int_equal(machine->zones[1].node, 1);
	assert_int_equal(machine->zones[1].free, 600);
	assert_int_equal(machine->nr_nodes, 2);
	assert_true(machine->nodes[0].given_up == MT_UNKNOWN_U64);
	assert_true(machine->nodes[1].given_up);
	assert_int_equal(machine->nodes[0].promoted, 3);
	assert_int_equal(machine->nodes[0].demoted, 31);
	assert_int_equal(machine->nodes[1].promoted, 4);
	assert_true(machine->nodes[1].demoted == MT_UNKNOWN_U64);
}

static void odd_zones(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"  pages free 1\n        min 2\n",
		"Node , zone\nNode 0, zone\nNode x, zone Normal\n  pages free 3\n",
		"Node 99999999999999999999, zone Normal\n  pages free 3\n",
	};
	struct machine *machine = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		zoneinfo(machine, texts[i]);
	assert_int_equal(machine->nr_zones, 0);
	zoneinfo(machine,
		 "Node 3, zone ANameThatIsLongerThanAny\n  pages free\n  min x\n  low 99999999999999999999999\n");
	assert_int_equal(machine->nr_zones, 1);
	assert_true(machine->zones[0].free == MT_UNKNOWN_U64);
	assert_true(machine->zones[0].min == MT_UNKNOWN_U64);
	/* cut off in the middle of a number: what stands there counts, and nothing behind it is read */
	zoneinfo(machine, "Node 3, zone Half\n  pages free     12");
	assert_int_equal(machine->zones[1].free, 12);
}

static void more_zones_than_there_is_room_for(void **state)
{
	struct machine *machine = *state;
	char text[64];
	size_t i;

	for (i = 0; i < MACHINE_ZONES_MAX + 5; i++) {
		snprintf(text, sizeof(text), "Node %zu, zone Normal\n  pages free %zu\n", i, i);
		zoneinfo(machine, text);
	}
	assert_int_equal(machine->nr_zones, MACHINE_ZONES_MAX);
	assert_int_equal(machine->nr_nodes, MACHINE_NODES_MAX);
	assert_int_equal(machine->zones[MACHINE_ZONES_MAX - 1].free, MACHINE_ZONES_MAX - 1);
	assert_int_equal(machine->left_out, 5 + MACHINE_ZONES_MAX + 5 - MACHINE_NODES_MAX);
}

static void free_blocks(void **state)
{
	struct machine *machine = *state;
	uint64_t blocks[MACHINE_ORDERS];

	zoneinfo(machine, OLD_ZONE);
	buddyinfo(machine, "Node 0, zone      DMA      1      0      2      0      0      0      0      0      1      1"
			   "      3 \nNode 0, zone    DMA32      4      5\nNode 0, zone  Unknown      9\n\n");
	assert_int_equal(machine->zones[0].nr_orders, 11);
	assert_int_equal(machine->zones[0].blocks[10], 3);
	assert_int_equal(machine->zones[1].nr_orders, 2);
	assert_int_equal(machine->zones[2].nr_orders, 0);
	assert_int_equal(machine__blocks(machine, blocks), 11);
	assert_int_equal(blocks[0], 5);
	assert_int_equal(blocks[1], 5);
	/* more orders than any kernel has */
	buddyinfo(machine, "Node 0, zone DMA 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n");
	assert_int_equal(machine->zones[0].nr_orders, MACHINE_ORDERS);
}

/* As the kernel's unusable_free_index(): of 10 free pages, 4 are in a block that serves order 2. */
static void unusable_share(void **state)
{
	const uint64_t blocks[] = { 2, 2, 1 }, none[] = { 0, 0, 0 };

	(void)state;
	assert_true(machine__unusable(blocks, 3, 0) == 0);
	assert_true(machine__unusable(blocks, 3, 1) == 0.2);
	assert_true(machine__unusable(blocks, 3, 2) == 0.6);
	assert_true(machine__unusable(blocks, 3, 3) == 1);
	assert_true(machine__unusable(none, 3, 0) == 1);
	assert_true(machine__unusable(none, 0, 0) == 1);
}

#define SLAB_TITLES                                                                                                    \
	"slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : " \
	"tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"

static void slabs(struct machine *machine, const char *text)
{
	each_of(text, strlen(text), list_files__slabinfo, machine);
}

static void slab_caches(void **state)
{
	struct machine *machine = *state;

	slabs(machine, SLAB_TITLES
	      "dentry            10500  10521    192   21    1 : tunables    0    0    0 : slabdata    501    501      "
	      "0\n"
	      "kmalloc-8k           10     12   8192    4    8 : tunables    0    0    0 : slabdata      3      3      "
	      "0\n"
	      /* names are what a module chose: spaces, colons, escapes */
	      "a b : tunables 1 : slabdata       1      2      8    4    2 : tunables    0    0    0 : slabdata      5"
	      "      6      0\n"
	      "\033[2J   1 1 1 1 1 : tunables 0 0 0 : slabdata 1 1 0\n");
	assert_int_equal(machine->nr_slabs, 4);
	assert_string_equal(machine->slabs[0].name, "dentry");
	assert_int_equal(machine->slabs[0].bytes, 501 * 4096);
	assert_int_equal(machine->slabs[0].active, 10500);
	assert_int_equal(machine->slabs[0].objects, 10521);
	assert_int_equal(machine->slabs[1].bytes, 3 * 8 * 4096);
	assert_string_equal(machine->slabs[2].name, "a b : tunables 1 : slabdata");
	assert_int_equal(machine->slabs[2].bytes, 6 * 2 * 4096);
	assert_string_equal(machine->slabs[3].name, "\033[2J");
	assert_ptr_equal(machine__slab(machine, "kmalloc-8k"), &machine->slabs[1]);
	assert_null(machine__slab(machine, "kmalloc"));
}

static void odd_slabs(void **state)
{
	struct machine *machine = *state;
	char line[LINE_FILE_LINE];

	slabs(machine, "");
	slabs(machine, "dentry 1 2 3\ndentry 1 2 3 4 5 : tunables 0 0 0\n : tunables : slabdata\n : slabdata 1 2 3\n"
		       "1 2 3 4 5 : tunables 0 0 0 : slabdata 1 2 3\nx 1 2 3 4 -5 : tunables 0 0 0 : slabdata 1 2 3\n"
		       "x 1 2 3 4 5 : tunables 0 0 0 : slabdata 1 2\nx 1 2 3 4 5x : tunables 0 : slabdata 1 2 3\n"
		       "x 1 2 3 4 99999999999 : tunables 0 0 0 : slabdata 1 99999999999 3");
	assert_int_equal(machine->nr_slabs, 0);
	/* a name that is longer than any */
	memset(line, 'n', sizeof(line));
	snprintf(line + 200, sizeof(line) - 200, " 1 2 3 4 5 : tunables 0 0 0 : slabdata 1 2 3");
	slabs(machine, line);
	assert_int_equal(machine->nr_slabs, 1);
	assert_int_equal(strlen(machine->slabs[0].name), MACHINE_NAME_MAX - 1);
}

static void vmalloc(struct machine *machine, const char *text)
{
	each_of(text, strlen(text), list_files__vmallocinfo, &machine->callers);
}

static void callers_of_vmalloc(void **state)
{
	struct machine *machine = *state;

	vmalloc(machine, "0xffffb0c0-0xffffb0c5   20480 irq_init_percpu_irqstack+0xed/0x120 vmap\n"
			 "0xffffb0c5-0xffffb0c7    8192 acpi_os_map_iomem+0x1bc/0x1e0 phys=0x00000000000a0000 ioremap\n"
			 "0xffffb0c7-0xffffb0cd   16384 dup_task_struct+0x5a/0x1b0 pages=4 vmalloc N0=4\n"
			 "0xffffb0cd-0xffffb0d3   16384 dup_task_struct+0x5a/0x1b0 pages=4 vmalloc N0=4\n"
			 "0xffffb0d3-0xffffb0d6   12288 zcomp_init+0x12/0x30 [zram] pages=2 vmalloc vpages N0=1 N1=1\n"
			 "0xffffb0d6-0xffffb0d8    8192 unpurged vm_area\n"
			 "0xffffb0d8-0xffffb0da    8192 vm_map_ram\n");
	assert_int_equal(machine->callers.nr, 2);
	assert_string_equal(machine->callers.list[0].name, "dup_task_struct");
	assert_int_equal(machine->callers.list[0].pages, 8);
	assert_string_equal(machine->callers.list[1].name, "zcomp_init");
	assert_int_equal(machine->callers.list[1].pages, 2);
	assert_true(machine->callers.has_stacks);
}

static void odd_callers(void **state)
{
	struct machine *machine = *state;
	char line[80];
	size_t i;

	vmalloc(machine, "");
	vmalloc(machine, " pages=4\n0x1-0x2 pages=4\n0x1-0x2 4096 pages=3\n0x1-0x2 4096 f pages=\n"
			 "0x1-0x2 4096 f pages=x");
	assert_int_equal(machine->callers.nr, 0);
	for (i = 0; i < MACHINE_CALLERS_MAX + 3; i++) {
		snprintf(line, sizeof(line), "0x1-0x2 4096 function_%zu+0x1/0x2 pages=2 vmalloc\n", i);
		vmalloc(machine, line);
	}
	assert_int_equal(machine->callers.nr, MACHINE_CALLERS_MAX);
	assert_int_equal(machine->callers.rest, 6);
	assert_false(machine->callers.has_stacks);
}

static void swap_devices(void **state)
{
	static const char text[] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
				   "/dev/zram0                              partition\t1048572\t\t2048\t\t100\n"
				   "/swap\\040file                            file\t\t524284\t\t0\t\t-2\n"
				   "/dev/half partition 12";
	struct machine *machine = *state;

	each_of(text, sizeof(text) - 1, list_files__swaps, machine);
	assert_int_equal(machine->nr_swaps, 2);
	assert_string_equal(machine->swaps[0].name, "/dev/zram0");
	assert_int_equal(machine->swaps[0].size, 1048572 * 1024ULL);
	assert_int_equal(machine->swaps[0].used, 2 << 20);
	assert_string_equal(machine->swaps[1].name, "/swap\\040file");
	assert_int_equal(machine->swaps[1].priority, -2);
	list_files__zram(machine, "zram0", "  4096 100 8192 0 8192 0 0 0 0\n");
	list_files__zram(machine, "zram1", "4096 100");
	list_files__zram(machine, "zram2", "");
	assert_int_equal(machine->nr_zrams, 1);
	assert_int_equal(machine->zrams[0].stored, 4096);
	assert_int_equal(machine->zrams[0].used, 8192);
}

/* Parts do not overlap: what one number of the kernel has in another is taken off. */
static void parts_of_memory(void **state)
{
	struct machine *machine = *state;
	uint64_t *values = machine->values;
	int64_t rest;

	assert_false(machine__not_accounted(machine, &rest));
	assert_true(machine__part(machine, PART_CACHE) == MT_UNKNOWN_U64);
	values[SAMPLE_memory_total] = 1000 << 20;
	values[SAMPLE_memory_free] = 100 << 20;
	values[SAMPLE_memory_cached] = 300 << 20;
	values[SAMPLE_memory_buffers] = 10 << 20;
	values[SAMPLE_memory_shmem] = 60 << 20;
	values[SAMPLE_memory_slab_reclaimable] = 20 << 20;
	values[SAMPLE_memory_kernel_reclaimable] = 25 << 20;
	values[SAMPLE_memory_vmalloc] = 30 << 20;
	values[SAMPLE_memory_kernel_stack] = 8 << 20;
	values[SAMPLE_vm_zspages] = 512;
	values[SAMPLE_zswap_pool] = 1 << 20;
	assert_int_equal(machine__part(machine, PART_CACHE), 250 << 20);
	assert_int_equal(machine__part(machine, PART_SHARED), 60 << 20);
	assert_int_equal(machine__part(machine, PART_OTHER_RECLAIMABLE), 5 << 20);
	assert_int_equal(machine__part(machine, PART_VMALLOC), 22 << 20);
	assert_int_equal(machine__part(machine, PART_COMPRESSED), 2 << 20);
	assert_true(machine__not_accounted(machine, &rest));
	assert_int_equal(rest, (1000 - 100 - 250 - 60 - 20 - 5 - 22 - 8 - 2) << 20);
	/* stacks that vmalloc() did not give out */
	machine->callers.known = true;
	assert_int_equal(machine__part(machine, PART_VMALLOC), 30 << 20);
	/* more in parts than there is */
	values[SAMPLE_memory_anon] = 2000LL << 20;
	assert_true(machine__not_accounted(machine, &rest));
	assert_true(rest < 0);
}

static void what_grew(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(machine__grown(3, 5), 2);
	assert_true(machine__grown(5, 3) == MT_UNKNOWN_U64);
	assert_true(machine__grown(MT_UNKNOWN_U64, 3) == MT_UNKNOWN_U64);
	assert_true(machine__growth(NULL, machine, SAMPLE_vm_oom_kill) == MT_UNKNOWN_U64);
	machine->values[SAMPLE_vm_oom_kill] = 4;
	assert_int_equal(machine__growth(machine, machine, SAMPLE_vm_oom_kill), 0);
	assert_int_equal(machine__sum(MT_UNKNOWN_U64, 4), 4);
	assert_true(machine__sum(MT_UNKNOWN_U64, MT_UNKNOWN_U64) == MT_UNKNOWN_U64);
	assert_true(machine__bytes(machine, MT_UNKNOWN_U64) == MT_UNKNOWN_U64);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_machine, free_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),  cmocka_unit_test(lines_of_a_file),
		TEST(zones_of_5_10),	  TEST(zones_of_two_nodes_of_7),
		TEST(odd_zones),	  TEST(more_zones_than_there_is_room_for),
		TEST(free_blocks),	  cmocka_unit_test(unusable_share),
		TEST(slab_caches),	  TEST(odd_slabs),
		TEST(callers_of_vmalloc), TEST(odd_callers),
		TEST(swap_devices),	  TEST(parts_of_memory),
		TEST(what_grew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
