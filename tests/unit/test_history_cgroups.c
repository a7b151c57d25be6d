// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Cgroups that come and go in a history, by a clock of the test's own: made and removed within a segment and across
 * segments, runs, pauses and boots.  Each has a row of its own, what is not there any more is said to be gone, and
 * there is room for those that came last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/base/log.h"
#include "../../user/count/cgroup_counts.h"
#include "../../user/recording/recorder.h"
#include "../../user/recording/rewrite.h"
#include "../../user/sources/replay.h"
#include "recordings.h"
#include "temp_dir.h"

#define SEC	 1000000000ULL
#define MINUTE	 (60 * SEC)
#define BEGIN_NS (100 * SEC)
#define WALL_NS	 (1796000000 * SEC)

static char dir[64];

static struct {
	struct outfile file;
	struct recorder *rec;
	uint64_t now_ns;
	int64_t wall_offset_ns;
} machine;

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/history", temp_dir);
	machine.now_ns = BEGIN_NS;
	machine.wall_offset_ns = (int64_t)(WALL_NS - BEGIN_NS);
	return 0;
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	static char name[64];

	(void)ctx;
	snprintf(name, sizeof(name), "/cgroup-%llu", (unsigned long long)id);
	return name;
}

static bool no_names; /* from now on */

/* As the kernel's side does when more cgroups came and went than it has room for. */
static const char *name_if_known(void *ctx, uint64_t id)
{
	static char name[64];

	snprintf(name, sizeof(name), "[gone:%llu]", (unsigned long long)id);
	return no_names ? name : name_cgroup(ctx, id);
}

static void start(const char *boot)
{
	const struct recorder_request request = { .file = &machine.file,
						  .history = { .keep_ns = 24 * 60 * MINUTE, .max_bytes = 1ULL << 40 },
						  .cgroup = name_if_known,
						  .who = task_of_ref };
	struct recording_head head = {
		.facts = { .subject = "the test", .probes = ~0U, .page_size = 4096, .tick_ns = MINUTE },
		.start = { .now_ns = machine.now_ns, .wall_offset_ns = machine.wall_offset_ns },
		.version = "test",
	};

	snprintf(head.segment.boot, sizeof(head.segment.boot), "%s", boot);
	assert_int_equal(history__open(&machine.file, dir), 0);
	assert_int_equal(recorder__new(&machine.rec, &request), 0);
	assert_int_equal(recorder__begin(machine.rec, &head), 0);
}

/* Without an end, as when it is killed. */
static void kill_recorder(void)
{
	recorder__free(machine.rec);
	outfile__close(&machine.file);
}

static void stop(void)
{
	const struct command_outcome none = { 0 };

	assert_int_equal(recorder__finish(machine.rec, &none), 0);
	kill_recorder();
}

static void pass(uint64_t minutes)
{
	const struct totals totals = { 0 };
	struct checkpoint checkpoint = { .wall_offset_ns = machine.wall_offset_ns };

	while (minutes--) {
		machine.now_ns += MINUTE;
		checkpoint.now_ns = machine.now_ns;
		assert_int_equal(recorder__checkpoint(machine.rec, &checkpoint, &totals, machine.now_ns, false), 0);
	}
}

static void look(uint64_t id, uint64_t bytes, bool removed)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = machine.now_ns },
		.cgroup_id = id,
		.removed = removed,
	};

	memset(record.values, 0xff, sizeof(record.values));
	record.values[CGROUP_SAMPLE_memory_current] = bytes;
	recorder__take(machine.rec, &record);
}

static void leave_out(uint64_t nr)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = machine.now_ns }, .left_out = nr
	};

	memset(record.values, 0xff, sizeof(record.values));
	recorder__take(machine.rec, &record);
}

static void look_at_many(uint64_t first, uint64_t end)
{
	for (; first < end; first++)
		look(first, first, false);
}

static struct {
	struct source *source;
	struct cgroup_counts counts;
} seen;

static void take(void *ctx, const void *record, size_t size)
{
	const struct mt_hdr *hdr = record;

	(void)ctx;
	(void)size;
	if (hdr->id == REC_CGROUP_SAMPLES)
		assert_int_equal(cgroup_counts__take(&seen.counts, record), 0);
}

static void replay(bool brief)
{
	struct run_facts facts;
	uint64_t due_ns;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(replay__open(&seen.source, dir, NULL, (struct sink){ .record = take }, &facts), EXIT_OK);
	if (brief)
		assert_int_equal(replay__be_brief(seen.source), 0);
	while (seen.source->ops->next(seen.source, &due_ns) > 0)
		;
}

static void forget(void)
{
	cgroup_counts__free(&seen.counts);
	seen.source->ops->free(seen.source);
}

/* The cgroup at that place; 0 of minutes: it is there, else when it was gone. */
static void assert_cgroup(size_t at, uint64_t id, uint64_t bytes, uint64_t removed_ns)
{
	const struct cgroup_count *count = &seen.counts.list[at];

	assert_true(at < seen.counts.nr);
	assert_string_equal(seen.source->ops->cgroup(seen.source, count->id), name_cgroup(NULL, id));
	assert_int_equal(count->extents[SCOPE_TOTAL][CGROUP_SAMPLE_memory_current].end, bytes);
	assert_int_equal(count->removed_ns, removed_ns);
}

/* Writes each segment again, with moments each ten minutes. */
static void thin_all(void)
{
	struct segments segments;
	struct rewrite *rewrite;
	DIR *stream = opendir(dir);
	size_t i;
	int more;

	assert_int_equal(segments__read(&segments, stream, true), 0);
	for (i = 0; i < segments.nr; i++) {
		assert_int_equal(rewrite__new(&rewrite, dirfd(stream), segments.list[i].name, 10 * MINUTE), 0);
		do
			more = rewrite__step(rewrite, SEC, 1ULL << 30);
		while (more > 0);
		assert_int_equal(more, 0);
		rewrite__free(rewrite);
	}
	segments__free(&segments);
	closedir(stream);
}

static void within_a_run_each_has_its_row(void **state)
{
	int thinned;

	(void)state;
	start("one");
	leave_out(0);
	look(1, 10, false);
	look(2, 20, false);
	pass(5);
	look(1, 11, true);
	/* the same path again is another one; this one stays over three segments, and is removed in the last */
	look(3, 30, false);
	pass(40);
	look(3, 31, false);
	pass(4);
	look(3, 99, false);
	pass(1);
	look(3, 31, false);
	pass(35);
	look(3, 32, true);
	look(4, 40, false);
	pass(1);
	stop();
	for (thinned = 0; thinned < 2; thinned++) {
		replay(false);
		assert_int_equal(seen.counts.nr, 4);
		assert_cgroup(0, 1, 11, BEGIN_NS + 5 * MINUTE);
		assert_cgroup(1, 2, 20, 0);
		assert_cgroup(2, 3, 32, BEGIN_NS + 85 * MINUTE);
		assert_int_equal(seen.counts.list[2].extents[SCOPE_TOTAL][CGROUP_SAMPLE_memory_current].max, 99);
		assert_cgroup(3, 4, 40, 0);
		assert_int_equal(seen.counts.left_out, 0);
		forget();
		thin_all();
	}
}

/* Between two runs of a boot 1 goes and 2 stays; 3 was gone before. */
static void what_goes_while_no_recorder_runs_is_gone(void **state)
{
	uint64_t end_ns;
	bool killed;

	for (killed = false;; killed = true) {
		set_up(state);
		start("one");
		leave_out(1);
		look(1, 10, false);
		look(2, 20, false);
		look(3, 30, false);
		pass(5);
		look(3, 31, true);
		pass(1);
		end_ns = machine.now_ns;
		killed ? kill_recorder() : stop();
		machine.now_ns += 5 * MINUTE;
		start("one");
		leave_out(2);
		look(2, 25, false);
		look(4, 40, false);
		pass(2);
		stop();
		replay(false);
		assert_int_equal(seen.counts.nr, 4);
		assert_cgroup(0, 1, 10, end_ns);
		assert_cgroup(1, 2, 25, 0);
		assert_cgroup(2, 3, 31, BEGIN_NS + 5 * MINUTE);
		assert_cgroup(3, 4, 40, 0);
		assert_int_equal(seen.counts.left_out, 1 + 2);
		forget();
		temp_dir__clean(state);
		if (killed)
			return;
	}
}

static void another_boot_has_none_of_the_last_one(void **state)
{
	uint64_t end_ns;

	(void)state;
	start("one");
	look(1, 10, false);
	leave_out(0);
	pass(3);
	stop();
	end_ns = machine.now_ns;
	/* by the clock on the wall it begins right behind the first one */
	machine.wall_offset_ns += (int64_t)(machine.now_ns - BEGIN_NS);
	machine.now_ns = BEGIN_NS;
	start("two");
	look(1, 15, false);
	leave_out(0);
	pass(3);
	stop();
	replay(false);
	assert_int_equal(seen.counts.nr, 2);
	assert_cgroup(0, 1, 10, end_ns);
	assert_cgroup(1, 1, 15, 0);
	forget();
}

static void a_name_that_was_known_stays(void **state)
{
	int thinned;

	(void)state;
	start("one");
	look(1, 10, false);
	pass(5);
	no_names = true;
	look(1, 11, false);
	pass(40);
	look(1, 12, false);
	look(2, 20, false);
	pass(40);
	stop();
	no_names = false;
	for (thinned = 0; thinned < 2; thinned++) {
		replay(false);
		assert_int_equal(seen.counts.nr, 2);
		assert_cgroup(0, 1, 12, 0);
		assert_string_equal(seen.source->ops->cgroup(seen.source, seen.counts.list[1].id), "[gone:2]");
		forget();
		thin_all();
	}
}

static void what_goes_while_segments_are_missing_is_gone(void **state)
{
	struct segments segments;
	DIR *stream;

	(void)state;
	start("one");
	look(1, 10, false);
	look(2, 20, false);
	leave_out(3);
	pass(35);
	look(1, 10, true);
	look(4, 40, false);
	pass(60);
	stop();
	stream = opendir(dir);
	assert_int_equal(segments__read(&segments, stream, true), 0);
	assert_true(segments.nr >= 3);
	assert_int_equal(unlinkat(dirfd(stream), segments.list[1].name, 0), 0);
	segments__free(&segments);
	closedir(stream);
	replay(false);
	assert_int_equal(seen.counts.nr, 3);
	assert_cgroup(0, 1, 10, BEGIN_NS + 30 * MINUTE);
	assert_cgroup(1, 2, 20, 0);
	assert_cgroup(2, 4, 40, 0);
	assert_int_equal(seen.counts.left_out, 3);
	forget();
}

/* Those of past runs and boots leave their places to those that are there, and are counted. */
static void there_is_room_for_those_of_the_last_run(void **state)
{
	static const char *const boots[] = { "one", "one", "two", "three" };
	const uint64_t each = CGROUPS_MAX - 56;
	uint64_t i, brief;

	(void)state;
	for (i = 0; i < 4; i++) {
		start(boots[i]);
		leave_out(i == 1);
		look_at_many(1 + i * each, 1 + (i + 1) * each);
		pass(2);
		if (i == 2)
			look(1 + i * each, 1, true);
		stop();
		machine.now_ns += MINUTE;
	}
	for (brief = 0; brief < 2; brief++) {
		replay(brief);
		assert_int_equal(seen.counts.nr, CGROUPS_MAX);
		/* one was left out by its run */
		assert_int_equal(seen.counts.left_out, 4 * each - CGROUPS_MAX + 1);
		/* a digest does not have their names */
		for (i = 0; !brief && i < each; i++)
			assert_cgroup(CGROUPS_MAX - each + i, 1 + 3 * each + i, 1 + 3 * each + i, 0);
		forget();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(within_a_run_each_has_its_row, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_goes_while_no_recorder_runs_is_gone, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(another_boot_has_none_of_the_last_one, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(what_goes_while_segments_are_missing_is_gone, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(a_name_that_was_known_stays, set_up, temp_dir__clean),
		cmocka_unit_test_setup_teardown(there_is_room_for_those_of_the_last_run, set_up, temp_dir__clean),
	};

	setenv("TZ", "UTC0", 1);
	return cmocka_run_group_tests(tests, temp_dir__make, temp_dir__remove);
}
