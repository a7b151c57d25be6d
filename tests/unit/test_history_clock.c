// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A history of a machine whose clock changes, by a clock of the test's own: daylight saving, a clock that is set while
 * a recorder runs, a machine that sleeps, is started again, and has another kernel then.  What a command prints of a
 * part is of the times that the clock on the wall showed.
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
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/base/log.h"
#include "../../user/cli/command.h"
#include "../../user/recording/recorder.h"
#include "records.h"
#include "temp_dir.h"

#define SEC	   1000000000ULL
#define MINUTE	   (60 * SEC)
#define HOUR	   (3600 * SEC)
#define BEGIN_NS   (100 * SEC)
#define TICK_NS	   MINUTE
#define LOCAL_ZONE "CET-1CEST,M3.5.0/2,M10.5.0/3"
/* local time is CET, in summer CEST */
#define AUTUMN_NS (1792879200 * SEC) /* 2026-10-25 00:00 CEST; summer time ends at 03:00 */
#define SPRING_NS (1774738800 * SEC) /* 2026-03-29 00:00 CET; it begins at 02:00 */

static char dir[64], out[64];

/* The machine: one task that counts a fault a minute. */
static struct {
	uint64_t now_ns, wall_ns, minor;
	char kernel[16];
	struct outfile file;
	struct recorder *rec;
} machine;

static void start_recorder(void)
{
	const struct recorder_request request = { .file = &machine.file,
						  .history = { .keep_ns = 30 * 24 * HOUR, .max_bytes = 1ULL << 40 } };
	struct recording_head head = {
		.facts = { .subject = "the test", .probes = 0xff, .page_size = 4096, .tick_ns = TICK_NS },
		.start = { .now_ns = machine.now_ns, .wall_offset_ns = (int64_t)(machine.wall_ns - machine.now_ns) },
		.version = "test",
	};
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		head.probes[id].wanted = head.probes[id].attached = head.probes[id].hooked = id < 8;
	snprintf(head.host.kernel, sizeof(head.host.kernel), "%s", machine.kernel);
	assert_int_equal(history__open(&machine.file, dir), 0);
	assert_int_equal(recorder__new(&machine.rec, &request), 0);
	assert_int_equal(recorder__begin(machine.rec, &head), 0);
}

static void stop_recorder(void)
{
	const struct command_outcome none = { 0 };

	assert_int_equal(recorder__finish(machine.rec, &none), 0);
	recorder__free(machine.rec);
	outfile__close(&machine.file);
}

static void boot(uint64_t wall_ns, const char *kernel)
{
	machine.now_ns = BEGIN_NS;
	machine.wall_ns = wall_ns;
	machine.minor = 0;
	snprintf(machine.kernel, sizeof(machine.kernel), "%s", kernel);
	snprintf(dir, sizeof(dir), "%s/history", temp_dir);
	snprintf(out, sizeof(out), "%s/out", temp_dir);
	start_recorder();
}

static void sleep_for(uint64_t ns)
{
	machine.now_ns += ns;
	machine.wall_ns += ns;
}

static void run_for(uint64_t minutes)
{
	struct totals totals = { 0 };
	struct checkpoint checkpoint;
	struct mt_task task;

	while (minutes--) {
		sleep_for(TICK_NS);
		task = minor_record(7, 7, "task", machine.now_ns - 1, ++machine.minor);
		task.life = 7;
		recorder__take(machine.rec, &task);
		checkpoint = (struct checkpoint){ .now_ns = machine.now_ns,
						  .wall_offset_ns = (int64_t)(machine.wall_ns - machine.now_ns) };
		assert_int_equal(recorder__checkpoint(machine.rec, &checkpoint, &totals, machine.now_ns, false), 0);
	}
}

/* What a command prints of the history, as JSON; NULL: it was refused. */
static const char *replay(const char *command, const char *from, const char *to)
{
	static char text[65536];
	const char *argv[] = { "--json", "-o", out, "--from", from, "--to", to, NULL };
	const struct command *found = command__find(command);
	struct options options;
	int status = -1;
	FILE *stream;
	size_t len;
	pid_t pid;

	/* a process has one run */
	pid = fork();
	if (!pid) {
		options__init(&options);
		options.replay = dir;
		status = options__parse(&options, found, from ? to ? 7 : 5 : 3, (char **)argv, 0);
		if (!status)
			status = found->run(&options);
		options__free(&options);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		return NULL;
	stream = fopen(out, "re");
	assert_non_null(stream);
	len = fread(text, 1, sizeof(text) - 1, stream);
	text[len] = '\0';
	fclose(stream);
	return text;
}

/* A number behind a key, from there on. */
static uint64_t number(const char *text, const char *key)
{
	const char *at;

	assert_non_null(text);
	at = strstr(text, key);
	if (!at)
		fail_msg("no %s in %s", key, text);
	return strtoull(at + strlen(key), NULL, 10);
}

static void assert_part(const char *from, const char *to, uint64_t wall_ns, uint64_t minutes)
{
	const char *text = replay("stat", from, to);

	assert_int_equal(number(text, "\"start_ns\":"), wall_ns);
	assert_int_equal(number(text, "\"duration_ns\":"), minutes * MINUTE);
	/* of all tasks: one a minute */
	assert_int_equal(number(strstr(text, "\"total\":"), "\"minor\":"), minutes);
}

static void an_hour_that_comes_twice_is_meant_as_a_whole(void **state)
{
	(void)state;
	boot(AUTUMN_NS, "1");
	run_for(7 * 60);
	stop_recorder();
	assert_part("01:00", "02:00", AUTUMN_NS + HOUR, 60);
	assert_part("02:00", "03:00", AUTUMN_NS + 2 * HOUR, 120);
	assert_part("02:30", "02:45", AUTUMN_NS + 2 * HOUR + 30 * MINUTE, 75);
	assert_part("2026-10-25 03:00", "04:00", AUTUMN_NS + 4 * HOUR, 60);
	assert_part("-2h", NULL, AUTUMN_NS + 5 * HOUR, 120);
	/* times are those of who asks, wherever that was */
	setenv("TZ", "UTC0", 1);
	assert_part("2026-10-25 02:00", "03:00", AUTUMN_NS + 4 * HOUR, 60);
	setenv("TZ", LOCAL_ZONE, 1);
}

static void an_hour_that_is_skipped_is_no_time(void **state)
{
	(void)state;
	boot(SPRING_NS, "1");
	run_for(6 * 60);
	stop_recorder();
	assert_part("01:30", "03:30", SPRING_NS + HOUR + 30 * MINUTE, 60);
	assert_null(replay("stat", "2026-03-29 02:30", "03:30"));
	assert_part("03:00", "04:00", SPRING_NS + 2 * HOUR, 60);
}

/* Not as a segment ends, so that one has both. */
static void a_clock_that_is_set_while_it_runs_is_followed(void **state)
{
	(void)state;
	boot(AUTUMN_NS + 10 * HOUR, "1"); /* 09:00 */
	run_for(20);
	machine.wall_ns += 5 * HOUR; /* it is 14:20 */
	run_for(3 * 60);
	assert_part("09:10", "09:20", AUTUMN_NS + 10 * HOUR + 10 * MINUTE, 10);
	assert_part("14:40", "14:50", AUTUMN_NS + 15 * HOUR + 40 * MINUTE, 10);
	assert_part("16:00", "17:00", AUTUMN_NS + 17 * HOUR, 60);
	/* and back: it was 17:20, and is 12:20 */
	machine.wall_ns -= 5 * HOUR;
	run_for(3 * 60);
	assert_part("13:00", "13:30", AUTUMN_NS + 14 * HOUR, 30);
	assert_part("15:00", "15:10", AUTUMN_NS + 16 * HOUR, 10);
	stop_recorder();
}

/* As of a machine without a clock of its own, until it has asked another one. */
static void a_clock_that_was_wrong_for_a_while_hides_nothing(void **state)
{
	(void)state;
	boot(AUTUMN_NS + 10 * HOUR, "1"); /* 09:00 */
	run_for(3 * 60);
	stop_recorder();
	boot(AUTUMN_NS - 1000 * HOUR, "1");
	run_for(20);
	machine.wall_ns = AUTUMN_NS + 14 * HOUR; /* 13:00 */
	run_for(3 * 60);
	stop_recorder();
	assert_part("2026-10-25 10:00", "10:30", AUTUMN_NS + 11 * HOUR, 30);
	assert_part("14:00", "15:00", AUTUMN_NS + 15 * HOUR, 60);
	boot(AUTUMN_NS - 1000 * HOUR, "1");
	run_for(30);
	stop_recorder();
	assert_part("2026-10-25 10:00", "2026-10-25 10:30", AUTUMN_NS + 11 * HOUR, 30);
	assert_part("2026-10-25 15:00", "2026-10-25 15:30", AUTUMN_NS + 16 * HOUR, 30);
}

/* When it was, by the clock on the wall. */
static uint64_t kill_one(void)
{
	struct mt_oom kill = { .hdr = { .id = MT_REC_oom, .size = sizeof(kill), .time_ns = machine.now_ns + 1 },
			       .victim = { .comm = "victim", .pid = 7 } };

	recorder__take(machine.rec, &kill);
	return machine.wall_ns + 1;
}

static void a_list_has_times_by_the_clock_of_then(void **state)
{
	const char *text, *kills;
	uint64_t one, other;

	(void)state;
	boot(AUTUMN_NS + 10 * HOUR, "1");
	run_for(40);
	one = kill_one();
	run_for(5);
	machine.wall_ns += 500 * HOUR + 17 * SEC;
	run_for(5);
	other = kill_one();
	run_for(5);
	machine.wall_ns -= 3 * HOUR;
	run_for(5);
	stop_recorder();
	text = replay("replay", NULL, NULL);
	assert_int_equal(number(text, "\"start_ns\":"), AUTUMN_NS + 10 * HOUR);
	kills = strstr(text, "\"oom_kills\":");
	assert_int_equal(number(kills, "\"time_ns\":"), one);
	assert_int_equal(number(strstr(strstr(kills, "time_ns") + 1, "time_ns"), "time_ns\":"), other);
}

static size_t nr_of(const char *text, const char *part)
{
	size_t nr = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		nr++;
	return nr;
}

static void what_was_between_is_said(void **state)
{
	const char *text;

	(void)state;
	boot(AUTUMN_NS, "6.1.0-1");
	run_for(50);
	sleep_for(8 * HOUR);
	run_for(70);
	stop_recorder();
	sleep_for(HOUR);
	boot(machine.wall_ns, "6.1.0-2");
	run_for(10);
	stop_recorder();
	text = replay("replay", NULL, NULL);
	assert_non_null(text);
	assert_int_equal(nr_of(text, "\"why\":"), 2);
	assert_int_equal(nr_of(text, "the machine slept"), 1);
	assert_int_equal(nr_of(text, "the machine was started again"), 1);
	assert_int_equal(nr_of(text, "\"other_kernel\":true"), 1);
	/* what was counted before and after the sleep is in the hours it was counted in */
	assert_part("2026-10-25 00:30", "00:40", AUTUMN_NS + 30 * MINUTE, 10);
	assert_part("2026-10-25 08:00", "2026-10-25 08:10", AUTUMN_NS + 9 * HOUR, 10);
	/* from a gap on: from where the next run begins, which has counted nothing yet */
	assert_part("2026-10-25 09:30", NULL, machine.wall_ns - 10 * MINUTE, 10);
	/* a time of which there is nothing */
	assert_null(replay("stat", "2026-10-25 04:00", "2026-10-25 05:00"));
	assert_null(replay("stat", "2026-10-25 09:10", "2026-10-25 09:20"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_hour_that_comes_twice_is_meant_as_a_whole, temp_dir__clean),
		cmocka_unit_test_teardown(an_hour_that_is_skipped_is_no_time, temp_dir__clean),
		cmocka_unit_test_teardown(a_clock_that_is_set_while_it_runs_is_followed, temp_dir__clean),
		cmocka_unit_test_teardown(a_clock_that_was_wrong_for_a_while_hides_nothing, temp_dir__clean),
		cmocka_unit_test_teardown(a_list_has_times_by_the_clock_of_then, temp_dir__clean),
		cmocka_unit_test_teardown(what_was_between_is_said, temp_dir__clean),
	};

	/* as a rule, so that no files of time zones are needed */
	setenv("TZ", LOCAL_ZONE, 1);
	return cmocka_run_group_tests(tests, temp_dir__make, temp_dir__remove);
}
