// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The output for Perfetto: events on tracks of their threads; beside them samples of the machine over time
 * (perfetto_samples.c).
 *
 * An event that took time is a slice, any other one an instant. Below the track of its thread each kind of event has a
 * track of its own: on one track slices must lie within each other, and of what is told of several events at once that
 * is not sure. An event without a task is on a track of the machine. All other columns of it stand beside it. Times are
 * those of the boot time clock; one packet says which time of day that is.
 */
#include "perfetto_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/sanitise.h"
#include "../base/stream.h"
#include "../report/output.h"

#define COLUMNS_MAX 64
#define LANES_MAX   64

/* What columns of an event say about its place, by their paths. */
enum part {
	PART_TIME,
	PART_BEGIN,
	PART_END,
	PART_DURATION,
	PART_PID,
	PART_TID,
	PART_PROCESS_BEGIN,
	PART_COMM,
	PART_THREAD_COMM,
	PART_NODE,
	NR_PARTS,
};

static const char *const part_paths[NR_PARTS] = {
	[PART_TIME] = "time_ns",
	[PART_BEGIN] = "start_ns",
	[PART_END] = "end_ns",
	[PART_DURATION] = "duration_ns",
	[PART_PID] = "pid",
	[PART_TID] = "tid",
	[PART_PROCESS_BEGIN] = "start_time_ns",
	[PART_COMM] = "comm",
	[PART_THREAD_COMM] = "thread_comm",
	[PART_NODE] = "node",
};

struct event {
	const char *name;
	const struct cell *parts[NR_PARTS]; /* NULL: it is not known */
	PerfettoFile__DebugAnnotation rest[COLUMNS_MAX], *list[COLUMNS_MAX];
	char *texts[COLUMNS_MAX]; /* of the rest, to be freed */
	size_t nr;
};

static struct perfetto_file *file_of(struct output *out)
{
	struct perfetto_file *file = out->state;

	if (!file)
		file = out->state = calloc(1, sizeof(*file));
	if (file)
		file->stream = out->stream;
	return file;
}

static bool is_known(const struct event *event, enum part part)
{
	const struct cell *cell = event->parts[part];

	return cell && (cell->kind == CELL_UINT || cell->kind == CELL_INT);
}

static uint64_t number(const struct event *event, enum part part)
{
	return is_known(event, part) ? event->parts[part]->u : 0;
}

static const char *text(const struct event *event, enum part part)
{
	const struct cell *cell = event->parts[part];

	return cell && cell->kind == CELL_STRING ? cell->s : "";
}

/* One more thing that stands beside an event; false: no memory. */
static bool add_rest(struct event *event, const char *path, const struct cell *cell)
{
	PerfettoFile__DebugAnnotation *rest = &event->rest[event->nr];

	perfetto_file__debug_annotation__init(rest);
	rest->name = (char *)path;
	rest->has_uint_value = cell->kind == CELL_UINT;
	rest->has_int_value = cell->kind == CELL_INT;
	rest->has_double_value = cell->kind == CELL_REAL;
	rest->has_bool_value = cell->kind == CELL_BOOL;
	rest->has_pointer_value = cell->kind == CELL_ADDRESS;
	rest->uint_value = rest->pointer_value = cell->kind == CELL_BOOL ? 0 : cell->u;
	rest->int_value = cell->kind == CELL_INT ? cell->i : 0;
	rest->double_value = cell->kind == CELL_REAL ? cell->r : 0;
	rest->bool_value = cell->kind == CELL_BOOL && cell->b;
	if (cell->kind == CELL_STRING) {
		rest->string_value = event->texts[event->nr] = sanitise_visible_dup(cell->s);
		if (!rest->string_value)
			return false;
	}
	event->list[event->nr] = rest;
	event->nr++;
	return true;
}

static bool is_value(const struct cell *cell)
{
	return cell->kind != CELL_NONE && cell->kind != CELL_HISTOGRAM && cell->kind != CELL_TABLE &&
	       cell->kind != CELL_NUMBERS;
}

/* Which column says what.  0 or -ENOMEM; free_rest() in any case. */
static int read_columns(struct event *event, const struct column *columns, const struct cell *cells, size_t nr)
{
	size_t i, part;

	for (i = 0; i < nr; i++) {
		if (!columns[i].path || !is_value(&cells[i]))
			continue;
		for (part = 0; part < NR_PARTS && strcmp(columns[i].path, part_paths[part]); part++)
			;
		if (part < NR_PARTS)
			event->parts[part] = &cells[i];
		else if (event->nr < COLUMNS_MAX && !add_rest(event, columns[i].path, &cells[i]))
			return -ENOMEM;
	}
	return 0;
}

static void free_rest(struct event *event)
{
	size_t i;

	for (i = 0; i < event->nr; i++)
		free(event->texts[i]);
}

/* The process's track: another one when it changes its name, as by exec. */
static uint64_t process_track(struct perfetto_file *file, const struct event *event)
{
	PerfettoFile__TrackDescriptor about = PERFETTO_FILE__TRACK_DESCRIPTOR__INIT;
	PerfettoFile__ProcessDescriptor process = PERFETTO_FILE__PROCESS_DESCRIPTOR__INIT;
	char key[PERFETTO_KEY_MAX], *name = sanitise_visible_dup(text(event, PART_COMM));
	uint64_t uuid;

	if (!name)
		file->err = -ENOMEM;
	snprintf(key, sizeof(key), "pid %" PRIu64 " %" PRIu64 " %s", number(event, PART_PID),
		 number(event, PART_PROCESS_BEGIN), text(event, PART_COMM));
	process.has_pid = true;
	process.pid = (int32_t)number(event, PART_PID);
	process.process_name = name;
	process.has_start_timestamp_ns = is_known(event, PART_PROCESS_BEGIN);
	process.start_timestamp_ns = (int64_t)number(event, PART_PROCESS_BEGIN);
	about.process = &process;
	uuid = perfetto__uuid(file, key, &about);
	free(name);
	return uuid;
}

static uint64_t thread_track(struct perfetto_file *file, const struct event *event)
{
	PerfettoFile__TrackDescriptor about = PERFETTO_FILE__TRACK_DESCRIPTOR__INIT;
	PerfettoFile__ThreadDescriptor thread = PERFETTO_FILE__THREAD_DESCRIPTOR__INIT;
	char key[PERFETTO_KEY_MAX], *name;
	uint64_t uuid;

	if (!is_known(event, PART_PID))
		return 0;
	about.has_parent_uuid = true;
	about.parent_uuid = process_track(file, event);
	if (!is_known(event, PART_TID))
		return about.parent_uuid;
	name = sanitise_visible_dup(text(event, PART_THREAD_COMM));
	if (!name)
		file->err = -ENOMEM;
	snprintf(key, sizeof(key), "tid %" PRIu64 " %" PRIu64 " %s", about.parent_uuid, number(event, PART_TID),
		 text(event, PART_THREAD_COMM));
	thread.has_pid = thread.has_tid = true;
	thread.pid = (int32_t)number(event, PART_PID);
	thread.tid = (int32_t)number(event, PART_TID);
	thread.thread_name = name;
	about.thread = &thread;
	uuid = perfetto__uuid(file, key, &about);
	free(name);
	return uuid;
}

/*
 * Below that, a track for its kind; of what concerns a node of memory, one for that node. If a slice on it has not
 * ended then, another one of the same name, which viewers draw together. 0: there is none.
 */
static uint64_t event_track(struct perfetto_file *file, const struct event *event, uint64_t begin_ns, uint64_t end_ns)
{
	PerfettoFile__TrackDescriptor about = PERFETTO_FILE__TRACK_DESCRIPTOR__INIT;
	uint64_t parent = thread_track(file, event);
	char key[PERFETTO_KEY_MAX + 64], name[PERFETTO_KEY_MAX];
	struct perfetto_track *track;
	size_t lane;

	snprintf(name, sizeof(name), "%s", event->name);
	if (!parent && is_known(event, PART_NODE))
		snprintf(name, sizeof(name), "%s node %" PRId64, event->name, event->parts[PART_NODE]->i);
	about.has_parent_uuid = parent;
	about.parent_uuid = parent;
	about.name = name;
	for (lane = 0; lane < LANES_MAX; lane++) {
		snprintf(key, sizeof(key), "kind %" PRIu64 " %zu %s", parent, lane, name);
		track = perfetto__track(file, key, &about);
		if (!track)
			break;
		if (begin_ns == end_ns || track->end_ns <= begin_ns) {
			track->end_ns = end_ns > track->end_ns ? end_ns : track->end_ns;
			return track->uuid;
		}
	}
	return 0;
}

static void put_event(struct perfetto_file *file, struct event *event, PerfettoFile__TrackEvent__Type type,
		      uint64_t track, uint64_t time_ns)
{
	static char category[] = "memtrace";
	PerfettoFile__TracePacket packet = PERFETTO_FILE__TRACE_PACKET__INIT;
	PerfettoFile__TrackEvent mark = PERFETTO_FILE__TRACK_EVENT__INIT;
	char *categories[] = { category };

	packet.has_timestamp = mark.has_type = mark.has_track_uuid = true;
	packet.timestamp = time_ns;
	packet.track_event = &mark;
	mark.type = type;
	mark.track_uuid = track;
	if (type != PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_SLICE_END) {
		mark.name = (char *)event->name;
		mark.n_categories = 1;
		mark.categories = categories;
		mark.n_debug_annotations = event->nr;
		mark.debug_annotations = event->list;
	}
	perfetto__put(file, &packet);
}

/* Most events have the moment at which they end; those that have an end have the moment at which they begin. */
static void put_times(struct perfetto_file *file, struct event *event)
{
	uint64_t time_ns = number(event, PART_TIME), took_ns = number(event, PART_DURATION);
	uint64_t begin_ns = took_ns < time_ns ? time_ns - took_ns : 0, end_ns = time_ns, track;

	if (is_known(event, PART_END)) {
		begin_ns = time_ns;
		end_ns = number(event, PART_END);
	} else if (is_known(event, PART_BEGIN)) {
		begin_ns = number(event, PART_BEGIN);
		end_ns = begin_ns + took_ns;
	}
	track = event_track(file, event, begin_ns, end_ns);
	if (end_ns <= begin_ns || !track) {
		put_event(file, event, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_INSTANT, track, begin_ns);
		return;
	}
	put_event(file, event, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, track, begin_ns);
	put_event(file, event, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_SLICE_END, track, end_ns);
}

static int perfetto_event(struct output *out, const char *name, const char *line, const struct column *columns,
			  const struct cell *cells, size_t nr)
{
	struct event event = { .name = name };
	struct perfetto_file *file = file_of(out);
	int err;

	(void)line;
	if (!file)
		return -ENOMEM;
	err = read_columns(&event, columns, cells, nr);
	if (!err) {
		perfetto__put_clocks(file, out->wall_offset_ns, number(&event, PART_TIME));
		put_times(file, &event);
		err = file->err;
	}
	free_rest(&event);
	return err ? err : stream__error(out->stream);
}

static int perfetto_report(struct output *out, const struct report *report)
{
	struct perfetto_file *file = file_of(out);

	if (!file || report->failed)
		return -ENOMEM;
	perfetto__put_samples(file, out->wall_offset_ns, report);
	return file->err ? file->err : stream__flush(out->stream);
}

static void perfetto_done(struct output *out)
{
	if (!out->state)
		return;
	perfetto__free_tracks(out->state);
	free(out->state);
	out->state = NULL;
}

extern const struct output_ops perfetto_output;

const struct output_ops perfetto_output = {
	.name = "perfetto",
	.events_only = true,
	.intervals = true,
	.binary = true,
	.for_programs = true,
	.report = perfetto_report,
	.event = perfetto_event,
	.done = perfetto_done,
};
