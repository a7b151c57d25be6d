// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "function_ranges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const struct map_content *classes;
	struct mt_stall_range *ranges;
	int nr, max;
	bool open;   /* the last one ends where the next symbol begins */
	bool hidden; /* an address is 0 */
};

/* Its number among the classes; -1: it is none of them. */
static int number_of(const struct map_content *classes, const char *name)
{
	size_t len, i;

	if (!strncmp(name, "__", 2))
		name += 2;
	len = strcspn(name, ".\n");
	for (i = 0; i < classes->nr; i++) {
		const char *known = (const char *)classes->keys + i * classes->key_size;

		if (strlen(known) == len && !memcmp(known, name, len))
			return i;
	}
	return -1;
}

static void begin_range(struct reading *reading, uint64_t address, int number)
{
	struct mt_stall_range *range = &reading->ranges[reading->nr++];

	range->begin = address;
	range->site.class = ((const uint32_t *)reading->classes->values)[number];
	memcpy(range->site.function, (const char *)reading->classes->keys + number * reading->classes->key_size,
	       reading->classes->key_size);
	reading->open = true;
}

/* "ffffffff81000000 T _stext" */
static void take_line(struct reading *reading, const char *line)
{
	uint64_t address;
	char *rest;
	int number;

	address = strtoull(line, &rest, 16);
	if (rest == line || rest[0] != ' ' || !rest[1] || rest[2] != ' ')
		return;
	reading->hidden |= !address;
	if (reading->open && address > reading->ranges[reading->nr - 1].begin) {
		reading->ranges[reading->nr - 1].end = address;
		reading->open = false;
	}
	number = number_of(reading->classes, rest + 3);
	if (address && number >= 0 && reading->nr < reading->max - 1)
		begin_range(reading, address, number);
}

int function_ranges__read(const char *path, const struct map_content *classes, struct mt_stall_range *ranges, int max)
{
	struct reading reading = { .classes = classes, .ranges = ranges, .max = max };
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		take_line(&reading, line);
	fclose(file);
	return !reading.nr && reading.hidden ? -EACCES : reading.nr;
}
