// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "held_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct held_maps_process *find(struct held_maps *maps, const struct mt_who *who)
{
	const struct held_maps_key key = { .pid = who->pid, .start_ns = who->start_ns };
	struct held_maps_process *process;

	HASH_FIND(hh, maps->processes, &key, sizeof(key), process);
	return process;
}

static struct held_maps_process *make(struct held_maps *maps, const struct mt_who *who)
{
	struct held_maps_process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->key = (struct held_maps_key){ .pid = who->pid, .start_ns = who->start_ns };
	HASH_ADD(hh, maps->processes, key, sizeof(process->key), process);
	if (process->hh.tbl)
		return process;
	free(process);
	return NULL;
}

/* The first mapping that ends behind the address. */
static size_t first_behind(const struct held_maps_process *process, uint64_t address)
{
	size_t low = 0, high = process->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (process->list[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct held_maps_process *process, size_t at, const struct held_map *map)
{
	size_t room = process->room ? 2 * process->room : 16;
	struct held_map *list;

	if (process->nr == process->room) {
		list = reallocarray(process->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		process->list = list;
		process->room = room;
	}
	memmove(&process->list[at + 1], &process->list[at], (process->nr - at) * sizeof(*map));
	process->list[at] = *map;
	process->nr++;
	return 0;
}

/* A mapping may lose its end, its begin, or something in its middle. */
static int unmap(struct held_maps_process *process, uint64_t start, uint64_t end)
{
	size_t at = first_behind(process, start), last;
	struct held_map rest;

	if (at < process->nr && process->list[at].start < start) {
		rest = process->list[at];
		rest.start = end;
		process->list[at].end = start;
		at++;
		if (rest.start < rest.end)
			return insert(process, at, &rest);
	}
	for (last = at; last < process->nr && process->list[last].end <= end; last++)
		;
	if (last < process->nr && process->list[last].start < end)
		process->list[last].start = end;
	if (last < process->nr)
		memmove(&process->list[at], &process->list[last], (process->nr - last) * sizeof(*process->list));
	process->nr -= last - at;
	return 0;
}

static void add_to(struct held_objects *sum, const struct held_map *map)
{
	if (!sum->objects || map->born_ns < sum->oldest_ns)
		sum->oldest_ns = map->born_ns;
	sum->bytes += map->end - map->start;
	sum->objects++;
}

static void add_all(const struct held_maps *maps, const struct held_maps_process *process, uint64_t now_ns, bool ended)
{
	const struct held_map *map;
	size_t i;

	for (i = 0; i < process->nr; i++) {
		map = &process->list[i];
		if (maps->age_ns && map->born_ns + maps->age_ns > now_ns)
			continue;
		add_to(ended ? &map->path->mapped[map->kind].ended : &map->path->mapped[map->kind].living, map);
	}
}

static void forget(struct held_maps *maps, struct held_maps_process *process)
{
	HASH_DEL(maps->processes, process);
	free(process->list);
	free(process);
}

/* Of what mremap() moved that is known, or may be known. */
static enum held_kind kind_of(const struct held_maps_process *process, const struct mt_heap_map *change)
{
	size_t at = first_behind(process, change->old_address);

	switch (change->change) {
	case MT_HEAP_MMAP:
		return HELD_ANONYMOUS;
	case MT_HEAP_MMAP_FILE:
		return HELD_FILE;
	case MT_HEAP_BRK:
		return HELD_BREAK;
	default:
		return at < process->nr && process->list[at].start <= change->old_address ? process->list[at].kind :
											    HELD_UNKNOWN;
	}
}

/* end: of a range; numbers of a recording may be anything. */
static uint64_t end_of(uint64_t address, uint64_t bytes)
{
	return bytes < UINT64_MAX - address ? address + bytes : UINT64_MAX;
}

static int take_change(struct held_maps_process *process, const struct mt_heap_map *change, struct held_path *path)
{
	struct held_map map = {
		.start = change->address,
		.end = end_of(change->address, change->bytes),
		.born_ns = change->hdr.time_ns,
		.kind = kind_of(process, change),
		.path = path,
	};
	int err = 0;

	if (change->old_bytes)
		err = unmap(process, change->old_address, end_of(change->old_address, change->old_bytes));
	if (!err && change->bytes)
		err = unmap(process, map.start, map.end);
	if (err || !path || !change->bytes)
		return err;
	return insert(process, first_behind(process, map.start), &map);
}

int held_maps__take(struct held_maps *maps, const struct mt_who *who, const struct mt_heap_map *change,
		    struct held_path *path)
{
	struct held_maps_process *process = find(maps, who);

	if (!process && path)
		process = make(maps, who);
	if (!process)
		return path ? -ENOMEM : 0;
	if (change->change != MT_HEAP_EXEC && change->change != MT_HEAP_EXIT)
		return take_change(process, change, path);
	if (change->change == MT_HEAP_EXIT)
		add_all(maps, process, change->hdr.time_ns, true);
	forget(maps, process);
	return 0;
}

void held_maps__sum(const struct held_maps *maps, uint64_t now_ns)
{
	const struct held_maps_process *process, *next;

	HASH_ITER (hh, maps->processes, process, next)
		add_all(maps, process, now_ns, false);
}

void held_maps__done(struct held_maps *maps)
{
	struct held_maps_process *process, *next;

	HASH_ITER (hh, maps->processes, process, next)
		forget(maps, process);
}
