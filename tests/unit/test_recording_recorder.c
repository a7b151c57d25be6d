/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers recorder.h with window.h and dump_names.h: what is recorded is what is
 * replayed; the last part of a run with what came before as its base; files
 * that cannot be written, and whose they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/count/pipeline.h"
#include "../../user/recording/dump_names.h"
#include "../../user/recording/recorder.h"
#include "../../user/recording/window.h"
#include "../../user/sources/replay.h"
#include "recordings.h"
#include "records.h"

#define SEC	 1000000000ULL
#define BEGIN_NS (100 * SEC)
#define STEP_NS	 (SEC / 10)
#define NR_STEPS 100

static char dir[] = "/tmp/memtrace-test-XXXXXX";
static char path[64], second_path[80];

static int make_dir(void **state)
{
	(void)state;
	umask(022);
	if (!mkdtemp(dir))
		return -1;
	sprintf(path, "%s/test.rec", dir);
	sprintf(second_path, "%s.2", path);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	unlink(second_path);
	return 0;
}

static struct bytes slurp(const char *name)
{
	FILE *file = fopen(name, "r");
	struct bytes bytes = { 0 };
	char buf[65536];
	size_t size;

	assert_non_null(file);
	while ((size = fread(buf, 1, sizeof(buf), file)))
		bytes__add(&bytes, buf, size);
	fclose(file);
	return bytes;
}

static void spit(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(name, mode);
}

static struct recording_head a_head(void)
{
	return (struct recording_head){ .facts = { .subject = "the test", .probes = 0xff, .page_size = 4096 },
					.start = { .now_ns = BEGIN_NS, .wall_offset_ns = 7 },
					.version = "test" };
}

static struct outfile file_of_recorder;

static struct recorder *open_recorder(const char *to, uint64_t last_ns)
{
	const struct recorder_request request = { .file = &file_of_recorder, .last_ns = last_ns, .who = task_of_ref };
	struct recorder *rec;

	assert_int_equal(outfile__open(&file_of_recorder, to, last_ns ? OUTFILE_DUMP : OUTFILE_RECORDING), 0);
	assert_int_equal(recorder__new(&rec, &request), 0);
	return rec;
}

static void close_recorder(struct recorder *rec)
{
	recorder__free(rec);
	outfile__close(&file_of_recorder);
}

static struct recorder *begin(const char *to, uint64_t last_ns)
{
	const struct recording_head head = a_head();
	struct recorder *rec = open_recorder(to, last_ns);

	assert_int_equal(recorder__begin(rec, &head), 0);
	return rec;
}

static const struct command_outcome outcome = { .pid = 5, .status = 3, .minor = 10, .major = 1 };

/* What the machine and the losses had counted at that time: all grow at their own pace. */
static struct totals totals_at(uint64_t now_ns)
{
	struct totals totals = { 0 };
	uint64_t *value = (uint64_t *)&totals, seconds = now_ns / STEP_NS;
	size_t i;

	for (i = 0; i < offsetof(struct totals, rings) / sizeof(*value); i++)
		value[i] = seconds * (i % 7) + i;
	return totals;
}

/* Values that go up and down, with one that is not known. */
static struct sample_record samples_at(uint64_t now_ns)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = now_ns } };
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++)
		record.values[i] = now_ns / STEP_NS * i % 1013;
	record.values[3] = MT_UNKNOWN_U64;
	return record;
}

static void take_samples(struct recorder *rec, uint64_t now_ns)
{
	const struct sample_record record = samples_at(now_ns);

	recorder__take(rec, &record);
}

static int take_checkpoint(struct recorder *rec, uint64_t now_ns, bool final)
{
	const struct checkpoint checkpoint = { .now_ns = now_ns, .own_cpu_ns = now_ns / 1000, .wall_offset_ns = 7 };
	const struct totals totals = totals_at(now_ns);

	return recorder__checkpoint(rec, &checkpoint, &totals, now_ns, final);
}

static void take_task(struct recorder *rec, uint64_t life, uint64_t now_ns, uint64_t minor, uint32_t flags)
{
	struct mt_task task = minor_record(100 + life, 100 + life, "task", now_ns, minor);

	task.life = life;
	task.flags = flags;
	task.c[PAGES] = 3 * minor;
	recorder__take(rec, &task);
}

static void take_fault(struct recorder *rec, uint64_t now_ns)
{
	const struct mt_fault fault = { .hdr = { .id = MT_REC_fault, .size = sizeof(fault), .time_ns = now_ns },
					.who = { 1 },
					.address = now_ns };

	recorder__take(rec, &fault);
}

/* All of a recording, by the way that a replay takes. */
struct replayed {
	struct source *source;
	struct run_facts facts;
	struct pipeline pipeline;
	uint64_t faults, first_fault_ns, checkpoints;
	uint64_t nr_samples;
	struct sample_record first_samples, last_samples;
	struct cgroup_counts cgroups;
	struct totals totals;
	struct checkpoint checkpoint;
	int more;
};

static void on_event(void *ctx, const struct event_row *row, const void *record)
{
	struct replayed *replayed = ctx;
	const struct mt_hdr *hdr = record;

	if (row->id != MT_REC_fault)
		return;
	if (!replayed->faults++)
		replayed->first_fault_ns = hdr->time_ns;
	assert_non_null(task_refs__find(&replayed->pipeline.task_refs, ((const struct mt_fault *)record)->who.id));
}

static void on_record(void *ctx, const void *record)
{
	struct replayed *replayed = ctx;
	const struct mt_hdr *hdr = record;

	if (hdr->id != REC_SAMPLES)
		return;
	if (!replayed->nr_samples++)
		replayed->first_samples = *(const struct sample_record *)record;
	replayed->last_samples = *(const struct sample_record *)record;
}

static void replay(struct replayed *replayed, const char *name)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .max_groups = 100, .keep_dead = true };
	uint64_t due_ns;

	memset(replayed, 0, sizeof(*replayed));
	replayed->pipeline.aggregate = aggregate__new(&config);
	replayed->pipeline.cgroups = &replayed->cgroups;
	replayed->pipeline.event = on_event;
	replayed->pipeline.event_ctx = replayed;
	replayed->pipeline.every_record = on_record;
	replayed->pipeline.every_record_ctx = replayed;
	assert_int_equal(
		replay__open(&replayed->source, name, NULL, pipeline__sink(&replayed->pipeline), &replayed->facts), 0);
	while ((replayed->more = replayed->source->ops->next(replayed->source, &due_ns)) > 0) {
		assert_true(due_ns > BEGIN_NS);
		replayed->checkpoints++;
	}
	replayed->source->ops->totals(replayed->source, &replayed->totals);
	replayed->source->ops->checkpoint(replayed->source, &replayed->checkpoint);
	assert_int_equal(replayed->pipeline.malformed, 0);
	assert_int_equal(replayed->pipeline.error, 0);
}

static void replayed__free(struct replayed *replayed)
{
	replayed->source->ops->free(replayed->source);
	aggregate__free(replayed->pipeline.aggregate);
	cgroup_counts__free(&replayed->cgroups);
	pipeline__done(&replayed->pipeline);
}

static uint64_t sum(struct replayed *replayed, int slot)
{
	return aggregate__sums(replayed->pipeline.aggregate, SCOPE_TOTAL)[slot];
}

static void what_is_recorded_is_replayed(void **state)
{
	struct recorder *rec = begin(path, 0);
	struct replayed replayed;
	struct recorder_stats stats;
	struct totals totals = totals_at(BEGIN_NS + 50 * STEP_NS);
	uint64_t step;

	(void)state;
	for (step = 1; step <= 50; step++) {
		take_task(rec, 1, BEGIN_NS + step * STEP_NS - 2, 10 * step, 0);
		take_fault(rec, BEGIN_NS + step * STEP_NS - 1);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == 50), 0);
	}
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	stats = recorder__stats(rec);
	assert_int_equal(stats.events, 50);
	assert_int_equal(stats.files, 1);
	assert_string_equal(stats.path, path);
	close_recorder(rec);

	replay(&replayed, path);
	assert_int_equal(replayed.more, 0);
	assert_int_equal(replayed.checkpoints, 49); /* the final one is the end */
	assert_int_equal(replayed.faults, 50);
	assert_int_equal(sum(&replayed, MINOR), 500);
	assert_memory_equal(&replayed.totals, &totals, sizeof(totals));
	assert_int_equal(replayed.checkpoint.now_ns, BEGIN_NS + 50 * STEP_NS);
	assert_int_equal(replayed.source->ops->outcome(replayed.source)->status, 3);
	assert_string_equal(replayed.facts.subject, "the test");
	assert_false(replayed.source->damaged);
	replayed__free(&replayed);
}

static void records_before_the_run_are_in_it(void **state)
{
	const struct recording_head head = a_head();
	struct recorder *rec = open_recorder(path, 0);
	struct replayed replayed;

	(void)state;
	/* base counts come while probes are being attached */
	take_task(rec, 1, BEGIN_NS - 5, 1000, MT_TASK_BASE);
	assert_int_equal(recorder__begin(rec, &head), 0);
	take_task(rec, 1, BEGIN_NS + 5, 1007, 0);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + SEC, true), 0);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	close_recorder(rec);
	replay(&replayed, path);
	assert_int_equal(sum(&replayed, MINOR), 7);
	replayed__free(&replayed);
}

static void expect_samples(const struct sample_record *got, uint64_t now_ns)
{
	const struct sample_record expected = samples_at(now_ns);

	assert_memory_equal(got, &expected, sizeof(expected));
}

static void samples_are_replayed(void **state)
{
	const struct recording_head head = a_head();
	struct recorder *rec = open_recorder(path, 0);
	struct replayed replayed;
	uint64_t step;

	(void)state;
	take_samples(rec, BEGIN_NS - 5);
	assert_int_equal(recorder__begin(rec, &head), 0);
	for (step = 1; step <= 50; step++) {
		take_samples(rec, BEGIN_NS + step * STEP_NS - 1);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == 50), 0);
	}
	assert_int_equal(recorder__stats(rec).events, 0);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	close_recorder(rec);
	replay(&replayed, path);
	assert_int_equal(replayed.nr_samples, 51);
	expect_samples(&replayed.first_samples, BEGIN_NS - 5);
	expect_samples(&replayed.last_samples, BEGIN_NS + 50 * STEP_NS - 1);
	replayed__free(&replayed);
}

/* The newest samples of what slid out are where the rest counts from. */
static void samples_of_the_last_part_begin_with_it(void **state)
{
	struct recorder *rec = begin(path, 3 * SEC);
	struct replayed replayed;
	uint64_t step, start_ns;

	(void)state;
	for (step = 1; step <= NR_STEPS; step++) {
		take_samples(rec, BEGIN_NS + step * STEP_NS - 1);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == NR_STEPS), 0);
	}
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	close_recorder(rec);
	replay(&replayed, path);
	start_ns = replay__head(replayed.source)->start.now_ns;
	assert_true(start_ns > BEGIN_NS + 5 * SEC);
	assert_int_equal(replayed.nr_samples, 1 + NR_STEPS - (start_ns - BEGIN_NS) / STEP_NS);
	expect_samples(&replayed.first_samples, start_ns - 1);
	replayed__free(&replayed);
}

static void take_cgroup(struct recorder *rec, uint64_t id, uint64_t now_ns, uint64_t current, bool removed)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = now_ns },
		.cgroup_id = id,
		.removed = removed
	};

	memset(record.values, 0xff, sizeof(record.values));
	record.values[CGROUP_SAMPLE_memory_current] = current;
	record.values[CGROUP_SAMPLE_memory_max] = SAMPLE_UNLIMITED;
	record.left_out = id ? 0 : 9;
	recorder__take(rec, &record);
}

/* One that does not change, one that does, one that is removed early. */
static void take_cgroups(struct recorder *rec, uint64_t step)
{
	uint64_t now_ns = BEGIN_NS + step * STEP_NS - 1;

	if (step == 1) {
		take_cgroup(rec, 0, now_ns, MT_UNKNOWN_U64, false);
		take_cgroup(rec, 1, now_ns, 4096, false);
	}
	take_cgroup(rec, 2, now_ns, 4096 * step, false);
	if (step <= 3)
		take_cgroup(rec, 3, now_ns, 100, step == 3);
}

static void expect_cgroup(const struct cgroup_count *count, uint64_t id, uint64_t min, uint64_t last)
{
	const struct sample_extent *extents = count->extents[SCOPE_TOTAL];

	assert_int_equal(count->id, id);
	assert_int_equal(extents[CGROUP_SAMPLE_memory_current].end, last);
	assert_int_equal(extents[CGROUP_SAMPLE_memory_current].min, min);
	assert_true(extents[CGROUP_SAMPLE_memory_max].end == SAMPLE_UNLIMITED);
	assert_true(extents[CGROUP_SAMPLE_memory_low].end == MT_UNKNOWN_U64);
}

static void record_cgroups(uint64_t last_ns)
{
	struct recorder *rec = begin(path, last_ns);
	uint64_t step;

	for (step = 1; step <= NR_STEPS; step++) {
		take_cgroups(rec, step);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == NR_STEPS), 0);
	}
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	close_recorder(rec);
}

static void cgroups_are_replayed(void **state)
{
	struct replayed replayed;

	(void)state;
	record_cgroups(0);
	replay(&replayed, path);
	assert_int_equal(replayed.cgroups.nr, 3);
	assert_int_equal(replayed.cgroups.left_out, 9);
	expect_cgroup(&replayed.cgroups.list[0], 1, 4096, 4096);
	expect_cgroup(&replayed.cgroups.list[1], 2, 4096, 4096 * NR_STEPS);
	expect_cgroup(&replayed.cgroups.list[2], 3, 100, 100);
	assert_int_equal(replayed.cgroups.list[2].removed_ns, BEGIN_NS + 3 * STEP_NS - 1);
	replayed__free(&replayed);
}

/* What slid out is where they begin; of one that was gone by then nothing is left. */
static void cgroups_of_the_last_part_begin_with_it(void **state)
{
	struct replayed replayed;
	uint64_t start_ns;

	(void)state;
	record_cgroups(3 * SEC);
	replay(&replayed, path);
	start_ns = replay__head(replayed.source)->start.now_ns;
	assert_true(start_ns > BEGIN_NS + 5 * SEC);
	assert_int_equal(replayed.cgroups.nr, 2);
	assert_int_equal(replayed.cgroups.left_out, 9);
	expect_cgroup(&replayed.cgroups.list[0], 1, 4096, 4096);
	assert_int_equal(replayed.cgroups.list[0].since_ns, start_ns);
	expect_cgroup(&replayed.cgroups.list[1], 2, 4096 * ((start_ns - BEGIN_NS) / STEP_NS), 4096 * NR_STEPS);
	replayed__free(&replayed);
}

static void blocks_that_are_full_are_closed(void **state)
{
	struct recorder *rec = begin(path, 0);
	struct reading reading;
	struct bytes file;
	uint64_t i;

	(void)state;
	for (i = 0; i < 120000; i++)
		take_fault(rec, BEGIN_NS + i * 1000003);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + 200 * SEC, true), 0);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	close_recorder(rec);
	file = slurp(path);
	/* what can be read when the end is cut off shows that there were several blocks */
	read_recording(&reading, file.data, file.size - 1);
	assert_int_equal(reading.state, READER_CUT_OFF);
	assert_true(reading.nr_blocks > 3);
	assert_true(reading.records.nr > 120000);
	reading__free(&reading);
	bytes__free(&file);
}

/* Lives of a run: each counts one a step while it lives. */
static const struct {
	uint64_t born, dies; /* steps; dies 0: it does not */
	bool idle;	     /* it stops counting at step 10, and goes on */
} lives[] = {
	{ 0, 0, false }, { 0, 30, false }, { 0, 0, true }, { 85, 0, false }, { 75, 90, false }, { 20, 95, false },
};

#define NR_LIVES (sizeof(lives) / sizeof(*lives))

static uint64_t count_of(size_t life, uint64_t step)
{
	uint64_t end = lives[life].dies ? lives[life].dies : NR_STEPS;

	if (lives[life].idle)
		end = 10;
	if (step > end)
		step = end;
	return step > lives[life].born ? (step - lives[life].born) * (life + 1) : 0;
}

static void run_lives(struct recorder *rec)
{
	uint64_t step, now;
	size_t i;

	for (step = 1; step <= NR_STEPS; step++) {
		now = BEGIN_NS + step * STEP_NS;
		for (i = 0; i < NR_LIVES; i++) {
			if (step <= lives[i].born || (lives[i].dies && step > lives[i].dies) ||
			    (lives[i].idle && step > 10))
				continue;
			take_task(rec, 1 + i, now - 2, count_of(i, step), step == lives[i].dies ? MT_TASK_FINAL : 0);
		}
		/* a late one of a life that is over changes nothing */
		if (step == 31)
			take_task(rec, 2, now - 2, count_of(1, 29), 0);
		take_fault(rec, now - 1);
		assert_int_equal(take_checkpoint(rec, now, step == NR_STEPS), 0);
	}
	assert_int_equal(recorder__finish(rec, &outcome), 0);
}

static void the_last_part_counts_from_its_beginning(void **state)
{
	struct recorder *rec = begin(path, 3 * SEC);
	struct replayed replayed;
	struct totals at_end = totals_at(BEGIN_NS + NR_STEPS * STEP_NS), at_start;
	uint64_t start_ns, step, minor = 0, *a, *b, *got, i;

	(void)state;
	assert_int_equal(access(path, F_OK), -1); /* not before it is asked for */
	run_lives(rec);
	assert_int_equal(recorder__stats(rec).files, 1);
	close_recorder(rec);

	replay(&replayed, path);
	assert_int_equal(replayed.more, 0);
	assert_true(replay__head(replayed.source)->window);
	start_ns = replay__head(replayed.source)->start.now_ns;
	/* at least what was asked for, and not a block more than needed */
	assert_true(start_ns <= BEGIN_NS + 7 * SEC);
	assert_true(start_ns > BEGIN_NS + 5 * SEC);
	step = (start_ns - BEGIN_NS) / STEP_NS;
	for (i = 0; i < NR_LIVES; i++)
		minor += count_of(i, NR_STEPS) - count_of(i, step);
	assert_int_equal(sum(&replayed, MINOR), minor);
	assert_int_equal(sum(&replayed, PAGES), 3 * minor);
	assert_int_equal(replayed.faults, NR_STEPS - step);
	assert_int_equal(replayed.first_fault_ns, start_ns + STEP_NS - 1);
	at_start = totals_at(start_ns);
	a = (uint64_t *)&at_end;
	b = (uint64_t *)&at_start;
	got = (uint64_t *)&replayed.totals;
	for (i = 0; i < offsetof(struct totals, rings) / sizeof(*a); i++)
		assert_int_equal(got[i], a[i] - b[i]);
	assert_int_equal(replayed.checkpoint.own_cpu_ns, (NR_STEPS - step) * STEP_NS / 1000);
	replayed__free(&replayed);
}

static void lives_that_ended_before_have_no_base(void **state)
{
	struct recorder *rec = begin(path, 3 * SEC);
	struct bytes file;
	struct reading reading;
	uint64_t bases = 0, i;

	(void)state;
	run_lives(rec);
	close_recorder(rec);
	file = slurp(path);
	read_recording(&reading, file.data, file.size);
	assert_int_equal(reading.state, READER_COMPLETE);
	for (i = 0; i < reading.records.nr; i++) {
		const struct mt_task *task = &reading.records.list[i].task;

		if (task->hdr.id != MT_REC_TASK || !(task->flags & MT_TASK_BASE))
			continue;
		assert_true(task->life < 64 && !(bases >> task->life & 1));
		bases |= 1ULL << task->life;
	}
	/* lives 1, 3 (idle, but there) and 6; not 2, which ended, nor 4 and 5, which began later */
	assert_int_equal(bases, 1 << 1 | 1 << 3 | 1 << 6);
	reading__free(&reading);
	bytes__free(&file);
}

static void a_run_shorter_than_the_last_part_is_whole(void **state)
{
	struct recorder *rec = begin(path, 3600 * SEC);
	struct replayed replayed;
	uint64_t minor = 0, i;

	(void)state;
	run_lives(rec);
	close_recorder(rec);
	replay(&replayed, path);
	assert_false(replay__head(replayed.source)->window);
	assert_int_equal(replayed.faults, NR_STEPS);
	for (i = 0; i < NR_LIVES; i++)
		minor += count_of(i, NR_STEPS);
	assert_int_equal(sum(&replayed, MINOR), minor);
	replayed__free(&replayed);
}

static void asking_writes_a_file_each_time(void **state)
{
	struct recorder *rec = begin(path, 2 * SEC);
	struct replayed replayed;
	uint64_t step;

	(void)state;
	for (step = 1; step <= 60; step++) {
		take_fault(rec, BEGIN_NS + step * STEP_NS - 1);
		if (step == 30 || step == 60)
			recorder__ask(rec);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == 60), 0);
		assert_int_equal(recorder__stats(rec).files, step < 30 ? 0 : step < 60 ? 1 : 2);
	}
	assert_string_equal(recorder__stats(rec).path, second_path);
	/* nothing more to say */
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	assert_int_equal(recorder__stats(rec).files, 2);
	close_recorder(rec);
	replay(&replayed, path);
	assert_int_equal(replayed.checkpoint.now_ns, BEGIN_NS + 30 * STEP_NS);
	replayed__free(&replayed);
	replay(&replayed, second_path);
	assert_int_equal(replayed.checkpoint.now_ns, BEGIN_NS + 60 * STEP_NS);
	assert_true(replayed.first_fault_ns > BEGIN_NS + 29 * STEP_NS);
	replayed__free(&replayed);
}

static void an_oom_kill_writes_a_file_a_little_later(void **state)
{
	const struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom), .time_ns = BEGIN_NS + 2 * SEC } };
	struct recorder *rec = begin(path, 60 * SEC);
	uint64_t step;

	(void)state;
	for (step = 1; step <= 40; step++) {
		if (step == 20)
			recorder__take(rec, &oom);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, step == 40), 0);
		if (step < 30)
			assert_int_equal(recorder__stats(rec).files, 0);
	}
	assert_int_equal(recorder__stats(rec).files, 1);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	assert_int_equal(recorder__stats(rec).files, 1);
	close_recorder(rec);
}

static unsigned int nr_kept;

static void keeps(void *ctx, char *data, size_t size)
{
	FILE *file = fopen(path, "w");

	(void)ctx;
	nr_kept++;
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
	free(data);
}

static bool disk_is_slow;

static bool may_keep(void *ctx)
{
	(void)ctx;
	return !disk_is_slow;
}

static struct recorder *begin_without_file(uint64_t max_bytes)
{
	const struct recorder_request request = {
		.last_ns = 60 * SEC, .max_bytes = max_bytes, .keep = keeps, .may_keep = may_keep, .who = task_of_ref
	};
	const struct recording_head head = a_head();
	struct recorder *rec;

	nr_kept = 0;
	assert_int_equal(recorder__new(&rec, &request), 0);
	assert_int_equal(recorder__begin(rec, &head), 0);
	return rec;
}

/* The same without a file; a run without a kill gives nothing. */
static void the_last_part_is_handed_over_at_a_kill(void **state)
{
	const struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom), .time_ns = BEGIN_NS + 2 * SEC } };
	struct recorder *rec = begin_without_file(0);
	struct replayed replayed;
	uint64_t step;

	(void)state;
	for (step = 1; step <= 40; step++) {
		take_fault(rec, BEGIN_NS + step * STEP_NS - 1);
		if (step == 20)
			recorder__take(rec, &oom);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, false), 0);
		if (step < 30)
			assert_int_equal(nr_kept, 0);
	}
	assert_int_equal(nr_kept, 1);
	replay(&replayed, path);
	assert_int_equal(replayed.more, 0);
	assert_in_range(replayed.faults, 30, 40);
	replayed__free(&replayed);
	/* one that the run's end comes too soon for */
	recorder__take(rec, &oom);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	assert_int_equal(nr_kept, 2);
	recorder__free(rec);
	rec = begin_without_file(0);
	take_fault(rec, BEGIN_NS + STEP_NS);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + 2 * STEP_NS, true), 0);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	assert_int_equal(nr_kept, 0);
	recorder__free(rec);
}

/* Two would take twice the memory: all kills until then are in the next one. */
static void the_last_part_waits_until_the_one_before_is_written(void **state)
{
	struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom) } };
	struct recorder *rec = begin_without_file(0);
	uint64_t step;

	(void)state;
	disk_is_slow = true;
	for (step = 1; step <= 80; step++) {
		oom.hdr.time_ns = BEGIN_NS + step * STEP_NS;
		if (step == 20 || step == 30)
			recorder__take(rec, &oom);
		if (step == 70) {
			assert_int_equal(nr_kept, 0);
			disk_is_slow = false;
		}
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, false), 0);
	}
	assert_int_equal(nr_kept, 1);
	/* at the end it is written in any case */
	disk_is_slow = true;
	recorder__take(rec, &oom);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	assert_int_equal(nr_kept, 2);
	disk_is_slow = false;
	recorder__free(rec);
}

/* How many faults are in the last part of a run of so many, each with a checkpoint; these are its last ones. */
static uint64_t faults_kept(uint64_t steps, uint64_t max_bytes)
{
	struct mt_oom oom = { .hdr = { .id = MT_REC_oom, .size = sizeof(oom) } };
	struct recorder *rec = begin_without_file(max_bytes);
	struct replayed replayed;
	uint64_t step, nr;

	for (step = 1; step <= steps; step++) {
		take_fault(rec, BEGIN_NS + step * STEP_NS - 1);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, false), 0);
	}
	oom.hdr.time_ns = BEGIN_NS + steps * STEP_NS;
	recorder__take(rec, &oom);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	replay(&replayed, path);
	assert_true(replay__head(replayed.source)->window);
	nr = replayed.faults;
	assert_int_equal(replayed.first_fault_ns, BEGIN_NS + (steps + 1 - nr) * STEP_NS - 1);
	replayed__free(&replayed);
	recorder__free(rec);
	return nr;
}

/* Whenever it is asked for, there is as much as there is room for. */
static void the_last_part_is_bounded_in_bytes(void **state)
{
	uint64_t steps;

	(void)state;
	for (steps = 200; steps < 400; steps += 10)
		assert_in_range(faults_kept(steps, 4000), 70, 110);
}

static int count_block(void *ctx, const void *data, size_t size)
{
	++*(size_t *)ctx;
	return 0;
}

static size_t nr_blocks(const struct window *window)
{
	size_t nr = 0;

	assert_int_equal(window__each(window, count_block, &nr), 0);
	return nr;
}

static size_t nr_lives(const struct window *window)
{
	return HASH_COUNT(window->base.table);
}

/* Thousands of lives, of which few are alive at a time, for long: neither blocks nor lives pile up. */
static void a_window_gives_memory_back(void **state)
{
	struct layouts own;
	struct window window;
	struct encoder enc;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	uint64_t second, now, life = 1, i;

	(void)state;
	assert_int_equal(layouts__own(&own), 0);
	assert_int_equal(window__init(&window, &own, 5 * SEC), 0);
	encoder__init(&enc, &own);
	for (second = 1; second <= 300; second++) {
		struct checkpoint_record checkpoint = { .hdr = { .id = REC_CHECKPOINT } };

		now = BEGIN_NS + second * SEC;
		for (i = 0; i < 20; i++, life++) {
			struct mt_task task = minor_record(life, life, "x", now, 1);

			task.life = life;
			assert_int_equal(encoder__add(&enc, &task), 0);
			task.flags = MT_TASK_FINAL;
			assert_int_equal(encoder__add(&enc, &task), 0);
			task.flags = 0; /* late */
			assert_int_equal(encoder__add(&enc, &task), 0);
		}
		checkpoint.hdr.time_ns = now;
		assert_int_equal(encoder__add(&enc, &checkpoint), 0);
		assert_int_equal(
			window__add(&window, block__pack(zstd, BLOCK_DATA, enc.buf, enc.size, enc.nr, now), true), 0);
		encoder__reset(&enc);
		assert_int_equal(window__slide(&window, now), 0);
		assert_true(nr_blocks(&window) <= 7);
		assert_true(nr_blocks(&window) >= (second < 5 ? second : 5));
		assert_int_equal(nr_lives(&window), 0);
	}
	encoder__free(&enc);
	window__free(&window);
	layouts__free(&own);
	ZSTD_freeCCtx(zstd);
}

static void one_block(struct window *window, const struct layouts *own, ZSTD_CCtx *zstd, uint64_t now,
		      bool at_checkpoint)
{
	struct checkpoint_record checkpoint = { .hdr = { .id = REC_CHECKPOINT, .time_ns = now } };
	struct encoder enc;

	encoder__init(&enc, own);
	assert_int_equal(encoder__add(&enc, &checkpoint), 0);
	assert_int_equal(
		window__add(window, block__pack(zstd, BLOCK_DATA, enc.buf, enc.size, enc.nr, now), at_checkpoint), 0);
	encoder__free(&enc);
}

/* Seconds of several blocks: when one is over, no more is held than the bound; but the last second stays. */
static void a_window_is_bounded_after_each_second(void **state)
{
	struct layouts own;
	struct window window;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	uint64_t second, now, most = 0;
	unsigned int i;

	(void)state;
	assert_int_equal(layouts__own(&own), 0);
	assert_int_equal(window__init(&window, &own, 60 * SEC), 0);
	one_block(&window, &own, zstd, BEGIN_NS, true);
	window.max_bytes = 10 * window.bytes;
	for (second = 1; second <= 20; second++) {
		now = BEGIN_NS + second * SEC;
		for (i = 0; i < 4; i++)
			one_block(&window, &own, zstd, now, i == 3);
		assert_int_equal(window__slide(&window, now), 0);
		assert_true(window.bytes <= window.max_bytes);
		most = window.bytes > most ? window.bytes : most;
	}
	assert_true(most > window.max_bytes / 2);
	window.max_bytes = 1;
	assert_int_equal(window__slide(&window, now), 0);
	assert_int_equal(nr_blocks(&window), 4);
	window__free(&window);
	layouts__free(&own);
	ZSTD_freeCCtx(zstd);
}

struct starts {
	unsigned int blocks;
	uint64_t records;
	size_t largest;
};

static int empty(void *ctx, struct encoder *enc)
{
	struct starts *starts = ctx;

	starts->blocks++;
	starts->records += enc->nr;
	starts->largest = enc->size > starts->largest ? enc->size : starts->largest;
	encoder__reset(enc);
	return 0;
}

/* More lives than one block can have. */
static void a_base_may_take_several_blocks(void **state)
{
	struct layouts own;
	struct window window;
	struct encoder enc;
	struct starts starts = { 0 };
	uint64_t i;

	(void)state;
	assert_int_equal(layouts__own(&own), 0);
	assert_int_equal(window__init(&window, &own, SEC), 0);
	window.start.hdr = (struct mt_hdr){ .id = REC_CHECKPOINT, .time_ns = BEGIN_NS };
	for (i = 1; i <= 60000; i++) {
		struct life *life = task_counts__add(&window.base, i << 32);
		struct packed_change change;
		uint64_t counts[MT_NR_SLOTS] = { i };

		assert_non_null(life);
		assert_int_equal(packed__prepare(&life->last, counts, &change), 0);
		packed__commit(&change);
	}
	encoder__init(&enc, &own);
	assert_int_equal(window__encode_start(&window, &enc, empty, &starts), 0);
	assert_true(starts.blocks >= 2);
	assert_true(starts.largest < 2 * BLOCK_TARGET);
	assert_int_equal(starts.records + enc.nr, 60001);
	encoder__free(&enc);
	window__free(&window);
	layouts__free(&own);
}

static void a_full_disk_is_reported(void **state)
{
	struct recorder *rec;

	(void)state;
	rec = begin("/dev/full", 3 * SEC); /* the last part is written at the end */
	take_fault(rec, BEGIN_NS + 1);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + SEC, true), 0);
	assert_int_equal(recorder__finish(rec, &outcome), -ENOSPC);
	assert_int_equal(recorder__stats(rec).files, 0);
	close_recorder(rec);
	{
		const struct recording_head head = a_head();

		rec = open_recorder("/dev/full", 0);
		assert_int_equal(recorder__begin(rec, &head), -ENOSPC);
		close_recorder(rec);
	}
}

/* The kernel writes what still fits, and refuses the rest: a short write first. */
static void a_write_that_is_cut_short_is_reported(void **state)
{
	struct recorder *rec = begin(path, 0);
	struct rlimit old, limit;
	struct stat st;
	uint64_t i;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = st.st_size + 100;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; i < 500; i++)
		take_fault(rec, BEGIN_NS + i * i * 1000);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + 2 * SEC, false), -EFBIG);
	/* and from then on nothing is written */
	setrlimit(RLIMIT_FSIZE, &old);
	take_fault(rec, BEGIN_NS + 2 * SEC);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + 4 * SEC, true), -EFBIG);
	assert_int_equal(recorder__finish(rec, &outcome), -EFBIG);
	close_recorder(rec);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, limit.rlim_cur);
}

static void only_the_owner_may_read_it(void **state)
{
	static const uint64_t last_ns[] = { 0, 3 * SEC };
	struct stat st;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct recorder *rec = begin(path, last_ns[i]);

		assert_int_equal(take_checkpoint(rec, BEGIN_NS + SEC, true), 0);
		assert_int_equal(recorder__finish(rec, &outcome), 0);
		close_recorder(rec);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		unlink(path);
	}
}

static void an_older_file_stays_until_there_is_something_to_write(void **state)
{
	struct recorder *rec;
	struct bytes file;

	(void)state;
	/* longer than what replaces it */
	{
		char *text = malloc(200001);

		memset(text, 'x', 200000);
		text[200000] = '\0';
		spit(path, text, 0640);
		free(text);
	}
	close_recorder(open_recorder(path, 0));
	file = slurp(path);
	assert_int_equal(file.size, 200000);
	bytes__free(&file);

	rec = begin(path, 0);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + SEC, true), 0);
	assert_int_equal(recorder__finish(rec, &outcome), 0);
	file = slurp(path);
	assert_int_equal(file.size, recorder__stats(rec).bytes);
	close_recorder(rec);
	bytes__free(&file);
}

static void spit_dumps(const char *text)
{
	char name[96];

	for (int number = 2; number <= DUMP_FILES_MAX; number++) {
		const struct timespec times[2] = { { .tv_sec = 1000 + number }, { .tv_sec = 1000 + number % 7 } };

		sprintf(name, "%s.%d", path, number);
		spit(name, text, 0600);
		assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
	}
}

static void remove_dumps(void)
{
	char name[96];

	for (int number = 2; number <= DUMP_FILES_MAX; number++) {
		sprintf(name, "%s.%d", path, number);
		unlink(name);
	}
}

/* As many as may be there; then the oldest recording goes, and nothing that is none. */
static void last_parts_are_bounded(void **state)
{
	struct recorder *rec = begin(path, 2 * SEC);
	char seventh[96];
	struct bytes file;
	uint64_t step;

	(void)state;
	sprintf(seventh, "%s.7", path);
	spit(path, "no recording", 0600);
	spit_dumps("memtrace of old");
	for (step = 1; step <= 10; step++) {
		recorder__ask(rec);
		assert_int_equal(take_checkpoint(rec, BEGIN_NS + step * STEP_NS, false), 0);
		assert_int_equal(recorder__dump_error(rec), 0);
		if (step == 1)
			assert_string_equal(recorder__stats(rec).path, seventh);
	}
	assert_int_equal(recorder__stats(rec).files, 10);
	file = slurp(path);
	assert_memory_equal(file.data, "no recording", 12);
	bytes__free(&file);
	/* what is not a recording, or somebody else's, is not given up */
	spit_dumps("mine");
	recorder__ask(rec);
	assert_int_equal(take_checkpoint(rec, BEGIN_NS + 11 * STEP_NS, false), 0);
	assert_int_equal(recorder__dump_error(rec), -EPERM);
	close_recorder(rec);
	file = slurp(seventh);
	assert_memory_equal(file.data, "mine", 4);
	bytes__free(&file);
	remove_dumps();
}

static void a_dash_is_standard_output(void **state)
{
	FILE *file = fopen(path, "w+");
	struct recorder *rec;
	struct reading reading;
	struct bytes bytes;
	int own, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		own = dup(STDOUT_FILENO);
		assert_int_equal(ftruncate(fileno(file), 0), 0);
		lseek(fileno(file), 0, SEEK_SET);
		dup2(fileno(file), STDOUT_FILENO);
		rec = begin("-", i ? 3 * SEC : 0);
		take_fault(rec, BEGIN_NS + 1);
		take_checkpoint(rec, BEGIN_NS + SEC, true);
		recorder__finish(rec, &outcome);
		close_recorder(rec);
		dup2(own, STDOUT_FILENO);
		close(own);
		bytes = slurp(path);
		read_recording(&reading, bytes.data, bytes.size);
		assert_int_equal(reading.state, READER_COMPLETE);
		assert_int_equal(reading.records.nr, 3); /* who, fault, moment */
		reading__free(&reading);
		bytes__free(&bytes);
	}
	fclose(file);
}

#define TEST(function) cmocka_unit_test_teardown(function, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_recorded_is_replayed),
		TEST(records_before_the_run_are_in_it),
		TEST(samples_are_replayed),
		TEST(samples_of_the_last_part_begin_with_it),
		TEST(cgroups_are_replayed),
		TEST(cgroups_of_the_last_part_begin_with_it),
		TEST(blocks_that_are_full_are_closed),
		TEST(the_last_part_counts_from_its_beginning),
		TEST(lives_that_ended_before_have_no_base),
		TEST(a_run_shorter_than_the_last_part_is_whole),
		TEST(asking_writes_a_file_each_time),
		TEST(an_oom_kill_writes_a_file_a_little_later),
		TEST(the_last_part_is_handed_over_at_a_kill),
		TEST(the_last_part_waits_until_the_one_before_is_written),
		TEST(the_last_part_is_bounded_in_bytes),
		TEST(a_window_gives_memory_back),
		TEST(a_window_is_bounded_after_each_second),
		TEST(a_base_may_take_several_blocks),
		TEST(a_full_disk_is_reported),
		TEST(a_write_that_is_cut_short_is_reported),
		TEST(only_the_owner_may_read_it),
		TEST(an_older_file_stays_until_there_is_something_to_write),
		TEST(last_parts_are_bounded),
		TEST(a_dash_is_standard_output),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
