/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers page_scan.h on this process: both ways find the pages that were touched, and no others. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/clock.h"
#include "../../user/kernel/page_scan.h"

#define PAGES 64

struct fixture {
	char *at;
	uint64_t page;
	struct page_scan scan;
	struct map_area areas[3];
	struct process_map map;
	int dir;
};

/* Of three areas that follow each other: none, 16 written and 8 read, all but the first 32 pages. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	size_t i;

	*state = f;
	f->page = (uint64_t)sysconf(_SC_PAGESIZE);
	f->at = mmap(NULL, 3 * PAGES * f->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(f->at, 3 * PAGES * f->page, MADV_NOHUGEPAGE);
	for (i = 0; i < 16; i++)
		((volatile char *)f->at)[(PAGES + i) * f->page] = 1;
	for (i = 20; i < 28; i++)
		(void)((volatile char *)f->at)[(PAGES + i) * f->page];
	for (i = 32; i < PAGES; i++)
		((volatile char *)f->at)[(2 * PAGES + i) * f->page] = 1;
	for (i = 0; i < 3; i++)
		f->areas[i] = (struct map_area){ .start = (uintptr_t)f->at + i * PAGES * f->page,
						 .end = (uintptr_t)f->at + (i + 1) * PAGES * f->page,
						 .name = "",
						 .permissions = MAPPED_READ | MAPPED_WRITE };
	f->map.areas = f->areas;
	f->map.nr_areas = 3;
	f->dir = open("/proc/self", O_PATH | O_DIRECTORY);
	page_scan__init(&f->scan);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->dir);
	munmap(f->at, 3 * PAGES * f->page);
	free(f);
	return 0;
}

static void check(struct fixture *f)
{
	assert_int_equal(page_scan__read(&f->scan, f->dir, &f->map, clock__boot_ns() + NSEC_PER_SEC), 0);
	assert_int_equal(f->map.unknown, 0);
	for (size_t i = 0; i < 3; i++)
		assert_true(f->areas[i].known);
	assert_int_equal(f->areas[0].rss, 0);
	assert_int_equal(f->areas[2].rss, (PAGES - 32) * f->page);
	/* without the right to see frames the zero page is taken for one of its own */
	if (f->map.scanned || f->scan.zero)
		assert_int_equal(f->areas[1].rss, 16 * f->page);
}

static void test_either_way(void **state)
{
	struct fixture *f = *state;

	check(f);
	f->scan.no_ioctl = true;
	check(f);
	assert_false(f->map.scanned);
}

struct told {
	const struct fixture *f;
	uint64_t present, file, outside;
};

static void told(void *ctx, uint64_t start, uint64_t end, unsigned int flags)
{
	struct told *told = ctx;

	told->present += flags & PAGES_SWAPPED ? 0 : end - start;
	told->file += flags & PAGES_FILE ? end - start : 0;
	told->outside += start < told->f->areas[0].start || end > told->f->areas[2].end || start >= end;
}

/* Which pages there are is told as it is summed up. */
static void test_told(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 2; i++, f->scan.no_ioctl = true) {
		struct told all = { .f = f };
		uint64_t rss = 0;

		f->scan.told = told;
		f->scan.told_ctx = &all;
		check(f);
		for (size_t a = 0; a < 3; a++)
			rss += f->areas[a].rss + f->areas[a].swap;
		assert_int_equal(all.present, rss);
		assert_int_equal(all.file, 0);
		assert_int_equal(all.outside, 0);
	}
}

static void test_late(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++, f->scan.no_ioctl = true) {
		assert_int_equal(page_scan__read(&f->scan, f->dir, &f->map, 1), 0);
		assert_int_equal(f->map.unknown, 3);
		assert_false(f->areas[0].known);
	}
}

static void test_gone(void **state)
{
	struct fixture *f = *state;
	int dir = open("/proc/self/ns", O_PATH | O_DIRECTORY);

	assert_true(page_scan__read(&f->scan, dir, &f->map, UINT64_MAX) < 0);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_either_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
