// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sample_counts.h"

#include <string.h>

static void begin(struct sample_extent *extents, const uint64_t *values)
{
	enum sample_id id;

	for (id = 0; id < NR_SAMPLES; id++)
		sample_extent__begin(&extents[id], values[id]);
}

static void begin_all(struct sample_counts *counts, const uint64_t *values)
{
	begin(counts->extents[SCOPE_TOTAL], values);
	begin(counts->extents[SCOPE_OPEN], values);
	begin(counts->extents[SCOPE_INTERVAL], values);
}

static void take_first(struct sample_counts *counts, const struct sample_record *record)
{
	counts->any = true;
	begin_all(counts, record->values);
}

void sample_counts__restart(struct sample_counts *counts)
{
	uint64_t values[NR_SAMPLES];
	enum sample_id id;

	for (id = 0; id < NR_SAMPLES; id++)
		values[id] = counts->extents[SCOPE_TOTAL][id].end;
	if (counts->any)
		begin_all(counts, values);
}

void sample_counts__take(struct sample_counts *counts, const struct sample_record *record)
{
	struct sample_extent *total = counts->extents[SCOPE_TOTAL], *open = counts->extents[SCOPE_OPEN];
	enum sample_id id;
	uint64_t value;

	if (!counts->any) {
		take_first(counts, record);
		return;
	}
	for (id = 0; id < NR_SAMPLES; id++) {
		value = sample_extent__never_less(&total[id], sample_rows[id].kind, record->values[id]);
		sample_extent__widen(&total[id], value);
		sample_extent__widen(&open[id], value);
	}
}

void sample_counts__next_interval(struct sample_counts *counts)
{
	struct sample_extent *open = counts->extents[SCOPE_OPEN];
	enum sample_id id;

	memcpy(counts->extents[SCOPE_INTERVAL], open, sizeof(counts->extents[SCOPE_INTERVAL]));
	for (id = 0; id < NR_SAMPLES; id++)
		sample_extent__begin(&open[id], counts->extents[SCOPE_TOTAL][id].end);
}
