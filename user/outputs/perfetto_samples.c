// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A report has the samples of an interval: of a gauge its value at the end, of what only grows how much a second, of a
 * time that grows which share. A value is written when it has changed, and not as long as it is 0.
 */
#include <math.h>
#include <string.h>

#include "../report/report.h"
#include "perfetto_impl.h"

#define NS_PER_S 1e9
#define PERCENT	 100
#define LAST	 ".last"

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && !strcmp(path + len - end_len, end);
}

/* The value as it is shown, and what stands behind its name.  false: there is none. */
static bool value_of(const struct column *column, const struct cell *cell, uint64_t took_ns, double *value,
		     const char **behind)
{
	bool gauge = ends_in(column->path, LAST);

	if (ends_in(column->path, ".min") || ends_in(column->path, ".max") ||
	    (cell->kind != CELL_UINT && cell->kind != CELL_REAL) || (!gauge && !took_ns))
		return false;
	*value = cell->kind == CELL_UINT ? (double)cell->u : cell->r;
	*behind = "";
	if (column->unit == UNIT_SHARE || (!gauge && column->unit == UNIT_NS)) {
		*value *= column->unit == UNIT_SHARE ? PERCENT : PERCENT / (double)took_ns;
		*behind = " %";
	} else if (!gauge) {
		*value *= NS_PER_S / (double)took_ns;
		*behind = " per second";
	}
	return isfinite(*value);
}

/* The track of a value, NULL: it needs none as long as it is 0. */
static struct perfetto_track *counter_of(struct perfetto_file *file, const struct column *column, const char *behind,
					 double value)
{
	PerfettoFile__TrackDescriptor about = PERFETTO_FILE__TRACK_DESCRIPTOR__INIT;
	PerfettoFile__TrackDescriptor all = PERFETTO_FILE__TRACK_DESCRIPTOR__INIT;
	PerfettoFile__CounterDescriptor number = PERFETTO_FILE__COUNTER_DESCRIPTOR__INIT;
	size_t len = strlen(column->path) - (ends_in(column->path, LAST) ? strlen(LAST) : 0);
	char name[PERFETTO_KEY_MAX], key[PERFETTO_KEY_MAX + 16];
	static char machine[] = "machine";

	snprintf(name, sizeof(name), "%.*s%s", (int)len, column->path, behind);
	snprintf(key, sizeof(key), "counter %s", name);
	if (value == 0 && !perfetto__has_track(file, key))
		return NULL;
	all.name = machine;
	about.has_parent_uuid = true;
	about.parent_uuid = perfetto__uuid(file, machine, &all);
	number.has_unit = true;
	number.unit = column->unit == UNIT_BYTES ? PERFETTO_FILE__COUNTER_DESCRIPTOR__UNIT__UNIT_SIZE_BYTES :
						   PERFETTO_FILE__COUNTER_DESCRIPTOR__UNIT__UNIT_COUNT;
	about.name = name;
	about.counter = &number;
	return perfetto__track(file, key, &about);
}

static void put_value(struct perfetto_file *file, struct perfetto_track *counter, double value, uint64_t time_ns)
{
	PerfettoFile__TracePacket packet = PERFETTO_FILE__TRACE_PACKET__INIT;
	PerfettoFile__TrackEvent mark = PERFETTO_FILE__TRACK_EVENT__INIT;

	if (counter->last == value)
		return;
	counter->last = value;
	packet.has_timestamp = mark.has_type = mark.has_track_uuid = mark.has_double_counter_value = true;
	packet.timestamp = time_ns;
	packet.track_event = &mark;
	mark.type = PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_COUNTER;
	mark.track_uuid = counter->uuid;
	mark.double_counter_value = value;
	perfetto__put(file, &packet);
}

/* The number of a report itself, 0: it has none. */
static uint64_t about_report(const struct report *report, const char *path)
{
	size_t s, i;

	for (s = 0; s < report->nr_sections; s++) {
		const struct values *values = &report->sections[s].values;

		if (report->sections[s].kind != SECTION_VALUES || !values->path || *values->path)
			continue;
		for (i = 0; i < values->nr_columns; i++)
			if (values->columns[i].path && !strcmp(values->columns[i].path, path) &&
			    values->cells[i].kind == CELL_UINT)
				return values->cells[i].u;
	}
	return 0;
}

void perfetto__put_samples(struct perfetto_file *file, const int64_t *wall_offset_ns, const struct report *report)
{
	uint64_t took_ns = about_report(report, "duration_ns"), end_ns = about_report(report, "start_ns") + took_ns;
	struct perfetto_track *counter;
	const char *behind;
	double value;
	size_t s, i;

	for (s = 0; s < report->nr_sections; s++) {
		const struct values *values = &report->sections[s].values;

		if (report->sections[s].kind != SECTION_VALUES || !values->path || strcmp(values->path, "samples"))
			continue;
		perfetto__put_clocks(file, wall_offset_ns, end_ns);
		for (i = 0; i < values->nr_columns; i++) {
			if (!values->columns[i].path ||
			    !value_of(&values->columns[i], &values->cells[i], took_ns, &value, &behind))
				continue;
			counter = counter_of(file, &values->columns[i], behind, value);
			if (counter)
				put_value(file, counter, value, end_ns);
		}
	}
}
