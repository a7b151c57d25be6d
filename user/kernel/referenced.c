// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "referenced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "proc.h"

#define KEY "Referenced:"

int referenced__clear(uint32_t pid, uint64_t start_ns, uint64_t *took_ns)
{
	uint64_t began_ns = clock__boot_ns();
	int dir = proc__open(pid, start_ns), fd, err = 0;

	*took_ns = 0;
	if (dir < 0)
		return dir;
	fd = openat(dir, "clear_refs", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		err = -errno;
	if (fd >= 0)
		close(fd);
	close(dir);
	*took_ns = clock__boot_ns() - began_ns;
	return err;
}

/* "7f2a7dccea10-7f2a7dcd0000 rw-p ...", then lines "Key:  N kB" about it */
void referenced__take_line(struct process_map *map, size_t *area, const char *line)
{
	uint64_t start;
	char *end;

	if (!strncmp(line, KEY, strlen(KEY))) {
		if (*area < map->nr_areas)
			map->areas[*area].referenced = strtoull(line + strlen(KEY), NULL, 10) * 1024;
		return;
	}
	start = strtoull(line, &end, 16);
	if (end == line || *end != '-')
		return;
	*area = process_map__place(map, start);
	if (*area < map->nr_areas && map->areas[*area].start != start)
		*area = map->nr_areas;
}

static int read_smaps(struct process_map *map, int dir)
{
	int fd = openat(dir, "smaps", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t area = map->nr_areas, cap = 0;
	char *line = NULL;
	int err;

	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	errno = 0;
	while (getline(&line, &cap, file) > 0)
		referenced__take_line(map, &area, line);
	err = ferror(file) && errno ? -errno : 0;
	free(line);
	fclose(file);
	return err;
}

int referenced__read(struct process_map *map, uint64_t start_ns)
{
	uint64_t began_ns = clock__boot_ns();
	int dir = proc__open(map->pid, start_ns), err;
	size_t i;

	if (dir < 0)
		return dir;
	for (i = 0; i < map->nr_areas; i++)
		map->areas[i].referenced = 0;
	err = read_smaps(map, dir);
	close(dir);
	map->knows_referenced = !err;
	map->cost_ns.wss += clock__boot_ns() - began_ns;
	return err;
}
