// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "samples.h"

static const struct column columns[] = {
#define COLUMNS_GAUGE(path_, unit_)                                                                                    \
	{ .path = path_ ".last", .unit = unit_ }, { .path = path_ ".min", .unit = unit_ },                             \
		{ .path = path_ ".max", .unit = unit_ },
#define COLUMNS_COUNTER(path_, unit_)					{ .path = path_, .unit = unit_ },
#define MT_SAMPLE(id, file, key, kind, unit, scale, path, metric, help) COLUMNS_##kind(path, UNIT_##unit)
#include "../model/samples.def"
};

static struct cell cell_of(uint64_t value, enum unit unit)
{
	if (value == MT_UNKNOWN_U64)
		return cell_none();
	return unit == UNIT_SHARE ? cell_real((double)value / SAMPLE_WHOLE) : cell_uint(value);
}

static struct cell *fill(struct cell *cells, const struct sample_counts *counts, enum sample_id id, enum scope scope)
{
	const struct sample_extent *extent = &counts->extents[scope][id];
	enum unit unit = sample_rows[id].unit;

	if (sample_rows[id].kind == SAMPLE_COUNTER) {
		*cells++ = cell_of(sample_extent__growth(extent), unit);
		return cells;
	}
	*cells++ = cell_of(extent->end, unit);
	*cells++ = cell_of(extent->min, unit);
	*cells++ = cell_of(extent->max, unit);
	return cells;
}

void samples__add(struct samples *samples, const struct run_view *view, struct report *report, enum scope scope)
{
	const struct values values = { .path = "samples",
				       .columns = columns,
				       .cells = samples->cells,
				       .nr_columns = sizeof(columns) / sizeof(*columns) };
	struct cell *cells = samples->cells;
	enum sample_id id;

	if (!view->samples || !view->samples->any)
		return;
	for (id = 0; id < NR_SAMPLES; id++)
		cells = fill(cells, view->samples, id, scope);
	report__add_values(report, &values);
}
