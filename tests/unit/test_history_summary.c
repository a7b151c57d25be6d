// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers history_summary.h: the five minutes of the clock on the wall in which most was waited for memory, the worst
 * first; what is no growth of a minute is in none; kills with their names and cgroups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/history_summary.h"

#define SEC	 1000000000ULL
#define MINUTE	 (60 * SEC)
#define OFFSET	 (25 * SEC) /* the clock on the wall is so far ahead */
#define BEGIN_NS (1000 * MINUTE - OFFSET)

static const struct recorded_clock clock_of_all = { .wall_offset_ns = OFFSET };

static const char *no_cgroup(void *ctx, uint64_t id)
{
	return NULL;
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	return id == 7 ? "/shop" : NULL;
}

static void look(struct history_summary *summary, uint64_t time_ns, uint64_t total_ns)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .time_ns = time_ns } };

	record.values[SAMPLE_pressure_memory_some_total] = total_ns;
	assert_int_equal(history_summary__take(summary, &record, no_cgroup, NULL), 0);
}

/* Looks behind each 10 s of a minute of the wall's clock, in which so much was waited; the total so far. */
static uint64_t minute(struct history_summary *summary, uint64_t number, uint64_t total_ns, uint64_t waited_ns)
{
	uint64_t i;

	for (i = 0; i < 6; i++) {
		total_ns += waited_ns / 6;
		look(summary, BEGIN_NS + number * MINUTE + (i + 1) * 10 * SEC, total_ns);
	}
	return total_ns;
}

static void the_worst_minutes_are_found(void **state)
{
	static const uint64_t waited[] = { 6, 60, 12, 0, 18, 60, 30, 24, 6 };
	static const struct {
		uint64_t minute, waited;
	} worst[HISTORY_MINUTES] = { { 1, 60 }, { 5, 60 }, { 6, 30 }, { 7, 24 }, { 4, 18 } };
	struct history_summary summary = { .clocks = &clock_of_all, .nr_clocks = 1 };
	uint64_t total = 12345, i;

	(void)state;
	look(&summary, BEGIN_NS, total);
	for (i = 0; i < sizeof(waited) / sizeof(*waited); i++)
		total = minute(&summary, i, total, waited[i]);
	history_summary__end(&summary);
	for (i = 0; i < HISTORY_MINUTES; i++) {
		assert_int_equal(summary.worst[i].from_ns, BEGIN_NS + worst[i].minute * MINUTE);
		assert_int_equal(summary.worst[i].waited_ns, worst[i].waited);
	}
	/* the end counts once */
	history_summary__end(&summary);
	assert_int_equal(summary.worst[4].waited_ns, 18);
	history_summary__free(&summary);
}

/* Looks of a thinned segment are a minute apart, a little behind full ones. */
static void what_grew_did_so_before_the_look(void **state)
{
	struct history_summary summary = { .clocks = &clock_of_all, .nr_clocks = 1 };
	uint64_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		look(&summary, BEGIN_NS + i * (MINUTE - SEC / 1000) + SEC / 5, i < 3 ? 100 : 107);
	history_summary__end(&summary);
	assert_int_equal(summary.worst[0].waited_ns, 7);
	assert_int_equal(summary.worst[0].from_ns, BEGIN_NS + 2 * MINUTE);
	assert_int_equal(summary.worst[1].waited_ns, 0);
	history_summary__free(&summary);
}

/* Each segment has the offset as it was when it began: clocks are corrected all the time. */
static void a_minute_stays_whole_when_the_clock_is_corrected(void **state)
{
	static const struct recorded_clock clocks[] = {
		{ .wall_offset_ns = OFFSET },
		{ .from_ns = BEGIN_NS + MINUTE + 25 * SEC, .wall_offset_ns = OFFSET + 700 },
		{ .from_ns = BEGIN_NS + MINUTE + 45 * SEC, .wall_offset_ns = OFFSET - SEC / 100 },
		{ .from_ns = BEGIN_NS + 3 * MINUTE + 5 * SEC, .wall_offset_ns = OFFSET - SEC },
	};
	struct history_summary summary = { .clocks = clocks, .nr_clocks = 4 };
	uint64_t total = 0, i;

	(void)state;
	look(&summary, BEGIN_NS, total);
	for (i = 0; i < 5; i++)
		total = minute(&summary, i, total, 60 + 6 * i);
	history_summary__end(&summary);
	for (i = 0; i < 5; i++)
		assert_int_equal(summary.worst[i].waited_ns, 84 - 6 * i);
	history_summary__free(&summary);
}

static void what_is_no_growth_of_a_minute_is_left_out(void **state)
{
	struct history_summary summary = { .clocks = &clock_of_all, .nr_clocks = 1 };

	(void)state;
	look(&summary, BEGIN_NS, 1000);
	/* nothing was looked at for longer: when it was waited is not known */
	look(&summary, BEGIN_NS + MINUTE + SEC, 500000);
	/* the kernel did not say */
	look(&summary, BEGIN_NS + MINUTE + 11 * SEC, MT_UNKNOWN_U64);
	/* the machine was started again */
	look(&summary, BEGIN_NS + MINUTE + 21 * SEC, 3);
	history_summary__end(&summary);
	assert_int_equal(summary.worst[0].waited_ns, 0);
	/* one that is a minute after the last counts */
	look(&summary, BEGIN_NS + 2 * MINUTE + 21 * SEC, 10);
	history_summary__end(&summary);
	assert_int_equal(summary.worst[0].waited_ns, 7);
	assert_int_equal(summary.worst[0].from_ns, BEGIN_NS + MINUTE);
	assert_int_equal(summary.worst[1].waited_ns, 0);
	history_summary__free(&summary);
}

static void kills_have_their_names(void **state)
{
	struct mt_oom kill = { .hdr = { .id = MT_REC_oom, .time_ns = 5 }, .victim = { .pid = 9, .cgroup_id = 7 } };
	struct history_summary summary = { 0 };
	int i;

	(void)state;
	memset(kill.victim.comm, 'x', MT_COMM_LEN);
	assert_int_equal(history_summary__take(&summary, &kill, name_cgroup, NULL), 0);
	kill.victim.cgroup_id = 8;
	for (i = 0; i < HISTORY_MAX_KILLS + 2; i++)
		assert_int_equal(history_summary__take(&summary, &kill, name_cgroup, NULL), 0);
	assert_int_equal(summary.nr_kills, HISTORY_MAX_KILLS + 3);
	assert_int_equal(summary.kills[0].time_ns, 5);
	assert_int_equal(summary.kills[0].pid, 9);
	assert_int_equal(strlen(summary.kills[0].comm), MT_COMM_LEN);
	assert_string_equal(summary.kills[0].cgroup, "/shop");
	assert_null(summary.kills[HISTORY_MAX_KILLS - 1].cgroup);
	history_summary__free(&summary);
	assert_int_equal(summary.nr_kills, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_minutes_are_found),
		cmocka_unit_test(what_grew_did_so_before_the_look),
		cmocka_unit_test(a_minute_stays_whole_when_the_clock_is_corrected),
		cmocka_unit_test(what_is_no_growth_of_a_minute_is_left_out),
		cmocka_unit_test(kills_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
