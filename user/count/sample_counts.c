// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sample_counts.h"

#include <string.h>

static bool is_known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

static void begin_span(struct sample_span *span, const uint64_t *values)
{
	memcpy(span->begin, values, sizeof(span->begin));
	memcpy(span->end, values, sizeof(span->end));
	memcpy(span->min, values, sizeof(span->min));
	memcpy(span->max, values, sizeof(span->max));
}

static void widen(struct sample_span *span, enum sample_id id, uint64_t value)
{
	span->end[id] = value;
	if (!is_known(value))
		return;
	if (!is_known(span->min[id]) || value < span->min[id])
		span->min[id] = value;
	if (!is_known(span->max[id]) || value > span->max[id])
		span->max[id] = value;
}

/* The kernel sums a counter over its CPUs without stopping them, so a sum may be a little below the one before. */
static uint64_t never_less(const struct sample_counts *counts, enum sample_id id, uint64_t value)
{
	uint64_t most = counts->spans[SCOPE_TOTAL].max[id];

	if (sample_rows[id].kind != SAMPLE_COUNTER || !is_known(value) || !is_known(most) || value > most)
		return value;
	return most;
}

static void take_first(struct sample_counts *counts, const struct sample_record *record)
{
	counts->any = true;
	begin_span(&counts->spans[SCOPE_TOTAL], record->values);
	begin_span(&counts->spans[SCOPE_OPEN], record->values);
	begin_span(&counts->spans[SCOPE_INTERVAL], record->values);
}

void sample_counts__take(struct sample_counts *counts, const struct sample_record *record)
{
	enum sample_id id;
	uint64_t value;

	if (!counts->any) {
		take_first(counts, record);
		return;
	}
	for (id = 0; id < NR_SAMPLES; id++) {
		value = never_less(counts, id, record->values[id]);
		widen(&counts->spans[SCOPE_TOTAL], id, value);
		widen(&counts->spans[SCOPE_OPEN], id, value);
	}
}

void sample_counts__next_interval(struct sample_counts *counts)
{
	counts->spans[SCOPE_INTERVAL] = counts->spans[SCOPE_OPEN];
	begin_span(&counts->spans[SCOPE_OPEN], counts->spans[SCOPE_TOTAL].end);
}

uint64_t sample_counts__growth(const struct sample_counts *counts, enum sample_id id, enum scope scope)
{
	const struct sample_span *span = &counts->spans[scope];

	return is_known(span->begin[id]) && is_known(span->end[id]) ? span->end[id] - span->begin[id] : MT_UNKNOWN_U64;
}
