// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --malloc: which objects of an allocator are held, by call path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "leak.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const struct column columns[] = {
	{ .title = "HELD", .path = "bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "OBJECTS", .path = "objects", .unit = UNIT_COUNT, .key = true },
	{ .title = "OLDEST", .path = "oldest_ns", .unit = UNIT_NS, .key = true },
	{ .title = "CALL PATH", .path = "path", .left = true, .key = true, .path_of_calls = true },
};

/* In the order of fill_values(). */
static const struct column value_columns[] = {
	{ .title = "held", .path = "held_bytes", .unit = UNIT_BYTES },
	{ .title = "objects", .path = "held_objects", .unit = UNIT_COUNT },
	{ .title = "of processes that ended", .path = "ended_bytes", .unit = UNIT_BYTES },
	{ .title = "allocated", .path = "allocated", .unit = UNIT_COUNT },
	{ .title = "freed", .path = "freed", .unit = UNIT_COUNT },
	{ .title = "failed", .path = "failed", .unit = UNIT_COUNT },
	{ .title = "of others freed", .path = "foreign", .unit = UNIT_COUNT },
	{ .title = "without room", .path = "without_room", .unit = UNIT_COUNT },
	{ .title = "missed", .path = "missed", .unit = UNIT_COUNT },
	{ .title = "execs", .path = "dropped", .unit = UNIT_COUNT },
	{ .title = "functions", .path = "functions", .unit = UNIT_COUNT },
	{ .title = "files", .path = "files", .unit = UNIT_COUNT },
	{ .title = "a call and its free, up to", .path = "call_ns", .unit = UNIT_NS },
	{ .path = "sample" },
	{ .path = "by_probes" },
};

static bool wanted(const struct options *options)
{
	return options->malloc;
}

static bool replayed(const struct session *session)
{
	return session->facts.every & 1U << MT_PROBE_heap;
}

/* A run of CMD is about all that its processes did, until their ends. */
static bool counts_ended(const struct leak_run *run)
{
	const struct held_path *path, *next;

	if (run->tracing.session.outcome.pid)
		return true;
	HASH_ITER (hh, run->held.table, path, next)
		if (path->living.objects)
			return false;
	return true;
}

static struct held_objects sum_of(const struct held_paths *paths, bool of_ended)
{
	struct held_objects sum = paths->rest.living;
	const struct held_path *path, *next;

	if (of_ended)
		sum = paths->rest.ended;
	HASH_ITER (hh, paths->table, path, next) {
		sum.bytes += of_ended ? path->ended.bytes : path->living.bytes;
		sum.objects += of_ended ? path->ended.objects : path->living.objects;
	}
	return sum;
}

static int sum_up(struct leak_run *run)
{
	const struct mt_heap_sum *sum = &run->held.sum;

	run->requested_bytes = sum->requested;
	if (counts_ended(run))
		run->requested_bytes += sum->ended_requested;
	return 0;
}

static void fill_values(struct leak_run *run, bool ended)
{
	const struct mt_heap_sum *sum = &run->held.sum;
	const struct held_objects living = sum_of(&run->held, false), gone = sum_of(&run->held, true);
	struct cell *c = run->object_view.values;

	*c++ = cell_uint(living.bytes + (ended ? gone.bytes : 0));
	*c++ = cell_uint(living.objects + (ended ? gone.objects : 0));
	*c++ = cell_uint(gone.bytes);
	*c++ = cell_uint(sum->allocated);
	*c++ = cell_uint(sum->freed);
	*c++ = cell_uint(sum->failed);
	*c++ = cell_uint(sum->foreign);
	*c++ = cell_uint(sum->without_room);
	*c++ = cell_uint(sum->missed);
	*c++ = cell_uint(sum->dropped);
	*c++ = cell_uint(sum->functions);
	*c++ = cell_uint(sum->files);
	*c++ = sum->call_ns ? cell_uint(sum->call_ns) : cell_none();
	*c++ = cell_uint(sum->sample);
	*c++ = cell_bool(sum->by_probes);
}

static void fill(const struct leak_run *run, const struct held_path *path, bool ended, struct cell *c)
{
	const struct held_objects objects = held_path__objects(path, ended);
	uint64_t now_ns = run->ended_ns > objects.oldest_ns ? run->ended_ns : objects.oldest_ns;

	*c++ = cell_uint(objects.bytes);
	*c++ = cell_uint(objects.objects);
	*c++ = cell_uint(now_ns - objects.oldest_ns);
	*c++ = cell_string(path->text);
}

static int make_rows(struct leak_run *run, bool ended)
{
	struct held_path **list;
	struct cell *cells;
	size_t nr, i;
	int err = held_paths__rank(&run->held, ended, &list, &nr);

	if (err)
		return err;
	cells = cell_list__make(&run->object_view.rows, nr, NR(columns));
	for (i = 0; cells && i < nr; i++)
		fill(run, list[i], ended, &cells[i * NR(columns)]);
	free(list);
	return cells ? 0 : -ENOMEM;
}

/* What makes the numbers other than what the programs hold. */
static void say_what_lacks(const struct leak_run *run, struct report *report, bool ended)
{
	const struct mt_heap_sum *sum = &run->held.sum;
	uint64_t gone = sum_of(&run->held, true).bytes;

	if (sum->by_probes)
		report__add_note(
			report, "the program samples its objects itself (otel_memory): bytes are what the sampled ones "
				"stand for, objects are those");
	if (sum->sample > 1)
		report__add_note(report, "a sample of one address in %u: numbers are of the sample", sum->sample);
	if (sum->without_room)
		report__add_note(report, "%llu objects found no room and are missing (--objects N gives more)",
				 (unsigned long long)sum->without_room);
	if (sum->missed)
		report__add_note(report, "%llu call%s whose begin or end was not seen, as after longjmp()",
				 (unsigned long long)sum->missed, sum->missed == 1 ? "" : "s");
	if (sum->foreign)
		report__add_note(
			report,
			"%llu object%s freed that came before the run, or by fork: what a child inherits counts for "
			"its parent alone",
			(unsigned long long)sum->foreign, sum->foreign == 1 ? " was" : "s were");
	if (gone && !ended)
		report__add_note(report, "processes that have ended are left out: they held %llu bytes",
				 (unsigned long long)gone);
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_object_view *view = &run->object_view;
	bool ended = counts_ended(run);
	int err = make_rows(run, ended);

	if (err)
		return err;
	fill_values(run, ended);
	report__add_values(report, &(struct values){ .path = "allocator",
						     .heading = "allocator",
						     .columns = value_columns,
						     .cells = view->values,
						     .nr_columns = NR(value_columns) });
	cell_list__add(&view->rows,
		       &(struct table){ .path = "by_object",
					.columns = columns,
					.nr_columns = NR(columns),
					.empty = "no object is held that was allocated since the run began" },
		       run->tracing.session.options->rows, NR(columns) - 1, report);
	say_what_lacks(run, report, ended);
	return 0;
}

/* Before the first call is traced, for whoever would rather not. */
static void tell_cost(struct leak_run *run, const struct mt_heap_sum *sum)
{
	if (run->object_view.told || !sum->call_ns || run->tracing.session.options->replay)
		return;
	run->object_view.told = true;
	if (sum->by_probes) {
		log_note("tracing %u probes that %u file%s of the program brings itself (otel_memory): objects that it "
			 "samples",
			 sum->functions, sum->files, sum->files == 1 ? "" : "s");
		return;
	}
	log_note("tracing %u functions in %u file%s; an allocation and its free take up to %.1f us more",
		 sum->functions, sum->files, sum->files == 1 ? "" : "s", (double)sum->call_ns / 1e3);
}

static int on_event(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	struct cell cells[EVENT_MAX_COLUMNS];

	run->held.max_bytes = LEAK_PATHS_BYTES;
	if (row->id == MT_REC_heap_sum) {
		tell_cost(run, record);
		if (counts)
			held_paths__take_sum(&run->held, record);
	}
	if (row->id != MT_REC_heap && row->id != MT_REC_heap_path)
		return 0;
	event__cells(row, record, &run->tracing.session.names, cells);
	event_path__read(&run->object_view.path, row, cells);
	if (row->id == MT_REC_heap_path)
		return held_paths__take_path(&run->held, record, run->object_view.path.parts, EVENT_PATH_PARTS);
	return held_paths__take(&run->held, record, run->object_view.path.parts, EVENT_PATH_PARTS);
}

static void done(struct leak_run *run)
{
	held_paths__done(&run->held);
	cell_list__free(&run->object_view.rows);
}

const struct leak_section leak_object_section = {
	.name = "by_object",
	.sums = "allocator",
	.wanted = wanted,
	.replayed = replayed,
	.probes = 1U << MT_PROBE_heap,
	.every = 1U << MT_PROBE_heap,
	.chains = true,
	.event = on_event,
	.sum = sum_up,
	.add = add,
	.done = done,
};
