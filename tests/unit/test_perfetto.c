/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers outputs/perfetto*.c: slices that overlap, events without a task or a time, hostile names, samples, the bound
 * on tracks, errors.  That another reader finds the events of recordings is tested in tests/cli/viewers.bats.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/outputs/perfetto_impl.h"
#include "../../user/report/output.h"

extern const struct output_ops perfetto_output;

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t offset = 5000;

static const struct column columns[] = {
	{ .path = "time_ns", .unit = UNIT_TIME },
	{ .path = "duration_ns", .unit = UNIT_NS },
	{ .path = "pid" },
	{ .path = "tid" },
	{ .path = "start_time_ns" },
	{ .path = "comm" },
	{ .path = "thread_comm" },
	{ .path = "node" },
	{ .path = "bytes", .unit = UNIT_BYTES },
	{ .path = "function" },
	{ .path = "address" },
	{ .path = "partial" },
	{ .path = "share" },
	{ .title = "for people" },
};

struct file {
	struct output out;
	char *data;
	size_t size;
	PerfettoFile__Trace *trace;
};

static void open_file(struct file *file)
{
	*file = (struct file){ .out = { .ops = &perfetto_output, .wall_offset_ns = &offset } };
	file->out.stream = open_memstream(&file->data, &file->size);
	assert_non_null(file->out.stream);
}

static void read_file(struct file *file)
{
	output__done(&file->out);
	assert_null(file->out.state);
	assert_int_equal(fclose(file->out.stream), 0);
	file->trace = perfetto_file__trace__unpack(NULL, file->size, (const uint8_t *)file->data);
	assert_non_null(file->trace);
}

static void close_file(struct file *file)
{
	perfetto_file__trace__free_unpacked(file->trace, NULL);
	free(file->data);
}

/* One event: of pid 0 no task is known, of duration UINT64_MAX none. */
static int put(struct file *file, const char *name, uint64_t time_ns, uint64_t took_ns, uint64_t pid, const char *comm)
{
	struct cell cells[NR(columns)] = { { .kind = CELL_NONE } };

	cells[0] = cell_uint(time_ns);
	cells[1] = took_ns == UINT64_MAX ? cell_none() : cell_uint(took_ns);
	cells[2] = pid ? cell_uint(pid) : cell_none();
	cells[3] = pid ? cell_uint(pid + 1) : cell_none();
	cells[4] = cell_uint(77);
	cells[5] = cell_string(comm);
	cells[6] = cell_string("thread");
	cells[7] = (struct cell){ .kind = CELL_INT, .i = 2 };
	cells[8] = cell_uint(4096);
	cells[9] = cell_string("f\033[31m\377");
	cells[10] = cell_address(0xdead);
	cells[11] = cell_bool(false);
	cells[12] = cell_real(0.5);
	cells[13] = cell_uint(1);
	return perfetto_output.event(&file->out, name, "", columns, cells, NR(columns));
}

static const PerfettoFile__TrackDescriptor *track_of(const PerfettoFile__Trace *trace, uint64_t uuid)
{
	size_t i;

	for (i = 0; i < trace->n_packet; i++)
		if (trace->packet[i]->track_descriptor && trace->packet[i]->track_descriptor->uuid == uuid)
			return trace->packet[i]->track_descriptor;
	return NULL;
}

/* The nr-th event that is written, with its moment. */
static const PerfettoFile__TrackEvent *event_at(const PerfettoFile__Trace *trace, size_t nr, uint64_t *time_ns)
{
	size_t i;

	for (i = 0; i < trace->n_packet; i++) {
		if (!trace->packet[i]->track_event || nr--)
			continue;
		*time_ns = trace->packet[i]->timestamp;
		return trace->packet[i]->track_event;
	}
	fail_msg("there is no such event");
	return NULL;
}

static void an_event(void **state)
{
	const PerfettoFile__TrackEvent *begin, *end;
	const PerfettoFile__TrackDescriptor *kind, *thread, *process;
	uint64_t begin_ns, end_ns;
	struct file file;

	(void)state;
	open_file(&file);
	assert_int_equal(put(&file, "wait", 1000, 400, 12, "a\033b"), 0);
	read_file(&file);
	begin = event_at(file.trace, 0, &begin_ns);
	end = event_at(file.trace, 1, &end_ns);
	assert_int_equal(begin->type, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN);
	assert_int_equal(end->type, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_SLICE_END);
	assert_int_equal(begin_ns, 600);
	assert_int_equal(end_ns, 1000);
	assert_string_equal(begin->name, "wait");
	kind = track_of(file.trace, begin->track_uuid);
	thread = track_of(file.trace, kind->parent_uuid);
	process = track_of(file.trace, thread->parent_uuid);
	assert_int_equal(end->track_uuid, kind->uuid);
	assert_string_equal(kind->name, "wait");
	assert_int_equal(thread->thread->tid, 13);
	assert_int_equal(thread->thread->pid, 12);
	assert_string_equal(thread->thread->thread_name, "thread");
	assert_string_equal(process->process->process_name, "a\\x1bb");
	assert_int_equal(process->process->start_timestamp_ns, 77);
	assert_int_equal(begin->n_debug_annotations, 5); /* what is no place, and for programs */
	assert_int_equal(begin->debug_annotations[0]->uint_value, 4096);
	assert_string_equal(begin->debug_annotations[1]->string_value, "f\\x1b[31m\\xff");
	assert_int_equal(begin->debug_annotations[2]->pointer_value, 0xdead);
	assert_true(begin->debug_annotations[3]->has_bool_value && !begin->debug_annotations[3]->bool_value);
	assert_true(begin->debug_annotations[4]->double_value == 0.5);
	assert_int_equal(file.trace->packet[0]->clock_snapshot->clocks[0]->timestamp, 1000);
	assert_int_equal(file.trace->packet[0]->clock_snapshot->clocks[1]->timestamp, 6000);
	assert_int_equal(file.trace->packet[0]->sequence_flags, 1);
	assert_false(file.trace->packet[1]->has_sequence_flags);
	close_file(&file);
}

/* Slices on one track lie behind each other, whatever comes in which order. */
static void overlaps_have_tracks_of_their_own(void **state)
{
	static const struct {
		uint64_t begin, end;
		int lane;
	} slices[] = { { 100, 200, 0 }, { 150, 250, 1 }, { 200, 300, 0 },
		       { 10, 90, 2 },	{ 120, 310, 2 }, { 400, 400, 0 } };
	uint64_t lanes[3] = { 0 }, time_ns;
	struct file file;
	size_t i;

	(void)state;
	open_file(&file);
	for (i = 0; i < NR(slices); i++)
		assert_int_equal(put(&file, "wait", slices[i].end, slices[i].end - slices[i].begin, 0, NULL), 0);
	read_file(&file);
	for (i = 0; i < NR(slices); i++) {
		const PerfettoFile__TrackEvent *event = event_at(file.trace, 2 * i, &time_ns);

		if (!lanes[slices[i].lane])
			lanes[slices[i].lane] = event->track_uuid;
		assert_int_equal(time_ns, slices[i].begin);
		assert_int_equal(event->track_uuid, lanes[slices[i].lane]);
		assert_string_equal(track_of(file.trace, event->track_uuid)->name, "wait node 2");
		assert_int_equal(track_of(file.trace, event->track_uuid)->parent_uuid, 0);
	}
	for (i = 1; i < NR(lanes); i++)
		assert_true(lanes[i] > lanes[i - 1]);
	assert_int_equal(event_at(file.trace, 10, &time_ns)->type, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_INSTANT);
	close_file(&file);
}

static void names_that_change(void **state)
{
	uint64_t time_ns;
	struct file file;
	uint64_t first, second;

	(void)state;
	open_file(&file);
	assert_int_equal(put(&file, "x", 1, UINT64_MAX, 12, "sh"), 0);
	assert_int_equal(put(&file, "x", 2, UINT64_MAX, 12, "program"), 0);
	assert_int_equal(put(&file, "x", 3, UINT64_MAX, 12, "sh"), 0);
	read_file(&file);
	first = event_at(file.trace, 0, &time_ns)->track_uuid;
	second = event_at(file.trace, 1, &time_ns)->track_uuid;
	assert_int_not_equal(first, second);
	assert_int_equal(event_at(file.trace, 2, &time_ns)->track_uuid, first);
	assert_int_equal(event_at(file.trace, 0, &time_ns)->type, PERFETTO_FILE__TRACK_EVENT__TYPE__TYPE_INSTANT);
	close_file(&file);
}

static void put_samples(struct file *file, uint64_t end_ns, struct cell free_bytes, uint64_t faults)
{
	static const struct column run[] = { { .path = "start_ns", .unit = UNIT_TIME },
					     { .path = "duration_ns", .unit = UNIT_NS } };
	static const struct column samples[] = {
		{ .path = "free_bytes.last", .unit = UNIT_BYTES }, { .path = "free_bytes.min", .unit = UNIT_BYTES },
		{ .path = "faults", .unit = UNIT_COUNT },	   { .path = "some_ns", .unit = UNIT_NS },
		{ .path = "avg10.last", .unit = UNIT_SHARE },
	};
	const struct cell moments[] = { cell_uint(end_ns - 500000000), cell_uint(500000000) };
	const struct cell values[] = { free_bytes, cell_uint(7), cell_uint(faults), cell_uint(faults * 1000000),
				       cell_real(0.25) };
	struct report *report = report__new("memtrace.test/1");

	report__add_values(report, &(struct values){ .path = "", .columns = run, .cells = moments, .nr_columns = 2 });
	report__add_values(report,
			   &(struct values){ .path = "other", .columns = samples, .cells = values, .nr_columns = 5 });
	report__add_values(report,
			   &(struct values){ .path = "samples", .columns = samples, .cells = values, .nr_columns = 5 });
	assert_int_equal(perfetto_output.report(&file->out, report), 0);
	report__free(report);
}

static void samples(void **state)
{
	static const struct {
		uint64_t time_ns;
		const char *name;
		double value;
	} expected[] = {
		{ 1000000000, "free_bytes", 4096 },	 { 1000000000, "avg10 %", 25 },
		{ 2000000000, "faults per second", 20 }, { 2000000000, "some_ns %", 2 },
		{ 3000000000, "faults per second", 0 },	 { 3000000000, "some_ns %", 0 },
	};
	struct file file;
	uint64_t time_ns;
	size_t i, events = 0;

	(void)state;
	open_file(&file);
	put_samples(&file, 1000000000, cell_uint(4096), 0);  /* 0 is not written before it was another value */
	put_samples(&file, 2000000000, cell_uint(4096), 10); /* nor what has not changed */
	put_samples(&file, 3000000000, cell_none(), 0);
	read_file(&file);
	for (i = 0; i < NR(expected); i++) {
		const PerfettoFile__TrackEvent *event = event_at(file.trace, i, &time_ns);
		const PerfettoFile__TrackDescriptor *track = track_of(file.trace, event->track_uuid);

		assert_int_equal(time_ns, expected[i].time_ns);
		assert_string_equal(track->name, expected[i].name);
		assert_true(event->double_counter_value == expected[i].value);
		assert_string_equal(track_of(file.trace, track->parent_uuid)->name, "machine");
		assert_int_equal(track->counter->unit, i ? PERFETTO_FILE__COUNTER_DESCRIPTOR__UNIT__UNIT_COUNT :
							   PERFETTO_FILE__COUNTER_DESCRIPTOR__UNIT__UNIT_SIZE_BYTES);
	}
	for (i = 0; i < file.trace->n_packet; i++)
		events += file.trace->packet[i]->track_event != NULL;
	assert_int_equal(events, NR(expected));
	close_file(&file);
}

/* Processes without end take no memory without end: their events are then on a track of all. */
static void tracks_are_bounded(void **state)
{
	uint64_t time_ns, pid;
	struct file file;

	(void)state;
	open_file(&file);
	for (pid = 1; pid <= PERFETTO_TRACKS_MAX / 2; pid++)
		assert_int_equal(put(&file, "x", pid, UINT64_MAX, pid, "many"), 0);
	read_file(&file);
	assert_int_equal(event_at(file.trace, PERFETTO_TRACKS_MAX / 2 - 1, &time_ns)->track_uuid, 0);
	assert_int_equal(time_ns, PERFETTO_TRACKS_MAX / 2);
	close_file(&file);
}

static void errors(void **state)
{
	struct output out = { .ops = &perfetto_output, .stream = fopen("/dev/full", "w") };
	struct report *report = report__new("memtrace.test/1");

	(void)state;
	assert_non_null(out.stream);
	setvbuf(out.stream, NULL, _IONBF, 0);
	assert_int_not_equal(
		perfetto_output.event(&out, "x", "", columns, (struct cell[NR(columns)]){ 0 }, NR(columns)), 0);
	report->failed = true;
	assert_int_equal(perfetto_output.report(&out, report), -ENOMEM);
	output__done(&out);
	fclose(out.stream);
	report__free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event),	      cmocka_unit_test(overlaps_have_tracks_of_their_own),
		cmocka_unit_test(names_that_change),  cmocka_unit_test(samples),
		cmocka_unit_test(tracks_are_bounded), cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests_name("perfetto", tests, NULL, NULL);
}
