// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers digest.h and what reads it: a list of days says of the digests of segments what it says of all their records,
 * whatever these are; and where there is no whole digest, all records are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/base/log.h"
#include "../../user/count/history_summary.h"
#include "../../user/count/recording_summary.h"
#include "../../user/recording/recorder.h"
#include "../../user/sources/replay.h"
#include "recordings.h"
#include "temp_dir.h"

#define SEC	 1000000000ULL
#define TICK_NS	 (10 * SEC)
#define BEGIN_NS (100 * SEC)
#define WALL_NS	 (1796000000 * SEC)

static char dir[64];

static struct {
	struct outfile file;
	struct recorder *rec;
	uint64_t now_ns, seed, waited_ns, cgroups;
	int64_t wall_offset_ns;
} machine;

static const char *name_cgroup(void *ctx, uint64_t id)
{
	static char name[64];

	(void)ctx;
	snprintf(name, sizeof(name), "/some/cgroup-%llu", (unsigned long long)id);
	return name;
}

static void start(const char *boot)
{
	const struct recorder_request request = { .file = &machine.file,
						  .history = { .keep_ns = 30 * 24 * 3600 * SEC,
							       .max_bytes = 1ULL << 40 },
						  .cgroup = name_cgroup,
						  .who = task_of_ref };
	struct recording_head head = {
		.facts = { .subject = "the test", .probes = ~0U, .page_size = 4096, .tick_ns = TICK_NS },
		.start = { .now_ns = machine.now_ns, .wall_offset_ns = machine.wall_offset_ns },
		.version = "test",
	};

	snprintf(head.segment.boot, sizeof(head.segment.boot), "%s", boot);
	snprintf(dir, sizeof(dir), "%s/history", temp_dir);
	assert_int_equal(history__open(&machine.file, dir), 0);
	assert_int_equal(recorder__new(&machine.rec, &request), 0);
	assert_int_equal(recorder__begin(machine.rec, &head), 0);
}

static void stop(void)
{
	const struct command_outcome none = { 0 };

	assert_int_equal(recorder__finish(machine.rec, &none), 0);
	recorder__free(machine.rec);
	outfile__close(&machine.file);
}

static void take_sample(void)
{
	struct sample_record record = {
		.hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = machine.now_ns }
	};

	memset(record.values, 0xff, sizeof(record.values));
	/* it grows now and then, and is not always known; nor is the other one */
	if (next_number(&machine.seed) % 4 == 0)
		machine.waited_ns += next_number(&machine.seed) % SEC;
	if (next_number(&machine.seed) % 50)
		record.values[SAMPLE_pressure_memory_some_total] = machine.waited_ns;
	if (next_number(&machine.seed) % 50 == 0)
		record.values[SAMPLE_vm_pgpgin] = machine.now_ns;
	recorder__take(machine.rec, &record);
}

static void take_cgroups(void)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = machine.now_ns }
	};

	memset(record.values, 0xff, sizeof(record.values));
	record.left_out = machine.now_ns / SEC;
	recorder__take(machine.rec, &record);
	record.left_out = 0;
	for (record.cgroup_id = 1; record.cgroup_id <= machine.cgroups; record.cgroup_id++)
		if (next_number(&machine.seed) % 3)
			recorder__take(machine.rec, &record);
}

static void take_events(uint64_t kills)
{
	struct mt_stall stall = { .hdr = { .id = MT_REC_stall, .size = sizeof(stall), .time_ns = machine.now_ns } };
	struct mt_oom kill = { .hdr = { .id = MT_REC_oom, .size = sizeof(kill), .time_ns = machine.now_ns },
			       .victim = { .comm = "victim", .cgroup_id = 7 } };
	uint64_t i;

	for (i = 0; i < next_number(&machine.seed) % 5; i++)
		recorder__take(machine.rec, &stall);
	for (i = 0; i < kills; i++) {
		kill.victim.pid = (uint32_t)(next_number(&machine.seed) % 30000 + 1);
		kill.victim.cgroup_id = next_number(&machine.seed) % 3;
		recorder__take(machine.rec, &kill);
	}
}

static void run_for(uint64_t moments, uint64_t kills)
{
	struct checkpoint checkpoint;
	struct totals totals = { 0 };

	while (moments--) {
		machine.now_ns += TICK_NS;
		/* some moments are missing, few or many */
		if (next_number(&machine.seed) % 200 == 0)
			machine.now_ns += TICK_NS * (next_number(&machine.seed) % 20);
		/* the clock is set, and corrected a little */
		if (next_number(&machine.seed) % 250 == 0)
			machine.wall_offset_ns +=
				(int64_t)(next_number(&machine.seed) % (7200 * SEC)) - 3600 * (int64_t)SEC;
		machine.wall_offset_ns += (int64_t)(next_number(&machine.seed) % 1000000);
		take_sample();
		take_cgroups();
		take_events(next_number(&machine.seed) % 100 == 0 ? kills : 0);
		checkpoint = (struct checkpoint){ .now_ns = machine.now_ns,
						  .wall_offset_ns = machine.wall_offset_ns,
						  .own_cpu_ns = machine.now_ns / 1000 };
		totals.losses.rare = machine.now_ns / (100 * SEC);
		totals.losses.hot = machine.now_ns / (170 * SEC);
		assert_int_equal(recorder__checkpoint(machine.rec, &checkpoint, &totals, machine.now_ns, false), 0);
	}
}

static void begin(uint64_t seed)
{
	memset(&machine, 0, sizeof(machine));
	machine.now_ns = BEGIN_NS;
	machine.wall_offset_ns = (int64_t)(WALL_NS - BEGIN_NS);
	machine.seed = seed;
	machine.cgroups = 5;
	start("one");
}

/* What is read, as a list has it. */
struct list {
	struct recording_summary summary;
	struct history_summary history;
	struct source *source;
	uint64_t records;
};

static const char *cgroup_of(void *ctx, uint64_t id)
{
	struct source *source = ctx;

	return id ? source->ops->cgroup(source, id) : NULL;
}

static void take(void *ctx, const void *record, size_t size)
{
	struct list *list = ctx;

	list->records++;
	list->history.nr_clocks = replay__clocks(list->source, &list->history.clocks);
	recording_summary__take(&list->summary, record, size);
	assert_int_equal(history_summary__take(&list->history, record, cgroup_of, list->source), 0);
}

static void read_list(struct list *list, bool brief)
{
	uint64_t due_ns;

	memset(list, 0, sizeof(*list));
	assert_int_equal(replay__open(&list->source, dir, NULL, (struct sink){ .record = take, .ctx = list },
				      &list->summary.facts),
			 EXIT_OK);
	if (brief)
		assert_int_equal(replay__be_brief(list->source), 0);
	while (list->source->ops->next(list->source, &due_ns) > 0)
		;
	history_summary__end(&list->history);
	list->history.nr_gaps = replay__gaps(list->source, &list->history.gaps);
	list->history.nr_clocks = replay__clocks(list->source, &list->history.clocks);
	list->source->ops->checkpoint(list->source, &list->summary.end);
	list->source->ops->totals(list->source, &list->summary.totals);
	assert_int_equal(list->summary.error, 0);
}

static void free_list(struct list *list)
{
	list->source->ops->free(list->source);
	recording_summary__free(&list->summary);
	history_summary__free(&list->history);
}

static void assert_same_kills(const struct history_summary *brief, const struct history_summary *whole)
{
	size_t i;

	assert_int_equal(brief->nr_kills, whole->nr_kills);
	assert_int_equal(brief->nr_listed, whole->nr_listed);
	for (i = 0; i < whole->nr_listed; i++) {
		assert_int_equal(brief->kills[i].time_ns, whole->kills[i].time_ns);
		assert_int_equal(brief->kills[i].pid, whole->kills[i].pid);
		assert_string_equal(brief->kills[i].comm, whole->kills[i].comm);
		assert_string_equal(brief->kills[i].cgroup ? brief->kills[i].cgroup : "",
				    whole->kills[i].cgroup ? whole->kills[i].cgroup : "");
	}
}

static void assert_same_gaps(const struct history_summary *brief, const struct history_summary *whole)
{
	size_t i;

	assert_int_equal(brief->nr_gaps, whole->nr_gaps);
	for (i = 0; i < whole->nr_gaps; i++) {
		assert_int_equal(brief->gaps[i].from_ns, whole->gaps[i].from_ns);
		assert_int_equal(brief->gaps[i].to_ns, whole->gaps[i].to_ns);
		assert_string_equal(brief->gaps[i].why, whole->gaps[i].why);
	}
}

static void assert_same_clocks(const struct history_summary *brief, const struct history_summary *whole)
{
	size_t i;

	assert_int_equal(brief->nr_clocks, whole->nr_clocks);
	for (i = 0; i < whole->nr_clocks; i++) {
		assert_int_equal(brief->clocks[i].from_ns, whole->clocks[i].from_ns);
		assert_int_equal(brief->clocks[i].wall_offset_ns, whole->clocks[i].wall_offset_ns);
	}
}

static void assert_same_summary(const struct recording_summary *brief, const struct recording_summary *whole)
{
	enum mt_rec_id id;

	for (id = 0; id < MT_NR_RECS; id++)
		if (event_rows[id].size)
			assert_int_equal(brief->counts[id], whole->counts[id]);
	assert_int_equal(brief->samples.nr, whole->samples.nr);
	assert_int_equal(brief->samples.first_ns, whole->samples.first_ns);
	assert_int_equal(brief->samples.last_ns, whole->samples.last_ns);
	assert_memory_equal(brief->samples.known, whole->samples.known, sizeof(whole->samples.known));
	assert_int_equal(brief->samples.cgroups.any, whole->samples.cgroups.any);
	assert_int_equal(brief->samples.cgroups.nr, whole->samples.cgroups.nr);
	assert_int_equal(brief->samples.cgroups.left_out, whole->samples.cgroups.left_out);
	assert_memory_equal(&brief->end, &whole->end, sizeof(whole->end));
	assert_memory_equal(&brief->totals, &whole->totals, sizeof(whole->totals));
}

/* Both ways; how many records the short one read of a hundred. */
static uint64_t compare(struct list *whole)
{
	struct list brief;
	uint64_t percent;

	read_list(&brief, true);
	read_list(whole, false);
	assert_same_summary(&brief.summary, &whole->summary);
	assert_same_kills(&brief.history, &whole->history);
	assert_same_gaps(&brief.history, &whole->history);
	assert_same_clocks(&brief.history, &whole->history);
	assert_memory_equal(brief.history.worst, whole->history.worst, sizeof(whole->history.worst));
	percent = 100 * brief.records / whole->records;
	free_list(&brief);
	return percent;
}

static void remove_first(void)
{
	struct segments segments;
	DIR *stream = opendir(dir);

	assert_int_equal(segments__read(&segments, stream, true), 0);
	assert_true(segments.nr > 3);
	assert_int_equal(unlinkat(dirfd(stream), segments.list[0].name, 0), 0);
	segments__free(&segments);
	closedir(stream);
}

static void says_what_all_records_say(void **state)
{
	struct list whole;
	uint64_t seed;

	for (seed = 1; seed < 6; seed++) {
		begin(seed);
		run_for(700 + seed, 2);
		stop();
		/* another run, and another boot, whose clocks and counters begin anew */
		machine.now_ns += 1000 * SEC;
		start("one");
		run_for(200, 1);
		stop();
		machine.now_ns = BEGIN_NS;
		machine.wall_offset_ns = (int64_t)(WALL_NS + 20000 * SEC - BEGIN_NS);
		machine.waited_ns = 0;
		machine.cgroups = 7;
		start("two");
		run_for(300, 1);
		stop();
		assert_in_range(compare(&whole), 1, 30);
		assert_true(whole.history.nr_kills > 3);
		assert_true(whole.history.nr_gaps > 3);
		assert_true(whole.history.worst[HISTORY_MINUTES - 1].waited_ns > 0);
		assert_int_equal(whole.summary.samples.cgroups.nr, 5 + 7);
		free_list(&whole);
		/* from the second segment on, which does not begin with nothing */
		remove_first();
		compare(&whole);
		free_list(&whole);
		temp_dir__clean(state);
	}
}

/* More than a digest has room for, and more than a list has. */
static void of_what_is_too_much_the_number_is_right(void **state)
{
	struct list whole;

	(void)state;
	begin(9);
	machine.cgroups = CGROUPS_MAX + 44;
	run_for(500, 1200);
	stop();
	compare(&whole);
	assert_true(whole.history.nr_kills > HISTORY_MAX_KILLS);
	assert_int_equal(whole.history.nr_listed, HISTORY_MAX_KILLS);
	assert_int_equal(whole.summary.samples.cgroups.nr, CGROUPS_MAX);
	free_list(&whole);
}

/* So many moments are missing that all are read. */
static void with_more_gaps_than_it_can_have_there_is_none(void **state)
{
	struct list whole;
	int i;

	(void)state;
	begin(3);
	for (i = 0; i < 100; i++) {
		machine.now_ns += 7 * TICK_NS;
		run_for(1, 0);
	}
	stop();
	compare(&whole);
	assert_true(whole.history.nr_gaps > 90);
	free_list(&whole);
}

/* Days, of which the older ones are thinned. */
static void a_thinned_segment_has_its_own(void **state)
{
	struct list whole;

	(void)state;
	begin(4);
	run_for(5 * 8640 / 2, 1);
	stop();
	assert_in_range(compare(&whole), 1, 30);
	/* it was thinned */
	assert_true(whole.summary.samples.nr < 20000);
	free_list(&whole);
}

/* A segment that is cut off anywhere behind its head is read up to there, both ways the same. */
static void without_a_whole_one_all_is_read(void **state)
{
	struct segments segments;
	struct list whole;
	DIR *stream;
	struct stat st;
	char path[192];
	int i;

	(void)state;
	begin(5);
	run_for(200, 1);
	stop();
	stream = opendir(dir);
	assert_int_equal(segments__read(&segments, stream, true), 0);
	closedir(stream);
	snprintf(path, sizeof(path), "%s/%s", dir, segments.list[segments.nr - 1].name);
	segments__free(&segments);
	assert_int_equal(stat(path, &st), 0);
	/* its end, its digest, and its records */
	for (i = 0; i < 20; i++) {
		st.st_size -= i < 4 ? 10 : 100;
		assert_int_equal(truncate(path, st.st_size), 0);
		compare(&whole);
		free_list(&whole);
	}
}

/* A byte of each segment's digest is another one. */
static void damage_digests(void)
{
	struct segments segments;
	struct block_head head;
	DIR *stream = opendir(dir);
	size_t i, nr = 0;
	off_t at;
	int fd;

	assert_int_equal(segments__read(&segments, stream, true), 0);
	for (i = 0; i < segments.nr; i++) {
		fd = openat(dirfd(stream), segments.list[i].name, O_RDWR);
		for (at = sizeof(struct file_head); pread(fd, &head, sizeof(head), at) == sizeof(head);
		     at += (off_t)(sizeof(head) + head.size))
			if (head.kind == BLOCK_DIGEST)
				nr += pwrite(fd, "?", 1, at + (off_t)sizeof(head) + head.size / 2) == 1;
		close(fd);
	}
	assert_int_equal(nr, segments.nr);
	segments__free(&segments);
	closedir(stream);
}

static void without_an_undamaged_one_all_is_read(void **state)
{
	struct list brief, whole;

	(void)state;
	begin(6);
	run_for(500, 1);
	stop();
	read_list(&whole, false);
	assert_false(whole.source->damaged);
	damage_digests();
	read_list(&brief, true);
	/* all that the segments have, but it is said */
	assert_true(brief.source->damaged);
	assert_same_summary(&brief.summary, &whole.summary);
	assert_same_kills(&brief.history, &whole.history);
	assert_same_gaps(&brief.history, &whole.history);
	free_list(&brief);
	free_list(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(says_what_all_records_say, temp_dir__clean),
		cmocka_unit_test_teardown(of_what_is_too_much_the_number_is_right, temp_dir__clean),
		cmocka_unit_test_teardown(with_more_gaps_than_it_can_have_there_is_none, temp_dir__clean),
		cmocka_unit_test_teardown(a_thinned_segment_has_its_own, temp_dir__clean),
		cmocka_unit_test_teardown(without_a_whole_one_all_is_read, temp_dir__clean),
		cmocka_unit_test_teardown(without_an_undamaged_one_all_is_read, temp_dir__clean),
	};

	setenv("TZ", "UTC0", 1);
	return cmocka_run_group_tests(tests, temp_dir__make, temp_dir__remove);
}
