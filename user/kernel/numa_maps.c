// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "numa_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/small_file.h"
#include "map_reader.h"

#define KIB 1024

static struct map_area *area_at(const struct process_map *map, uint64_t start)
{
	size_t place = process_map__place(map, start);

	return place < map->nr_areas && map->areas[place].start == start ? &map->areas[place] : NULL;
}

static size_t place_of_node(uint64_t node)
{
	return node < MAP_NODES - 1 ? node : MAP_NODES - 1;
}

/* "7f0c4a1f000 default anon=12 dirty=12 active=0 N0=8 N1=4 kernelpagesize_kB=4": words, of which a name may be one */
void numa_maps__take_line(struct process_map *map, char *line)
{
	uint64_t pages[MAP_NODES] = { 0 }, page_kib = 0, node;
	struct map_area *area;
	char *word, *end, *rest;

	word = strtok_r(line, " \n", &rest);
	area = word ? area_at(map, strtoull(word, NULL, 16)) : NULL;
	if (!area)
		return;
	while ((word = strtok_r(NULL, " \n", &rest))) {
		if (!strncmp(word, "kernelpagesize_kB=", 18))
			page_kib = strtoull(word + 18, NULL, 10);
		if (word[0] != 'N')
			continue;
		node = strtoull(word + 1, &end, 10);
		if (end != word + 1 && *end == '=')
			pages[place_of_node(node)] += strtoull(end + 1, NULL, 10);
	}
	for (size_t i = 0; i < MAP_NODES; i++)
		map->nodes[area - map->areas][i] = pages[i] * page_kib * KIB;
}

static int read_lines(struct process_map *map, FILE *file, uint64_t until_ns)
{
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	errno = 0;
	while (!err && getline(&line, &cap, file) > 0) {
		numa_maps__take_line(map, line);
		err = clock__boot_ns() > until_ns ? -ETIME : 0;
	}
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}

static int read_file(struct process_map *map, int dir, uint64_t until_ns)
{
	int fd = openat(dir, "numa_maps", O_RDONLY | O_CLOEXEC), err;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = read_lines(map, file, until_ns);
	fclose(file);
	return err;
}

int numa_maps__read(struct process_map *map, uint64_t start_ns)
{
	uint64_t began_ns = clock__boot_ns();
	int dir = map_reader__open(map->pid, start_ns), err;

	if (dir < 0)
		return dir;
	free(map->nodes);
	map->nodes = calloc(map->nr_areas + 1, sizeof(*map->nodes));
	err = map->nodes ? read_file(map, dir, began_ns + MAP_READER_NS) : -ENOMEM;
	close(dir);
	map->cost_ns.nodes = clock__boot_ns() - began_ns;
	map->nodes_online = err ? 0 : numa_maps__online();
	if (err) {
		free(map->nodes);
		map->nodes = NULL;
	}
	return err;
}

uint32_t numa_maps__nodes_of(const char *list)
{
	uint32_t nodes = 0;
	unsigned long first, last;
	char *end;

	do {
		first = last = strtoul(list, &end, 10);
		if (end == list)
			return 1;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < MAP_NODES; first++)
			nodes |= 1U << first;
		if (last >= MAP_NODES)
			nodes |= 1U << (MAP_NODES - 1);
		list = end + 1;
	} while (*end == ',');
	return nodes;
}

uint32_t numa_maps__online(void)
{
	char text[256];

	if (small_file__read_at(AT_FDCWD, "/sys/devices/system/node/online", text, sizeof(text)) <= 0)
		return 1;
	return numa_maps__nodes_of(text);
}
