/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What reclaim got back, in words: of counts that are made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/report/output.h"
#include "../../user/views/yields.h"
#include "fake_run.h"

struct made_up {
	struct fake_run run;
	struct keyed_counts *keyed;
};

static int make_up(void **state)
{
	struct made_up *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	assert_int_equal(fake_run__open(&m->run, BY_PROCESS), 0);
	m->keyed = keyed_counts__new(true, 100);
	assert_non_null(m->keyed);
	m->run.view.keyed = m->keyed;
	*state = m;
	return 0;
}

static int forget(void **state)
{
	struct made_up *m = *state;

	fake_run__close(&m->run);
	keyed_counts__free(m->keyed);
	free(m);
	return 0;
}

static void take(struct made_up *m, uint32_t by, uint64_t target, uint32_t file, uint64_t scanned, uint64_t reclaimed)
{
	static uint64_t count;
	const struct mt_reclaim_yield record = {
		.hdr = { .id = REC_KEYED + MT_KEYED_reclaim_yield, .size = sizeof(record) },
		.key = { .target_cgroup_id = target, .by = by, .file = file },
		.value = { .head = { .count = count + 1 }, .scanned_pages = scanned, .reclaimed_pages = reclaimed },
	};
	const void *added;

	count++;
	assert_int_equal(keyed_counts__take(m->keyed, &keyed_rows[MT_KEYED_reclaim_yield], &record, &added), 0);
}

/* What is said must be exactly this. */
static void expect_of(const struct made_up *m, enum scope scope, const char *expected)
{
	static const int64_t wall_offset_ns = 0;
	struct output out = { .ops = output__find("text"), .wall_offset_ns = &wall_offset_ns };
	struct report *report = report__new("memtrace.stalls/1");
	char *text = NULL;
	size_t size;

	assert_non_null(report);
	assert_int_equal(yields__say(&m->run.view, report, scope), 0);
	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	assert_int_equal(out.ops->report(&out, report), 0);
	fclose(out.stream);
	assert_string_equal(text, expected);
	free(text);
	report__free(report);
}

static void expect(const struct made_up *m, const char *expected)
{
	expect_of(m, SCOPE_TOTAL, expected);
}

/* Anonymous pages and those of files together; most first. */
static void one_line_each(void **state)
{
	struct made_up *m = *state;

	take(m, MT_RECLAIM_MEMCG, 1, 1, 100, 25);
	take(m, MT_RECLAIMER_KSWAPD, 0, 0, 200, 100);
	take(m, MT_RECLAIMER_KSWAPD, 0, 1, 200, 300 - 160);
	expect(m, "kswapd scanned 1.56MiB, got back 960KiB (60.0%)\n"
		  "memcg reclaim for /one scanned 400KiB, got back 100KiB (25.0%)\n");
}

/* The same reclaimer for two limits. */
static void by_target(void **state)
{
	struct made_up *m = *state;

	take(m, MT_RECLAIM_MEMCG, 1, 1, 100, 25);
	take(m, MT_RECLAIM_MEMCG, 2, 1, 300, 30);
	expect(m, "memcg reclaim for /other scanned 1.17MiB, got back 120KiB (10.0%)\n"
		  "memcg reclaim for /one scanned 400KiB, got back 100KiB (25.0%)\n");
}

static void largest_three(void **state)
{
	struct made_up *m = *state;

	take(m, MT_RECLAIM_DIRECT, 0, 1, 1, 1);
	take(m, MT_RECLAIM_NODE, 0, 1, 4, 0);
	take(m, MT_RECLAIMER_PROACTIVE, 0, 1, 3, 3);
	take(m, MT_RECLAIMER_OTHER, 0, 1, 2, 1);
	expect(m, "node reclaim scanned 16.0KiB, got back 0B (0.0%)\n"
		  "proactive reclaim scanned 12.0KiB, got back 12.0KiB (100%)\n"
		  "other reclaim scanned 8.00KiB, got back 4.00KiB (50.0%)\n");
}

static void nothing_to_say(void **state)
{
	struct made_up *m = *state;

	expect(m, "");
	take(m, MT_RECLAIM_DIRECT, 0, 1, 0, 0);
	expect(m, "");
	m->run.view.keyed = NULL;
	expect(m, "");
}

/* A recording may have any number there. */
static void unknown_reclaimer(void **state)
{
	struct made_up *m = *state;

	take(m, 1000, 0, 1, 2, 1);
	expect(m, "unknown reclaim scanned 8.00KiB, got back 4.00KiB (50.0%)\n");
}

static void interval(void **state)
{
	struct made_up *m = *state;

	take(m, MT_RECLAIM_DIRECT, 0, 1, 100, 50);
	keyed_counts__next_interval(m->keyed);
	take(m, MT_RECLAIM_DIRECT, 0, 1, 200, 60);
	keyed_counts__next_interval(m->keyed);
	expect_of(m, SCOPE_INTERVAL, "direct reclaim scanned 400KiB, got back 40.0KiB (10.0%)\n");
	expect_of(m, SCOPE_TOTAL, "direct reclaim scanned 800KiB, got back 240KiB (30.0%)\n");
	keyed_counts__next_interval(m->keyed);
	expect_of(m, SCOPE_INTERVAL, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_line_each),  TEST(by_target),	       TEST(largest_three),
		TEST(nothing_to_say), TEST(unknown_reclaimer), TEST(interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
