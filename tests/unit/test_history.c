// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers history.h and segments.h, and the recorder that writes a history: days by a clock of the test's own. Each
 * segment can be read alone and counts from its own beginning; the oldest go; the space is never exceeded; a recorder
 * without room goes on later; what others could have planted is refused or left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/base/log.h"
#include "../../user/count/pipeline.h"
#include "../../user/recording/recorder.h"
#include "../../user/sources/replay.h"
#include "recordings.h"
#include "records.h"
#include "temp_dir.h"

#define SEC	  1000000000ULL
#define HOUR	  (3600 * SEC)
#define SEGMENT	  (HOUR / 2) /* a segment at most */
#define STEPS	  6	     /* of STEP_NS in it */
#define BEGIN_NS  (100 * SEC)
#define WALL_NS	  (1796000000 * SEC) /* at BEGIN_NS: 2026-11-30T00:53:20Z */
#define STEP_NS	  (300 * SEC)
#define ANY_BYTES (1ULL << 40)
#define COUNTER	  SAMPLE_vm_pgpgin

static char dir[64];
static int64_t wall_offset;

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/history", temp_dir);
	wall_offset = WALL_NS - BEGIN_NS;
	return 0;
}

static struct outfile file;

static struct recorder *begin_history(uint64_t keep_ns, uint64_t max_bytes, uint64_t now_ns)
{
	const struct recorder_request request = { .file = &file,
						  .history = { .keep_ns = keep_ns, .max_bytes = max_bytes },
						  .who = task_of_ref };
	const struct recording_head head = { .facts = { .subject = "the test", .probes = 0xff, .page_size = 4096 },
					     .start = { .now_ns = now_ns, .wall_offset_ns = wall_offset },
					     .version = "test" };
	struct recorder *rec;

	assert_int_equal(history__open(&file, dir), 0);
	assert_int_equal(recorder__new(&rec, &request), 0);
	assert_int_equal(recorder__begin(rec, &head), 0);
	return rec;
}

static void end(struct recorder *rec)
{
	const struct command_outcome none = { 0 };

	assert_int_equal(recorder__finish(rec, &none), 0);
	recorder__free(rec);
	outfile__close(&file);
}

static void take_task(struct recorder *rec, uint64_t life, uint64_t now_ns, uint64_t minor, uint32_t flags)
{
	struct mt_task task = minor_record(100 + life, 100 + life, "task", now_ns, minor);

	task.life = life;
	task.flags = flags;
	recorder__take(rec, &task);
}

static void take_moment(struct recorder *rec, uint64_t now_ns)
{
	const struct checkpoint checkpoint = { .now_ns = now_ns, .wall_offset_ns = wall_offset };
	struct totals totals = { 0 };

	totals.losses.rare = now_ns / SEC;
	assert_int_equal(recorder__checkpoint(rec, &checkpoint, &totals, now_ns, false), 0);
}

/* One task counts 7 a step; another one of those that live for 20 steps counts 1 a step. */
static uint64_t run_steps(struct recorder *rec, uint64_t *step, uint64_t nr, void (*look)(struct recorder *rec))
{
	uint64_t end = *step + nr, now_ns = 0;

	for (; *step < end; ++*step) {
		now_ns = BEGIN_NS + (*step + 1) * STEP_NS;
		take_task(rec, 1, now_ns - 2, 7 * (*step + 1), 0);
		take_task(rec, 2 + *step / 20, now_ns - 1, *step % 20 + 1, *step % 20 == 19 ? MT_TASK_FINAL : 0);
		take_moment(rec, now_ns);
		if (look)
			look(rec);
	}
	return now_ns;
}

static void read_dir(struct segments *segments)
{
	DIR *stream = opendir(dir);

	assert_non_null(stream);
	assert_int_equal(segments__read(segments, stream, true), 0);
	closedir(stream);
}

struct read {
	uint64_t minor, rare, from_ns, to_ns, number;
	bool after_pause;
	char run[SEGMENT_ID_MAX];
};

/* A segment by the way that a replay takes. */
static void read_segment(const char *name, struct read *read)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .max_groups = 100, .keep_dead = true };
	struct pipeline pipeline = { .aggregate = aggregate__new(&config) };
	struct checkpoint checkpoint;
	struct source *source;
	struct run_facts facts;
	struct totals totals;
	char path[128];
	uint64_t due_ns;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(replay__open(&source, path, NULL, pipeline__sink(&pipeline), &facts), 0);
	while (source->ops->next(source, &due_ns) > 0)
		;
	assert_false(source->damaged);
	assert_int_equal(pipeline.malformed, 0);
	assert_int_equal(pipeline.error, 0);
	source->ops->totals(source, &totals);
	source->ops->checkpoint(source, &checkpoint);
	*read = (struct read){ .minor = aggregate__sums(pipeline.aggregate, SCOPE_TOTAL)[MINOR],
			       .rare = totals.losses.rare,
			       .from_ns = replay__head(source)->start.now_ns,
			       .to_ns = checkpoint.now_ns,
			       .number = replay__head(source)->segment.number,
			       .after_pause = replay__head(source)->segment.after_pause };
	strcpy(read->run, replay__head(source)->segment.run);
	source->ops->free(source);
	aggregate__free(pipeline.aggregate);
	pipeline__done(&pipeline);
}

static void names_are_read_back(void **state)
{
	static const char *const others[] = { "20261130T005320Z-0000042.rec",
					      "20261130T005320Z-00000042.rec.2",
					      "20260230T005320Z-00000042.rec",
					      "22620412T000000Z-00000042.rec",
					      "20261130T005360Z-00000042.rec",
					      "20261130T245320Z-00000042.rec",
					      ".20261130T005320Z-00000042.rec",
					      "20261130T005320Z-0000004 .rec",
					      "20261130T005320Z--0000042.rec",
					      "20261130T005320Z-00000042.rec/",
					      "segment",
					      "" };
	struct segment segment, same;
	size_t i;

	(void)state;
	assert_true(segment__name(&segment, WALL_NS / SEC, 42));
	assert_string_equal(segment.name, "20261130T005320Z-00000042.rec");
	assert_true(segment__parse(&same, segment.name));
	assert_int_equal(same.wall_s, WALL_NS / SEC);
	assert_int_equal(same.number, 42);
	assert_false(segment__name(&segment, WALL_NS / SEC, SEGMENT_NUMBER_MAX + 1));
	assert_false(segment__name(&segment, UINT64_MAX / SEC, 1)); /* the year 2554 */
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(segment__parse(&segment, others[i]));
}

static void segments_meet_and_add_up(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	uint64_t step = 0, minor = 0, rare = 0, last_ns = BEGIN_NS;
	struct segments segments;
	struct read first, read;
	struct stat st;
	size_t i;

	(void)state;
	run_steps(rec, &step, 5 * STEPS + 3, NULL);
	end(rec);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	read_dir(&segments);
	assert_int_equal(segments.nr, 6);
	assert_int_equal(segments.list[0].wall_s, WALL_NS / SEC);
	assert_int_equal(segments.list[5].wall_s, (WALL_NS + 5 * SEGMENT) / SEC);
	for (i = 0; i < segments.nr; i++) {
		read_segment(segments.list[i].name, &read);
		first = i ? first : read;
		assert_int_equal(read.from_ns, last_ns);
		assert_int_equal(read.number, i + 1);
		assert_string_equal(read.run, first.run);
		assert_false(read.after_pause);
		assert_int_equal(read.minor, (read.to_ns - read.from_ns) / STEP_NS * 8);
		last_ns = read.to_ns;
		minor += read.minor;
		rare += read.rare;
	}
	assert_int_equal(last_ns, BEGIN_NS + step * STEP_NS);
	assert_int_equal(minor, 8 * step);
	/* the first segment has what was lost before the run, too, as any recording */
	assert_int_equal(rare, last_ns / SEC);
	segments__free(&segments);
}

static void what_is_too_old_goes(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	uint64_t step = 0;
	struct segments segments;

	(void)state;
	run_steps(rec, &step, 48 * 12 + 1, NULL);
	read_dir(&segments);
	/* those of 24 whole hours, and the one that has just begun */
	assert_in_range(segments.nr, 49, 50);
	assert_in_range(segments.list[0].number, 48, 49);
	segments__free(&segments);

	/* a clock that is wrong costs two segments for each that begins, not all */
	wall_offset += 10000 * HOUR;
	run_steps(rec, &step, STEPS + 1, NULL);
	read_dir(&segments);
	assert_in_range(segments.nr, 48, 49);
	segments__free(&segments);
	end(rec);
}

static uint64_t most;

static void look_at_space(struct recorder *rec)
{
	struct segments segments;

	(void)rec;
	read_dir(&segments);
	most = segments.bytes > most ? segments.bytes : most;
	segments__free(&segments);
	assert_true(most <= HISTORY_MIN_BYTES);
	assert_int_equal(recorder__paused(rec), 0);
}

/* Events whose addresses cannot be packed: 3 MB of them a step. */
static void take_faults(struct recorder *rec, uint64_t now_ns, uint64_t nr, uint64_t *seed)
{
	struct mt_fault fault = { .hdr = { .id = MT_REC_fault, .size = sizeof(fault) }, .who = { 1 } };
	uint64_t i;

	for (i = 0; i < nr; i++) {
		fault.hdr.time_ns = now_ns - 1;
		fault.address = next_number(seed);
		fault.ip = next_number(seed);
		recorder__take(rec, &fault);
	}
}

static void space_is_never_exceeded(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, HISTORY_MIN_BYTES, BEGIN_NS);
	uint64_t step = 0, seed = 1;
	struct segments segments;
	struct read read;
	size_t i;

	(void)state;
	most = 0;
	while (step < 34) {
		take_faults(rec, BEGIN_NS + step * STEP_NS, 20000, &seed);
		run_steps(rec, &step, 1, look_at_space);
	}
	end(rec);
	look_at_space(rec = begin_history(24 * HOUR, HISTORY_MIN_BYTES, BEGIN_NS + step * STEP_NS));
	end(rec);
	read_dir(&segments);
	/* it was used, and the oldest went */
	assert_true(segments.bytes > HISTORY_MIN_BYTES / 4 * 3);
	assert_true(segments.list[0].number > 5);
	assert_int_equal(segments.list[segments.nr - 1].number - segments.list[0].number, segments.nr - 1);
	for (i = 0; i + 1 < segments.nr; i++) {
		read_segment(segments.list[i].name, &read);
		assert_int_equal(read.minor, (read.to_ns - read.from_ns) / STEP_NS * 8);
	}
	segments__free(&segments);
}

static void a_second_run_goes_on_behind_the_first(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	struct outfile second;
	struct segments segments;
	struct read one, other;
	uint64_t step = 0;

	(void)state;
	run_steps(rec, &step, 5, NULL);
	/* one writer: this process is told apart from others by its pid */
	assert_int_equal(history__open(&second, dir), -EPERM);
	outfile__close(&second);
	end(rec);
	/* the clock was set back meanwhile: numbers say what comes later */
	wall_offset -= 5 * HOUR;
	rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS + 20 * STEP_NS);
	step = 20;
	run_steps(rec, &step, 5, NULL);
	end(rec);
	read_dir(&segments);
	assert_int_equal(segments.nr, 2);
	assert_true(segments.list[1].wall_s < segments.list[0].wall_s);
	read_segment(segments.list[0].name, &one);
	read_segment(segments.list[1].name, &other);
	assert_int_equal(one.number, 1);
	assert_int_equal(other.number, 1);
	assert_string_not_equal(one.run, other.run);
	segments__free(&segments);
}

static int try_open(void)
{
	struct outfile other;
	int err = history__open(&other, dir);

	outfile__close(&other);
	return err;
}

static void what_others_could_have_planted_is_refused(void **state)
{
	char link[96], other[96];

	(void)state;
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(try_open(), -EPERM);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(try_open(), 0);
	snprintf(link, sizeof(link), "%s/link", temp_dir);
	assert_int_equal(symlink(dir, link), 0);
	assert_int_equal(chmod(temp_dir, 01777), 0);
	strcpy(other, dir);
	strcpy(dir, link);
	assert_int_equal(try_open(), -EPERM);
	assert_int_equal(chmod(temp_dir, 0700), 0);
	assert_int_equal(unlink(link), 0);
	/* a file is no directory */
	close(open(link, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(try_open(), -ENOTDIR);
	strcpy(dir, other);
}

static void what_is_no_segment_stays(void **state)
{
	static const char *const names[] = { "notes", "20261130T005320Z-00000001.rec.old",
					     "20201130T005320Z-00000001.rec", "20201130T005320Z-00000002.rec" };
	char path[192], target[96];
	struct recorder *rec;
	uint64_t step = 0;
	struct stat st;
	size_t i;

	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	snprintf(target, sizeof(target), "%s/target", temp_dir);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (i < 2)
			close(open(path, O_CREAT | O_WRONLY, 0600));
		else /* links that are called like old segments */
			assert_int_equal(i == 2 ? symlink(target, path) : link(target, path), 0);
	}
	rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	run_steps(rec, &step, 30 * 12, NULL);
	end(rec);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(lstat(path, &st), 0);
	}
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
}

/* A base that cannot fit: nothing of it stays, and counts are not lost. */
static void without_room_it_pauses(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, HISTORY_MIN_BYTES, BEGIN_NS);
	uint64_t step = 0, seed = 1, minor = 0;
	struct segments segments;
	struct read read;
	size_t i, after = 0;

	(void)state;
	run_steps(rec, &step, 3, NULL);
	/* more in one step than there may be at all */
	take_faults(rec, BEGIN_NS + step * STEP_NS, 600000, &seed);
	assert_int_equal(recorder__paused(rec), -ENOSPC);
	run_steps(rec, &step, 3, NULL);
	assert_int_equal(recorder__paused(rec), 0);
	end(rec);
	read_dir(&segments);
	assert_true(segments.bytes <= HISTORY_MIN_BYTES);
	for (i = 0; i < segments.nr; i++) {
		read_segment(segments.list[i].name, &read);
		after += read.after_pause;
		minor += read.minor;
	}
	assert_int_equal(after, 1);
	/* those of the first three steps and the last two: the pause ended with a step that no segment has */
	assert_int_equal(minor, 5 * 8);
	segments__free(&segments);
}

#define FINE_NS (30 * SEC)

/* All files in the directory, also those with hidden names. */
static uint64_t all_bytes(void)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		if (!fstatat(dirfd(stream), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
			bytes += segment__takes((uint64_t)st.st_size);
	closedir(stream);
	return bytes;
}

static void take_available(struct recorder *rec, uint64_t now_ns, uint64_t available)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = now_ns } };

	record.values[SAMPLE_memory_available] = available;
	record.values[COUNTER] = now_ns / SEC;
	recorder__take(rec, &record);
}

/* A task counts 7 a step, one of those that live for 20 steps 1, and every 100 steps little memory is available. */
static void run_finely(struct recorder *rec, uint64_t steps)
{
	uint64_t step, now_ns;

	for (step = 0; step < steps; step++) {
		now_ns = BEGIN_NS + (step + 1) * FINE_NS;
		take_task(rec, 1, now_ns - 3, 7 * (step + 1), 0);
		take_task(rec, 2 + step / 20, now_ns - 2, step % 20 + 1, step % 20 == 19 ? MT_TASK_FINAL : 0);
		take_available(rec, now_ns - 1, step % 50 == 25 ? 1000 : 1000000 + step);
		take_moment(rec, now_ns);
	}
}

struct shape {
	uint64_t moments, samples, least;
};

static void count_record(void *ctx, const void *record)
{
	const struct sample_record *sample = record;
	struct shape *shape = ctx;

	if (sample->hdr.id != REC_SAMPLES)
		return;
	shape->samples++;
	if (sample->values[SAMPLE_memory_available] < shape->least)
		shape->least = sample->values[SAMPLE_memory_available];
}

/* What a segment has. */
static struct shape shape_of(const char *name)
{
	struct shape shape = { .least = UINT64_MAX };
	struct pipeline pipeline = { .every_record = count_record, .every_record_ctx = &shape };
	struct source *source;
	struct run_facts facts;
	char path[128];
	uint64_t due_ns;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(replay__open(&source, path, NULL, pipeline__sink(&pipeline), &facts), 0);
	while (source->ops->next(source, &due_ns) > 0)
		shape.moments++;
	source->ops->free(source);
	pipeline__done(&pipeline);
	return shape;
}

/* Nine days, with a moment each half minute. */
static void older_segments_are_thinned(void **state)
{
	struct recorder *rec = begin_history(30 * 24 * HOUR, ANY_BYTES, BEGIN_NS);
	uint64_t steps = 9 * 24 * 120 + 30, minor = 0, last_ns = BEGIN_NS, newest;
	struct segments segments;
	struct shape shape;
	struct read read;
	size_t i;

	(void)state;
	run_finely(rec, steps);
	end(rec);
	read_dir(&segments);
	assert_int_equal(segments.nr, 9 * 48 + 1);
	newest = segments.list[segments.nr - 1].wall_s * SEC;
	for (i = 0; i < segments.nr; i++) {
		uint64_t age_ns = newest - segments.list[i].wall_s * SEC;

		/* counts are exact, and segments meet */
		read_segment(segments.list[i].name, &read);
		assert_int_equal(read.from_ns, last_ns);
		assert_int_equal(read.minor, (read.to_ns - read.from_ns) / FINE_NS * 8);
		last_ns = read.to_ns;
		minor += read.minor;
		shape = shape_of(segments.list[i].name);
		assert_in_range(shape.moments, age_ns > 168 * HOUR ? 2 : 28,
				age_ns > 170 * HOUR ? 4 :
				age_ns > 26 * HOUR  ? 31 :
						      60);
		if (age_ns < 22 * HOUR && i + 1 < segments.nr)
			assert_int_equal(shape.moments, 60);
		/* each segment had such a moment */
		assert_int_equal(shape.least, i + 1 < segments.nr ? 1000 : shape.least);
		assert_true(shape.samples >= 29 || i + 1 == segments.nr);
	}
	assert_int_equal(minor, 8 * steps);
	assert_int_equal(last_ns, BEGIN_NS + steps * FINE_NS);
	segments__free(&segments);
}

static bool thinning; /* is under way */

static void look_at_all(struct recorder *rec)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;

	(void)rec;
	assert_true(all_bytes() <= HISTORY_MIN_BYTES);
	thinning = false;
	while ((entry = readdir(stream)))
		thinning |= !strncmp(entry->d_name, ".again-", 7);
	closedir(stream);
}

/*
 * Three days that do not fit.  What is written beside a segment that is thinned counts, too: most comes while one is,
 * so that either takes the room that the other one saw.
 */
static void space_is_not_exceeded_by_thinning(void **state)
{
	struct recorder *rec = begin_history(30 * 24 * HOUR, HISTORY_MIN_BYTES, BEGIN_NS);
	uint64_t step = 0, seed = 5, bursts = 0;
	struct segments segments;
	struct read read;
	size_t i;

	(void)state;
	thinning = false;
	while (step < 3 * 288) {
		bursts += thinning;
		take_faults(rec, BEGIN_NS + step * STEP_NS, thinning ? 1000 + next_number(&seed) % 20000 : 800, &seed);
		look_at_all(rec);
		run_steps(rec, &step, 1, look_at_all);
	}
	end(rec);
	assert_true(bursts > 5);
	read_dir(&segments);
	assert_true(segments.bytes > HISTORY_MIN_BYTES / 2);
	assert_true(segments.list[0].number > 1);
	for (i = 0; i + 1 < segments.nr; i++) {
		read_segment(segments.list[i].name, &read);
		assert_int_equal(read.minor, (read.to_ns - read.from_ns) / STEP_NS * 8);
	}
	segments__free(&segments);
}

static void what_a_killed_recorder_left_goes(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	static const char *const names[] = { ".again-20261130T005320Z-00000001.rec", ".again-other", ".other" };
	char path[192];
	struct stat st;
	size_t i;

	(void)state;
	end(rec);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS + HOUR);
	end(rec);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(stat(path, &st), i ? 0 : -1);
	}
}

/* What a replay of the whole directory, or of a part of it, has. */
struct whole {
	uint64_t minor, rare, from_ns, to_ns, moments;
	uint64_t counter_grew; /* of the samples */
	int code;
};

static struct sample_extent grown;

static void on_record(void *ctx, const void *record)
{
	const struct sample_record *sample = record;
	uint64_t *nr = ctx;

	if (sample->hdr.id != REC_SAMPLES)
		return;
	if (!(*nr)++)
		sample_extent__begin(&grown, sample->values[COUNTER]);
	sample_extent__widen(&grown, sample->values[COUNTER]);
}

static void replay_dir(struct whole *whole, const char *from, const char *to)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .max_groups = 100, .keep_dead = true };
	uint64_t nr_samples = 0, from_ns, to_ns, due_ns, before = 0;
	struct pipeline pipeline = { .aggregate = aggregate__new(&config),
				     .every_record = on_record,
				     .every_record_ctx = &nr_samples };
	struct time_point from_point = { 0 }, to_point = { 0 };
	const struct replay_part part = { .from = &from_point, .to = &to_point };
	struct checkpoint checkpoint;
	struct source *source;
	struct run_facts facts;
	struct totals totals;

	*whole = (struct whole){ 0 };
	if (from)
		assert_int_equal(time_point__parse(from, &from_point), 0);
	if (to)
		assert_int_equal(time_point__parse(to, &to_point), 0);
	whole->code = replay__open(&source, dir, &part, pipeline__sink(&pipeline), &facts);
	if (whole->code) {
		aggregate__free(pipeline.aggregate);
		return;
	}
	assert_true(replay__is_history(source));
	assert_int_equal(replay__part(source, &part, &from_ns, &to_ns), EXIT_OK);
	while (source->ops->next(source, &due_ns) > 0) {
		/* time never goes back */
		assert_true(due_ns > before);
		before = due_ns;
		whole->moments++;
	}
	assert_false(source->damaged);
	assert_int_equal(pipeline.malformed, 0);
	assert_int_equal(pipeline.error, 0);
	source->ops->totals(source, &totals);
	source->ops->checkpoint(source, &checkpoint);
	whole->minor = aggregate__sums(pipeline.aggregate, SCOPE_TOTAL)[MINOR];
	whole->rare = totals.losses.rare;
	whole->from_ns = replay__head(source)->start.now_ns;
	whole->to_ns = checkpoint.now_ns;
	whole->counter_grew = nr_samples ? sample_extent__growth(&grown) : 0;
	source->ops->free(source);
	aggregate__free(pipeline.aggregate);
	pipeline__done(&pipeline);
}

static void segments_of_a_run_are_one_recording(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	struct whole whole;
	uint64_t step = 0;

	(void)state;
	run_steps(rec, &step, 11 * STEPS, NULL);
	end(rec);
	replay_dir(&whole, NULL, NULL);
	assert_int_equal(whole.code, 0);
	assert_int_equal(whole.minor, 8 * step);
	assert_int_equal(whole.moments, step);
	assert_int_equal(whole.rare, (BEGIN_NS + step * STEP_NS) / SEC);
	assert_int_equal(whole.to_ns, BEGIN_NS + step * STEP_NS);
	/* only what is needed is opened: begun 2 h after the start, and ended with the segment that has the end */
	replay_dir(&whole, "2h5m", "3h5m");
	assert_int_equal(whole.from_ns, BEGIN_NS + 2 * HOUR);
	assert_int_equal(whole.to_ns, BEGIN_NS + 3 * HOUR + SEGMENT);
	assert_int_equal(whole.minor, 8 * 3 * STEPS);
	/* TZ is UTC: it goes from 00:53:20 to 06:23:20 */
	replay_dir(&whole, "03:00", "03:30");
	assert_int_equal(whole.from_ns, BEGIN_NS + 2 * HOUR);
	assert_int_equal(whole.to_ns, BEGIN_NS + 3 * HOUR);
	replay_dir(&whole, "-20m", NULL);
	assert_int_equal(whole.from_ns, BEGIN_NS + 5 * HOUR);
	replay_dir(&whole, "2026-11-30 06:24", NULL);
	assert_int_equal(whole.code, 2);
	replay_dir(&whole, NULL, "yesterday 12:00");
	assert_int_equal(whole.code, 2);
}

static void take_counter(struct recorder *rec, uint64_t now_ns, uint64_t value)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = now_ns } };

	memset(record.values, 0xff, sizeof(record.values));
	record.values[COUNTER] = value;
	recorder__take(rec, &record);
}

/* The same machine, started again: its boot time clock, its tasks and its counters begin anew. */
static void runs_and_boots_go_on(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	uint64_t step = 0, end_ns;
	struct whole whole;

	(void)state;
	take_counter(rec, BEGIN_NS, 1000);
	end_ns = run_steps(rec, &step, 50, NULL);
	take_counter(rec, end_ns + SEC, 1500);
	take_moment(rec, end_ns + 2 * SEC);
	end(rec);
	/* lives and times are those of the first boot again, 10 h later on the wall */
	wall_offset += 10 * HOUR;
	rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	take_counter(rec, BEGIN_NS, 7);
	step = 0;
	end_ns = run_steps(rec, &step, 40, NULL);
	take_counter(rec, end_ns + SEC, 17);
	take_moment(rec, end_ns + 2 * SEC);
	end(rec);
	replay_dir(&whole, NULL, NULL);
	assert_int_equal(whole.code, 0);
	assert_int_equal(whole.minor, 8 * 90);
	assert_int_equal(whole.to_ns, end_ns + 2 * SEC + 10 * HOUR);
	assert_int_equal(whole.counter_grew, 500 + 10);
	/* and with a clock that was set back time still goes on */
	wall_offset -= 100 * HOUR;
	rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	step = 0;
	run_steps(rec, &step, 10, NULL);
	end(rec);
	replay_dir(&whole, NULL, NULL);
	assert_int_equal(whole.minor, 8 * 100);
}

/* The bytes of a segment. */
static struct bytes read_file(const char *path)
{
	struct bytes bytes = { 0 };
	char part[4096];
	size_t got;
	FILE *stream = fopen(path, "re");

	assert_non_null(stream);
	while ((got = fread(part, 1, sizeof(part), stream)) > 0)
		bytes__add(&bytes, part, got);
	fclose(stream);
	return bytes;
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *stream = fopen(path, "we");

	assert_non_null(stream);
	assert_int_equal(fwrite(data, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

/* What the directory's segments count together, and whether one was damaged. */
static uint64_t minor_of_dir(bool *damaged, uint64_t *end_ns)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .max_groups = 100, .keep_dead = true };
	struct pipeline pipeline = { .aggregate = aggregate__new(&config) };
	struct checkpoint checkpoint;
	struct source *source;
	struct run_facts facts;
	uint64_t due_ns, before = 0, minor;

	assert_int_equal(replay__open(&source, dir, NULL, pipeline__sink(&pipeline), &facts), EXIT_OK);
	while (source->ops->next(source, &due_ns) > 0) {
		assert_true(due_ns > before);
		before = due_ns;
	}
	*damaged = source->damaged;
	source->ops->checkpoint(source, &checkpoint);
	*end_ns = checkpoint.now_ns;
	minor = aggregate__sums(pipeline.aggregate, SCOPE_TOTAL)[MINOR];
	assert_int_equal(pipeline.malformed, 0);
	source->ops->free(source);
	aggregate__free(pipeline.aggregate);
	pipeline__done(&pipeline);
	return minor;
}

/* How far the blocks of a segment go that are whole in its first size bytes. */
static uint64_t whole_until(const struct bytes *bytes, size_t size)
{
	size_t at = sizeof(struct file_head);
	uint64_t end_ns = 0;
	struct block_head head;

	while (at + sizeof(head) <= size) {
		memcpy(&head, bytes->data + at, sizeof(head));
		at += sizeof(head) + head.size;
		if (at <= size && head.kind == BLOCK_DATA)
			end_ns = head.end_ns;
	}
	return end_ns;
}

/* The newest of three segments, cut off at size bytes: it counts up to its last whole block, and others count whole. */
static void check_cut(const char *path, const struct bytes *bytes, size_t size, uint64_t begin_ns)
{
	uint64_t until_ns = whole_until(bytes, size), end_ns, minor;
	bool damaged;

	write_file(path, bytes->data, size);
	minor = minor_of_dir(&damaged, &end_ns);
	if (!until_ns) {
		/* without its head it is left out, which is said */
		assert_int_equal(minor, (begin_ns - BEGIN_NS) / STEP_NS * 8);
		return;
	}
	assert_false(damaged);
	assert_int_equal(minor, ((until_ns > begin_ns ? until_ns : begin_ns) - BEGIN_NS) / STEP_NS * 8);
	assert_int_equal(end_ns, until_ns > begin_ns ? until_ns : begin_ns);
}

/* At each byte around each boundary of blocks, and here and there between them. */
static void a_segment_that_is_cut_off_counts_up_to_there(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	struct segments segments;
	struct block_head head;
	struct bytes bytes;
	uint64_t step = 0;
	size_t at, size, nr = 0;
	char path[128];

	(void)state;
	run_steps(rec, &step, 2 * STEPS + 4, NULL);
	end(rec);
	read_dir(&segments);
	assert_int_equal(segments.nr, 3);
	snprintf(path, sizeof(path), "%s/%s", dir, segments.list[2].name);
	bytes = read_file(path);
	for (at = sizeof(struct file_head); at < bytes.size; at += sizeof(head) + head.size, nr++) {
		memcpy(&head, bytes.data + at, sizeof(head));
		for (size = at > 20 ? at - 20 : 0; size <= at + sizeof(head) + 4 && size <= bytes.size; size++)
			check_cut(path, &bytes, size, BEGIN_NS + 2 * STEPS * STEP_NS);
		check_cut(path, &bytes, at + sizeof(head) + head.size / 2, BEGIN_NS + 2 * STEPS * STEP_NS);
	}
	assert_true(nr >= 7);
	bytes__free(&bytes);
	segments__free(&segments);
}

/* A byte of the middle one of three segments is another one: it counts up to there at most, and the others whole. */
static void a_segment_that_is_damaged_harms_no_other(void **state)
{
	struct recorder *rec = begin_history(24 * HOUR, ANY_BYTES, BEGIN_NS);
	uint64_t step = 0, minor, end_ns, all = 8 * (2 * STEPS + 4);
	struct segments segments;
	struct bytes bytes;
	size_t at, nr_damaged = 0, nr = 0;
	bool damaged;
	char path[128];

	(void)state;
	run_steps(rec, &step, 2 * STEPS + 4, NULL);
	end(rec);
	read_dir(&segments);
	snprintf(path, sizeof(path), "%s/%s", dir, segments.list[1].name);
	bytes = read_file(path);
	for (at = 0; at < bytes.size; at += 1 + bytes.size / 300, nr++) {
		bytes.data[at] ^= 0x10;
		write_file(path, bytes.data, bytes.size);
		minor = minor_of_dir(&damaged, &end_ns);
		nr_damaged += damaged;
		assert_in_range(minor, 8 * STEPS + 8 * 4, all);
		assert_true(damaged || minor == all);
		assert_int_equal(end_ns, BEGIN_NS + step * STEP_NS);
		bytes.data[at] ^= 0x10;
	}
	/* all but a few bytes that mean nothing */
	assert_true(nr_damaged + 3 >= nr);
	bytes__free(&bytes);
	segments__free(&segments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_read_back, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(segments_meet_and_add_up, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(segments_of_a_run_are_one_recording, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(runs_and_boots_go_on, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_is_too_old_goes, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(space_is_never_exceeded, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(a_second_run_goes_on_behind_the_first, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_others_could_have_planted_is_refused, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_is_no_segment_stays, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(without_room_it_pauses, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(older_segments_are_thinned, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(space_is_not_exceeded_by_thinning, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(a_segment_that_is_cut_off_counts_up_to_there, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(a_segment_that_is_damaged_harms_no_other, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_a_killed_recorder_left_goes, set_up, temp_dir__clean),
	};

	setenv("TZ", "UTC0", 1);
	tzset();

	return cmocka_run_group_tests(tests, temp_dir__make, temp_dir__remove);
}
