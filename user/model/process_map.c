// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "process_map.h"

#include <stdlib.h>

struct map_area *process_map__add(struct process_map *map)
{
	size_t room = map->room ? 2 * map->room : 256;
	struct map_area *areas;

	if (map->nr_areas == map->room) {
		areas = reallocarray(map->areas, room, sizeof(*areas));
		if (!areas)
			return NULL;
		map->areas = areas;
		map->room = room;
	}
	map->areas[map->nr_areas] = (struct map_area){ 0 };
	return &map->areas[map->nr_areas++];
}

size_t process_map__place(const struct process_map *map, uint64_t start)
{
	size_t low = 0, high = map->nr_areas, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (map->areas[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void process_map__done(struct process_map *map)
{
	free(map->areas);
	free(map->nodes);
	arena__free(&map->names);
	*map = (struct process_map){ 0 };
}
