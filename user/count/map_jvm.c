// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_jvm.h"

#include <string.h>

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Where references of 32 bits reach, three bits of each address being 0. */
#define HEAP_BEGIN	(2 * GIB)
#define REACH_END	(32 * GIB)
#define CLASS_SPACE_END (64 * GIB)
#define GRANULE		(64 * KIB) /* of metaspace, */
#define NODE		(64 * MIB) /* and what it reserves at a time */
#define NODES_MAX	GIB	   /* one behind the other */
#define MARK_STACK	(32 * MIB)

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && !strcmp(name + len - end_len, end);
}

static bool is_jvm(const struct process_map *map)
{
	for (size_t i = 0; i < map->nr_areas; i++)
		if (ends_with(map->areas[i].name, "/libjvm.so"))
			return true;
	return false;
}

static uint64_t size_of(const struct map_area *area)
{
	return area->end - area->start;
}

static bool is_plain(const struct map_area *area)
{
	return !area->name[0] && !(area->permissions & MAPPED_SHARED);
}

static bool is_closed(const struct map_area *area)
{
	return is_plain(area) && !(area->permissions & (MAPPED_READ | MAPPED_WRITE | MAPPED_EXEC));
}

static bool is_archive(const struct map_area *area)
{
	return ends_with(area->name, ".jsa");
}

static bool is_behind(const struct process_map *map, size_t i)
{
	return i && i < map->nr_areas && map->areas[i - 1].end == map->areas[i].start;
}

/* The end of areas from i on that follow each other and are nothing else so far; i if that one is. */
static size_t end_of_run(const struct process_map *map, size_t i)
{
	size_t end = i;

	while (end < map->nr_areas && (end == i || is_behind(map, end)) && is_plain(&map->areas[end]) &&
	       map->areas[end].class == MAPPED_ANON)
		end++;
	return end;
}

static void set_class(struct process_map *map, size_t from, size_t end, enum map_class class)
{
	for (; from < end; from++)
		map->areas[from].class = class;
}

static void tell_code_cache(struct process_map *map)
{
	const unsigned int all = MAPPED_READ | MAPPED_WRITE | MAPPED_EXEC;
	bool inside = false;

	for (size_t i = 0; i < map->nr_areas; i++) {
		struct map_area *area = &map->areas[i];
		bool is_code = is_plain(area) && (area->permissions & all) == all;

		inside = is_code || (inside && is_behind(map, i) && is_closed(area));
		if (inside)
			area->class = MAPPED_CODE_CACHE;
	}
}

/* What metaspace may be made of: all of it begins and ends at granules, as an arena of malloc() does by chance. */
static bool is_granular(const struct map_area *area)
{
	return is_plain(area) && !(area->permissions & MAPPED_EXEC) && area->start % GRANULE == 0 &&
	       area->end % GRANULE == 0 && (area->class == MAPPED_ANON || area->class == MAPPED_ARENAS);
}

/* The class space is behind the archive, and what was reserved next often before it. */
static void tell_beside_archive(struct process_map *map, size_t archive)
{
	size_t i;

	for (i = archive + 1; is_behind(map, i) && is_granular(&map->areas[i]); i++)
		map->areas[i].class = MAPPED_METASPACE;
	for (i = archive; i && is_behind(map, i) && is_granular(&map->areas[i - 1]); i--)
		map->areas[i - 1].class = MAPPED_METASPACE;
}

/* Further nodes; the run of areas that begins at i, of which the end is returned. */
static size_t tell_node(struct process_map *map, size_t i)
{
	size_t end = i, closed = 0;
	uint64_t bytes;

	for (; end < map->nr_areas && (end == i || is_behind(map, end)); end++) {
		if (!is_granular(&map->areas[end]) || map->areas[end].class != MAPPED_ANON)
			break;
		closed += is_closed(&map->areas[end]);
	}
	if (end == i)
		return i + 1;
	bytes = map->areas[end - 1].end - map->areas[i].start;
	if (closed && closed < end - i && bytes % NODE == 0 && bytes <= NODES_MAX)
		set_class(map, i, end, MAPPED_METASPACE);
	return end;
}

static void tell_metaspace(struct process_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_areas; i++) {
		struct map_area *area = &map->areas[i];

		if (is_archive(area) && area->start >= REACH_END)
			tell_beside_archive(map, i);
		/* without an archive */
		else if (is_plain(area) && area->start >= REACH_END && area->start < CLASS_SPACE_END)
			area->class = MAPPED_METASPACE;
	}
	for (i = 0; i < map->nr_areas;)
		i = tell_node(map, i);
}

/* The command line's word; 0: none. */
static uint64_t most(const struct process_map *map)
{
	return map->java_heap == MT_UNKNOWN_U64 ? 0 : map->java_heap;
}

/* Bytes of the heap where references have 32 bits; behind it there may be a class space. */
static uint64_t tell_low_heap(struct process_map *map)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->nr_areas; i++) {
		struct map_area *area = &map->areas[i];

		if (area->start < HEAP_BEGIN || area->start >= REACH_END || !(is_plain(area) || is_archive(area)))
			continue;
		area->class = most(map) && bytes >= most(map) ? MAPPED_METASPACE : MAPPED_JAVA_HEAP;
		if (area->class == MAPPED_JAVA_HEAP)
			bytes += size_of(area);
	}
	return bytes;
}

/* The place behind the area between the two that ends there; from if there is none. */
static size_t find_end(const struct process_map *map, size_t from, size_t until, uint64_t address)
{
	size_t low = from, high = until, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (map->areas[middle].end < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < until && map->areas[low].end == address ? low + 1 : from;
}

/* Anywhere: areas one behind the other that together have what the command line says. */
static uint64_t tell_high_heap(struct process_map *map)
{
	size_t i, run, end;

	for (run = 0; most(map) && run<map->nr_areas; run = end> run ? end : run + 1) {
		end = end_of_run(map, run);
		for (i = run; i < end; i++) {
			size_t heap_end =
				map->areas[i].start % MIB ? i : find_end(map, i, end, map->areas[i].start + most(map));

			set_class(map, i, heap_end, MAPPED_JAVA_HEAP);
			if (heap_end > i)
				return most(map);
		}
	}
	return 0;
}

/* Sizes that nothing else has: what malloc() maps is a page larger than a round number. */
static bool is_gc_size(uint64_t bytes, uint64_t heap)
{
	return bytes == MARK_STACK || (bytes >= MIB && (bytes == heap / 64 || bytes == heap / 32));
}

/* Areas of their own, or one behind the other what is used and what is reserved for more. */
static void tell_gc(struct process_map *map, uint64_t heap)
{
	size_t i, run, end;

	for (run = 0; run<map->nr_areas; run = end> run ? end : run + 1) {
		end = end_of_run(map, run);
		if (end > run && is_gc_size(map->areas[end - 1].end - map->areas[run].start, heap)) {
			set_class(map, run, end, MAPPED_GC);
			continue;
		}
		for (i = run; i < end; i++)
			if (is_gc_size(size_of(&map->areas[i]), heap))
				map->areas[i].class = MAPPED_GC;
	}
}

void map_jvm__tell(struct process_map *map)
{
	uint64_t heap;

	if (!is_jvm(map))
		return;
	tell_code_cache(map);
	tell_metaspace(map);
	heap = tell_low_heap(map);
	if (!heap)
		heap = tell_high_heap(map);
	if (heap)
		tell_gc(map, heap);
}
