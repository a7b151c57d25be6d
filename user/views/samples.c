// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "samples.h"

/* In the order in which values are added. */
static const char *const paths[] = {
#define PATHS_GAUGE(path)		     path ".last", path ".min", path ".max",
#define PATHS_COUNTER(path)		     path,
#define MT_SAMPLE(id, file, kind, path, ...) PATHS_##kind(path)
#include "../model/samples.def"
};

static struct cell cell_of(uint64_t value, enum unit unit)
{
	if (value == MT_UNKNOWN_U64)
		return cell_none();
	return unit == UNIT_SHARE ? cell_real((double)value / SAMPLE_WHOLE) : cell_uint(value);
}

static void add_value(struct samples *samples, uint64_t value, enum unit unit)
{
	samples->columns[samples->nr] = (struct column){ .path = paths[samples->nr], .unit = unit };
	samples->cells[samples->nr++] = cell_of(value, unit);
}

static void add_sample(struct samples *samples, const struct sample_counts *counts, enum sample_id id, enum scope scope)
{
	const struct sample_extent *extent = &counts->extents[scope][id];
	enum unit unit = sample_rows[id].unit;

	if (sample_rows[id].kind == SAMPLE_COUNTER) {
		add_value(samples, sample_extent__growth(extent), unit);
		return;
	}
	add_value(samples, extent->end, unit);
	add_value(samples, extent->min, unit);
	add_value(samples, extent->max, unit);
}

void samples__add(struct samples *samples, const struct run_view *view, struct report *report, enum scope scope)
{
	struct values values = { .path = "samples", .columns = samples->columns, .cells = samples->cells };
	enum sample_id id;

	if (!view->samples || !view->samples->any)
		return;
	samples->nr = 0;
	for (id = 0; id < NR_SAMPLES; id++)
		add_sample(samples, view->samples, id, scope);
	values.nr_columns = samples->nr;
	report__add_values(report, &values);
}
