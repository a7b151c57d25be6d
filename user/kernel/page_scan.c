// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/clock.h"

/* include/uapi/linux/fs.h from 6.7 on; older headers are without it. */
struct scan_region {
	uint64_t start, end, categories;
};
struct scan_request {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_request)
enum {
	IS_FILE = 1 << 2,
	IS_PRESENT = 1 << 3,
	IS_SWAPPED = 1 << 4,
	IS_ZERO = 1 << 5,
	IS_HUGE = 1 << 6,
	IS_GUARD = 1 << 8, /* from 6.15 on; older kernels refuse it */
};

#define REGIONS 2048

/* Documentation/admin-guide/mm/pagemap.rst; the guard from 6.14 on. */
#define ENTRY_PRESENT (1ULL << 63)
#define ENTRY_SWAPPED (1ULL << 62)
#define ENTRY_FILE    (1ULL << 61)
#define ENTRY_GUARD   (1ULL << 58)
#define ENTRY_FRAME   ((1ULL << 55) - 1)

#define ENTRIES	  8192
#define HOLE_MAX  (256 * 1024)
#define HUGE_SIZE (2 * 1024 * 1024ULL)

static uint64_t frame_of(int fd, const void *at, uint64_t page_size)
{
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)at / page_size * sizeof(entry))) != sizeof(entry) ||
	    !(entry & ENTRY_PRESENT))
		return 0;
	return entry & ENTRY_FRAME;
}

/* What is read of memory that nobody wrote to is the zero page, or the huge one where huge pages may be had. */
static uint64_t find_zero(int fd, uint64_t page_size, uint64_t size, int advice)
{
	char *at = mmap(NULL, 2 * size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *aligned;
	uint64_t frame = 0;

	if (at == MAP_FAILED)
		return 0;
	aligned = at + (size - (uintptr_t)at % size) % size;
	if (!madvise(at, 2 * size, advice)) {
		(void)*(volatile char *)aligned;
		frame = frame_of(fd, aligned, page_size);
	}
	munmap(at, 2 * size);
	return frame;
}

void page_scan__init(struct page_scan *scan)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	*scan = (struct page_scan){ .page_size = (uint64_t)sysconf(_SC_PAGESIZE) };
	scan->pages_of_huge = HUGE_SIZE / scan->page_size;
	if (fd < 0)
		return;
	scan->zero = find_zero(fd, scan->page_size, scan->page_size, MADV_NOHUGEPAGE);
	if (!scan->zero)
		scan->zero = find_zero(fd, scan->page_size, scan->page_size, MADV_NORMAL);
	scan->huge_zero = find_zero(fd, scan->page_size, HUGE_SIZE, MADV_HUGEPAGE);
	/* huge pages are off: the small one */
	if (scan->huge_zero == scan->zero)
		scan->huge_zero = 0;
	close(fd);
}

/* Areas are read in turn: at is the one that the next page may be in. */
struct scanning {
	const struct page_scan *scan;
	struct process_map *map;
	int fd;
	uint64_t until_ns;
};

static bool is_late(const struct scanning *scanning)
{
	return clock__boot_ns() > scanning->until_ns;
}

static void tell(const struct page_scan *scan, uint64_t start, uint64_t end, uint64_t categories)
{
	if (scan->told)
		scan->told(scan->told_ctx, start, end,
			   (categories & IS_PRESENT ? 0 : PAGES_SWAPPED) | (categories & IS_HUGE ? PAGES_HUGE : 0) |
				   (categories & IS_FILE ? PAGES_FILE : 0));
}

static void add(const struct page_scan *scan, struct map_area *area, uint64_t start, uint64_t end, uint64_t categories)
{
	uint64_t bytes = end - start;

	if (categories & (IS_GUARD | IS_ZERO) || !(categories & (IS_PRESENT | IS_SWAPPED)))
		return;
	tell(scan, start, end, categories);
	if (categories & IS_PRESENT)
		area->rss += bytes;
	else if (categories & IS_SWAPPED)
		area->swap += bytes;
	if (categories & IS_PRESENT && categories & IS_HUGE)
		area->huge += bytes;
}

/* A region may lie in several areas that follow each other.  at: an area that ends behind the region's begin. */
static size_t add_region(const struct scanning *scanning, size_t at, const struct scan_region *region)
{
	struct process_map *map = scanning->map;

	while (at < map->nr_areas && map->areas[at].end <= region->start)
		at++;
	for (size_t i = at; i < map->nr_areas && map->areas[i].start < region->end; i++) {
		struct map_area *area = &map->areas[i];
		uint64_t start = region->start > area->start ? region->start : area->start;
		uint64_t end = region->end < area->end ? region->end : area->end;

		add(scanning->scan, area, start, end, region->categories);
	}
	return at;
}

/* Areas up to that address have been read. */
static size_t mark_known(struct process_map *map, size_t at, uint64_t up_to)
{
	while (at < map->nr_areas && map->areas[at].end <= up_to)
		map->areas[at++].known = true;
	return at;
}

/* [vsyscall] is above what user space may have, and has no pages of the process. */
static uint64_t last_end(const struct process_map *map)
{
	size_t nr = map->nr_areas;

	while (nr && map->areas[nr - 1].end > INT64_MAX)
		nr--;
	return nr ? map->areas[nr - 1].end : 0;
}

static int scan_from(struct scanning *scanning, struct scan_request *request, struct scan_region *regions)
{
	size_t at = 0, known = 0;
	long nr, i;

	while (request->start < request->end && !is_late(scanning)) {
		nr = ioctl(scanning->fd, SCAN_IOCTL, request);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return -errno;
		for (i = 0; i < nr; i++)
			at = add_region(scanning, at, &regions[i]);
		if (request->walk_end <= request->start)
			break;
		request->start = request->walk_end;
		known = mark_known(scanning->map, known, request->start);
	}
	if (request->start >= request->end)
		mark_known(scanning->map, known, UINT64_MAX);
	return 0;
}

static int read_by_ioctl(struct scanning *scanning)
{
	struct scan_region *regions = calloc(REGIONS, sizeof(*regions));
	struct scan_request request = {
		.size = sizeof(request),
		.start = scanning->map->areas[0].start,
		.end = last_end(scanning->map),
		.vec = (uintptr_t)regions,
		.vec_len = REGIONS,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED,
		.return_mask =
			IS_PRESENT | IS_SWAPPED | IS_ZERO | IS_HUGE | IS_GUARD | (scanning->scan->told ? IS_FILE : 0),
	};
	int err = regions ? scan_from(scanning, &request, regions) : -ENOMEM;

	if (err == -EINVAL) {
		request.return_mask &= ~(uint64_t)IS_GUARD;
		err = scan_from(scanning, &request, regions);
	}
	free(regions);
	return err;
}

static uint64_t categories_of(const struct page_scan *scan, const struct map_area *area, uint64_t entry)
{
	uint64_t frame = entry & ENTRY_FRAME;

	if (entry & ENTRY_GUARD && !(entry & ENTRY_PRESENT))
		return IS_GUARD;
	if (entry & ENTRY_SWAPPED)
		return IS_SWAPPED;
	if (!(entry & ENTRY_PRESENT))
		return 0;
	if (frame && (frame == scan->zero || (scan->huge_zero && frame - scan->huge_zero < scan->pages_of_huge)))
		return IS_ZERO;
	/* no page that rss counts: of a device, [vvar]; an anonymous page cannot be there (vm_normal_page()) */
	if (!(entry & ENTRY_FILE) && (area->permissions & MAPPED_SHARED || !strncmp(area->name, "[vvar", 5)))
		return 0;
	return IS_PRESENT | (entry & ENTRY_FILE ? IS_FILE : 0);
}

static bool is_open(const struct map_area *area)
{
	return area->permissions & (MAPPED_READ | MAPPED_WRITE | MAPPED_EXEC);
}

/* The end of a run of areas that are read at once: small holes between them cost less than another call. */
static size_t run_end(const struct process_map *map, size_t first)
{
	const struct map_area *areas = map->areas;
	size_t i = first + 1;

	while (i < map->nr_areas && areas[i].start - areas[i - 1].end <= HOLE_MAX && areas[i].end <= INT64_MAX &&
	       is_open(&areas[i]) == is_open(&areas[first]))
		i++;
	return i;
}

struct run {
	size_t at; /* place of an area: those before it are read */
	uint64_t address;
};

static void take_entries(const struct scanning *scanning, struct run *run, const uint64_t *entries, size_t nr)
{
	struct map_area *areas = scanning->map->areas;
	uint64_t page = scanning->scan->page_size;
	size_t i;

	for (i = 0; i < nr; i++, run->address += page) {
		run->at = mark_known(scanning->map, run->at, run->address);
		if (entries[i] && areas[run->at].start <= run->address)
			add(scanning->scan, &areas[run->at], run->address, run->address + page,
			    categories_of(scanning->scan, &areas[run->at], entries[i]));
	}
}

static int read_run(const struct scanning *scanning, size_t first, size_t end, uint64_t *entries)
{
	struct run run = { .at = first, .address = scanning->map->areas[first].start };
	uint64_t page = scanning->scan->page_size, up_to = scanning->map->areas[end - 1].end, want;
	ssize_t len;

	while (run.address < up_to) {
		if (is_late(scanning))
			return 0;
		want = (up_to - run.address) / page;
		want = want < ENTRIES ? want : ENTRIES;
		len = pread(scanning->fd, entries, want * sizeof(*entries),
			    (off_t)(run.address / page * sizeof(*entries)));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (len < (ssize_t)sizeof(*entries))
			break; /* the process is gone, or this is above its address space */
		take_entries(scanning, &run, entries, (size_t)len / sizeof(*entries));
	}
	mark_known(scanning->map, run.at, up_to);
	return 0;
}

static int read_by_entries(struct scanning *scanning)
{
	struct process_map *map = scanning->map;
	uint64_t *entries = calloc(ENTRIES, sizeof(*entries));
	int err = entries ? 0 : -ENOMEM, pass;
	size_t i, end;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; !err && i < map->nr_areas && !is_late(scanning); i = end) {
			end = run_end(map, i);
			if (is_open(&map->areas[i]) != !pass)
				continue;
			if (map->areas[i].end > INT64_MAX)
				map->areas[i].known = true;
			else
				err = read_run(scanning, i, end, entries);
		}
	}
	free(entries);
	return err;
}

static void forget(struct process_map *map)
{
	for (size_t i = 0; i < map->nr_areas; i++) {
		struct map_area *area = &map->areas[i];

		area->known = false;
		area->rss = area->swap = area->huge = 0;
	}
}

int page_scan__read(struct page_scan *scan, int dir, struct process_map *map, uint64_t until_ns)
{
	struct scanning scanning = { .scan = scan, .map = map, .until_ns = until_ns };
	int err = -ENOTTY;

	map->unknown = map->nr_areas;
	forget(map);
	if (!map->nr_areas)
		return 0;
	scanning.fd = openat(dir, "pagemap", O_RDONLY | O_CLOEXEC);
	if (scanning.fd < 0)
		return -errno;
	map->unknown = 0;
	if (!scan->no_ioctl)
		err = read_by_ioctl(&scanning);
	map->scanned = !err;
	scan->no_ioctl |= err == -ENOTTY;
	if (err) {
		forget(map);
		err = read_by_entries(&scanning);
	}
	close(scanning.fd);
	for (size_t i = 0; i < map->nr_areas; i++)
		map->unknown += !map->areas[i].known;
	return err;
}
