// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_calls.h"

#include <errno.h>
#include <stdlib.h>

/* What a range is added to, and the process that it is of. */
struct target {
	const struct process_map *map;
	const struct map_groups *groups;
	struct map_activity *sums;
	bool asked; /* else returned */
	bool unmapped;
};

int map_calls__keep(struct map_traced *traced, const struct mt_space *record)
{
	size_t room = traced->calls_room ? 2 * traced->calls_room : 256;
	struct map_call *calls;

	if (traced->nr_calls == MAP_CALLS_MAX) {
		traced->calls_dropped++;
		return 0;
	}
	if (traced->nr_calls == traced->calls_room) {
		calls = reallocarray(traced->calls, room, sizeof(*calls));
		if (!calls)
			return -ENOMEM;
		traced->calls = calls;
		traced->calls_room = room;
	}
	traced->calls[traced->nr_calls++] = (struct map_call){
		.time_ns = record->hdr.time_ns, .address = record->address, .bytes = record->bytes, .call = record->call
	};
	return 0;
}

static int by_time(const void *a, const void *b)
{
	uint64_t first = ((const struct map_call *)a)->time_ns, second = ((const struct map_call *)b)->time_ns;

	return (first > second) - (first < second);
}

static uint64_t whole_pages(uint64_t bytes, uint64_t page_size)
{
	return (bytes + page_size - 1) / page_size * page_size;
}

void map_calls__forget(struct map_traced *traced, uint64_t page_size)
{
	size_t i;

	if (traced->nr_calls)
		qsort(traced->calls, traced->nr_calls, sizeof(*traced->calls), by_time);
	for (i = 0; i < traced->nr_calls; i++)
		if (traced->calls[i].call == MT_SPACE_BRK || traced->calls[i].call == MT_SPACE_BREAK)
			traced->heap_end = whole_pages(traced->calls[i].address, page_size);
	traced->nr_calls = 0;
	traced->calls_dropped = 0;
}

static void add(struct target *to, size_t group, uint64_t bytes)
{
	if (to->asked)
		to->sums[group].asked_bytes += bytes;
	else
		to->sums[group].returned_bytes += bytes;
}

/* The first area that ends behind the address. */
static size_t first_area(const struct process_map *map, uint64_t address)
{
	size_t low = 0, high = map->nr_areas, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (map->areas[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_range(struct target *to, uint64_t start, uint64_t bytes)
{
	uint64_t end = start + bytes < start ? UINT64_MAX : start + bytes, left = end - start;
	const struct map_area *area;
	size_t i;

	for (i = first_area(to->map, start); i < to->map->nr_areas && to->map->areas[i].start < end; i++) {
		uint64_t from, until;

		area = &to->map->areas[i];
		from = area->start > start ? area->start : start;
		until = area->end < end ? area->end : end;
		add(to, to->groups->of_area[i], until - from);
		left -= until - from;
	}
	if (!left)
		return;
	add(to, to->groups->nr, left);
	to->unmapped = true;
}

/* The area that brk(2) moves; NULL: there is none now. */
static const struct map_area *heap_of(const struct process_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_areas; i++)
		if (map->areas[i].class == MAPPED_HEAP)
			return &map->areas[i];
	return NULL;
}

/* Until now the break was at end, 0: it is not known. */
static void add_brk(struct target *to, const struct map_area *heap, uint64_t end, uint64_t now)
{
	if (!end)
		end = heap ? heap->start : now;
	to->asked = now > end;
	if (now == end)
		return;
	add(to, heap ? to->groups->of_area[heap - to->map->areas] : to->groups->nr, now > end ? now - end : end - now);
	to->unmapped |= !heap;
}

bool map_calls__sum(struct map_traced *traced, const struct process_map *map, const struct map_groups *groups,
		    uint64_t page_size, struct map_activity *sums)
{
	struct target to = { .map = map, .groups = groups, .sums = sums };
	const struct map_area *heap = heap_of(map);
	uint64_t end = traced->heap_end, now;
	size_t i;

	if (traced->nr_calls)
		qsort(traced->calls, traced->nr_calls, sizeof(*traced->calls), by_time);
	for (i = 0; i < traced->nr_calls; i++) {
		const struct map_call *call = &traced->calls[i];

		if (call->call != MT_SPACE_BRK && call->call != MT_SPACE_BREAK) {
			to.asked = call->call == MT_SPACE_MMAP || call->call == MT_SPACE_GROWN;
			add_range(&to, call->address, call->bytes);
			continue;
		}
		now = whole_pages(call->address, page_size);
		if (call->call == MT_SPACE_BRK)
			add_brk(&to, heap, end, now);
		end = now;
	}
	return to.unmapped;
}
