/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is the text of a /proc/PID/maps.  Whatever it says, mappings are
 * sorted, apart from each other, bounded, and found by their addresses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/symbols/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check(const struct proc_maps *maps)
{
	for (size_t i = 0; i < proc_maps__count(maps); i++) {
		const struct mapping *m = proc_maps__at(maps, i);

		require(m->start < m->end);
		require(i == 0 || proc_maps__at(maps, i - 1)->end <= m->start);
		require(proc_maps__find(maps, m->start) == m && proc_maps__find(maps, m->end - 1) == m);
		require(proc_maps__find(maps, m->end) != m);
	}
	require(proc_maps__bytes(maps) <= PROC_MAPS_MAX_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_maps *maps = proc_maps__new(1), *put = proc_maps__new(1);
	char *text = malloc(size + 1), *line, *rest;
	struct mapping mapping;

	memcpy(text, data, size);
	text[size] = '\0';
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (mapping__parse(line, &mapping) < 0)
			continue;
		proc_maps__add(maps, &mapping);
		if (!proc_maps__put(put, &mapping))
			require(proc_maps__find(put, mapping.start)->end == mapping.end);
	}
	check(maps);
	check(put);
	proc_maps__free(put);
	free(text);
	proc_maps__free(maps);
	return 0;
}
