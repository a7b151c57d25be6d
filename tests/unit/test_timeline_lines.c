/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers timeline_lines.h: how entries look as text and as JSON, each kind of them; names that are hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/timeline_impl.h"
#include "../../user/report/output.h"
#include "../../user/views/timeline_lines.h"
#include "fake_run.h"

#define MS 1000000ULL

struct made_up {
	struct fake_run run;
	struct timeline_lines lines;
	struct output out;
	int64_t offset;
	char *text;
	size_t size;
};

static int make_up(void **state)
{
	struct made_up *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	assert_int_equal(fake_run__open(&m->run, BY_PROCESS), 0);
	m->lines.view = &m->run.view;
	m->out.ops = output__find("text");
	m->out.stream = open_memstream(&m->text, &m->size);
	m->out.event_schema = "memtrace.timeline/1";
	m->out.wall_offset_ns = &m->offset;
	assert_non_null(m->out.stream);
	*state = m;
	return 0;
}

static int forget(void **state)
{
	struct made_up *m = *state;

	fclose(m->out.stream);
	free(m->text);
	fake_run__close(&m->run);
	free(m);
	return 0;
}

/* At one second and a half after midnight, for ten milliseconds; by post[12] with thread 13. */
static struct timeline_entry entry(enum timeline_kind kind)
{
	struct timeline_entry entry;

	timeline_entry__init(&entry, kind, 1500 * MS, 1510 * MS);
	entry.id = 7;
	entry.who = (struct mt_who){ .pid = 12, .tid = 13, .comm = "post", .tcomm = "worker", .cgroup_id = 2 };
	return entry;
}

static void expect(struct made_up *m, const struct timeline_entry *entry, const char *expected)
{
	rewind(m->out.stream);
	m->lines.at[0] = '\0';
	assert_int_equal(timeline_lines__write(&m->lines, &m->out, entry), 0);
	fflush(m->out.stream);
	m->text[m->size - 1] = '\0';
	assert_string_equal(m->text, expected);
}

/* The line of an entry of that kind, with more of it known than before. */
static void states_have_their_words(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_low);

	e.value_bytes = 1 << 20;
	e.bound_bytes = 2 << 20;
	expect(m, &e, "00:00:01.500 free memory 1.00MiB below the low watermark 2.00MiB, of all zones");
	e.kind = TIMELINE_min;
	expect(m, &e, "00:00:01.500 free memory 1.00MiB below the min watermark 2.00MiB, of all zones");
	e.kind = TIMELINE_dirty_limit;
	expect(m, &e, "00:00:01.500 1.00MiB dirty or being written; above 2.00MiB writers wait");
	e.cgroup_id = 1;
	e.kind = TIMELINE_limit;
	expect(m, &e, "00:00:01.500 /one at its limit of 2.00MiB");
	e.bound_bytes = MT_UNKNOWN_U64;
	e.kind = TIMELINE_above_high;
	expect(m, &e, "00:00:01.500 /one above memory.high");
}

static void what_was_not_seen_says_so(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_low);

	e.seen = false;
	e.cgroup_id = 1;
	expect(m, &e, "00:00:01.500 not seen: a zone below its low watermark");
	e.kind = TIMELINE_min;
	expect(m, &e, "00:00:01.500 not seen: no zone above its min watermark");
	e.order = 7;
	expect(m, &e, "00:00:01.500 not seen: no zone above its min watermark, or with a block of order 7");
	e.kind = TIMELINE_low;
	expect(m, &e, "00:00:01.500 not seen: a zone below its low watermark, or without a block of order 7");
	e.kind = TIMELINE_limit;
	expect(m, &e, "00:00:01.500 not seen: /one at its limit");
	e.above = true;
	expect(m, &e, "00:00:01.500 not seen: /one or a cgroup above it at its limit");
	e.kind = TIMELINE_above_high;
	expect(m, &e, "00:00:01.500 not seen: /one or a cgroup above it above memory.high");
	e.kind = TIMELINE_dirty_limit;
	expect(m, &e, "00:00:01.500 not seen: too much dirty, of the machine, of a device or of a cgroup");
	e.kind = TIMELINE_wake;
	e.node = 1;
	expect(m, &e, "00:00:01.500 kswapd1 woken; not seen: by whom");
}

static void kswapd_has_its_words(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_wake);

	e.node = 0;
	e.order = 3;
	expect(m, &e, "00:00:01.500 kswapd0 woken by post[13], order 3");
	e.events = 4;
	expect(m, &e, "00:00:01.500 kswapd0 woken 4 more times in 10.0ms");
	e.kind = TIMELINE_kswapd;
	e.scanned_pages = 256;
	e.reclaimed_pages = 64;
	expect(m, &e,
	       "00:00:01.500 4 more sessions of kswapd0 in 10.0ms, 10.0ms in all: scanned 1.00MiB, got back 256KiB "
	       "(25.0%)");
	e.events = 1;
	e.depth = 1;
	expect(m, &e, "00:00:01.500 ├ kswapd0 10.0ms: scanned 1.00MiB, got back 256KiB (25.0%)");
	e.partial = true;
	e.scanned_pages = MT_UNKNOWN_U64;
	expect(m, &e, "00:00:01.500 ├ kswapd0 10.0ms or more");
}

static void reclaim_has_its_words(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_direct);

	expect(m, &e, "00:00:01.500 post[13] direct reclaim 10.0ms");
	e.order = 2;
	e.reclaimed_pages = 0;
	expect(m, &e, "00:00:01.500 post[13] direct reclaim 10.0ms, order 2, got back nothing");
	e.kind = TIMELINE_memcg;
	e.cgroup_id = 1;
	e.reclaimed_pages = 32;
	expect(m, &e, "00:00:01.500 post[13] memcg reclaim 10.0ms, order 2, got back 128KiB, for /one");
	e.events = 412;
	e.end_ns = 4600 * MS;
	expect(m, &e,
	       "00:00:01.500 412 more memcg reclaims of post[12] in 3.10s, 10.0ms in all, got back 128KiB, for /one");
	e.kind = TIMELINE_softlimit;
	expect(m, &e,
	       "00:00:01.500 412 more soft limit reclaims of post[12] in 3.10s, 10.0ms in all, got back 128KiB, for "
	       "/one");
	e.kind = TIMELINE_node;
	e.events = 1;
	e.cgroup_id = 0;
	expect(m, &e, "00:00:01.500 post[13] node reclaim 10.0ms, order 2, got back 128KiB");
}

static void stalls_have_their_words(void **state)
{
	static const struct {
		enum timeline_kind kind;
		const char *one, *several;
	} cases[] = {
		{ TIMELINE_swapin, "post[13] waited 10.0ms for memory that was swapped out",
		  "2 more waits for memory that was swapped out of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_refault, "post[13] waited 10.0ms for page cache that was evicted",
		  "2 more waits for page cache that was evicted of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_stall, "post[13] stalled 10.0ms in f",
		  "2 more stalls of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_high, "post[13] reclaim for memory.high 10.0ms, of /one",
		  "2 more reclaims for memory.high of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_compact, "post[13] direct compaction 10.0ms",
		  "2 more direct compactions of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_throttled, "post[13] throttled 10.0ms of that",
		  "2 more sleeps in reclaim of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_penalty, "post[13] slept 10.0ms, above memory.high, of /one",
		  "2 more sleeps above memory.high of post[12] in 10.0ms, 10.0ms in all" },
		{ TIMELINE_dirty, "post[12] paused 9 times, 10.0ms in all, as too much is dirty",
		  "post[12] paused 9 more times in 10.0ms, 10.0ms in all" },
		{ TIMELINE_gap, "post[13] 10.0ms without a memory event", "post[13] 10.0ms without a memory event" },
	};
	struct made_up *m = *state;
	char expected[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct timeline_entry e = entry(cases[i].kind);

		e.function[0] = 'f';
		e.cgroup_id = 1;
		e.number = 9;
		snprintf(expected, sizeof(expected), "00:00:01.500 %s", cases[i].one);
		expect(m, &e, expected);
		e.events = 2;
		snprintf(expected, sizeof(expected), "00:00:01.500 %s", cases[i].several);
		expect(m, &e, expected);
	}
}

static void kills_end_what_led_to_them(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_memcg_kill);

	e.victim = (struct mt_who){ .pid = 99, .tid = 99, .comm = "java" };
	e.depth = 2;
	expect(m, &e, "00:00:01.500 │ └ OOM kill: java[99], asked by post[13]");
	e.cgroup_id = 1;
	e.rss_bytes = 1 << 20;
	expect(m, &e,
	       "00:00:01.500 │ └ OOM kill: java[99], 1.00MiB of anonymous memory, asked by post[13], limit of /one");
	e.kind = TIMELINE_kill;
	e.order = 0;
	e.late = true;
	expect(m, &e,
	       "00:00:01.500 │ └ OOM kill: java[99], 1.00MiB of anonymous memory, asked by post[13], order 0 (told "
	       "late)");
}

static void a_deep_line_is_indented_no_further(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_stall);

	e.depth = 4000000000U;
	expect(m, &e, "00:00:01.500 │ │ │ │ │ ├ post[13] stalled 10.0ms");
}

/* Within a second only what differs. */
static void the_time_of_day_is_not_repeated(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_gap);

	assert_int_equal(timeline_lines__write(&m->lines, &m->out, &e), 0);
	e.place += 100 * MS;
	assert_int_equal(timeline_lines__write(&m->lines, &m->out, &e), 0);
	e.place += 1000 * MS;
	assert_int_equal(timeline_lines__write(&m->lines, &m->out, &e), 0);
	fflush(m->out.stream);
	assert_string_equal(m->text, "00:00:01.500 post[13] 10.0ms without a memory event\n"
				     "        .600 post[13] 10.0ms without a memory event\n"
				     "00:00:02.600 post[13] 10.0ms without a memory event\n");
}

static void hostile_names_do_no_harm(void **state)
{
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_gap);

	memcpy(e.who.comm, "\033[2J{pid}<>\\\n\xff", 14);
	expect(m, &e, "00:00:01.500 \\x1b[2J{pid}<>\\x5c\\x0a\\xff[13] 10.0ms without a memory event");
}

static void json_has_all_of_it(void **state)
{
	static const struct timeline_rule rule = { "found_nothing", TIMELINE_memcg, TIMELINE_memcg_kill, "" };
	struct made_up *m = *state;
	struct timeline_entry e = entry(TIMELINE_memcg_kill);

	m->out.ops = output__find("json");
	e.cause = 3;
	e.rule = &rule;
	e.depth = 2;
	e.victim = (struct mt_who){ .pid = 99, .start_ns = 4, .comm = "java", .cgroup_id = 1 };
	e.cgroup_id = 1;
	e.order = 0;
	expect(m, &e,
	       "{\"schema\":\"memtrace.timeline/"
	       "1\",\"event\":\"memcg_kill\",\"id\":7,\"cause\":3,\"rule\":\"found_nothing\","
	       "\"time_ns\":1500000000,\"end_ns\":1510000000,\"duration_ns\":10000000,\"count\":1,\"depth\":2,\"seen\":"
	       "true,"
	       "\"late\":false,\"partial\":false,\"pid\":12,\"tid\":13,\"start_time_ns\":0,\"comm\":\"post\","
	       "\"thread_comm\":\"worker\",\"cgroup\":\"/other\",\"uid\":0,\"victim\":{\"pid\":99,\"start_time_ns\":4,"
	       "\"comm\":\"java\",\"cgroup\":\"/one\",\"anon_rss_bytes\":null},\"target_cgroup\":\"/"
	       "one\",\"node\":null,"
	       "\"order\":0,\"gfp_flags\":null,\"scanned_pages\":null,\"reclaimed_pages\":null,\"function\":null,"
	       "\"pauses\":null,\"value_bytes\":null,\"bound_bytes\":null}");
	e = entry(TIMELINE_low);
	memset(&e.who, 0, sizeof(e.who));
	e.seen = false;
	expect(m, &e,
	       "{\"schema\":\"memtrace.timeline/1\",\"event\":\"low\",\"id\":7,\"cause\":null,\"rule\":null,"
	       "\"time_ns\":1500000000,\"end_ns\":1510000000,\"duration_ns\":10000000,\"count\":1,\"depth\":0,\"seen\":"
	       "false,"
	       "\"late\":false,\"partial\":false,\"pid\":null,\"tid\":null,\"start_time_ns\":null,\"comm\":null,"
	       "\"thread_comm\":null,\"cgroup\":null,\"uid\":null,\"victim\":{\"pid\":null,\"start_time_ns\":null,"
	       "\"comm\":null,\"cgroup\":null,\"anon_rss_bytes\":null},\"target_cgroup\":null,\"node\":null,"
	       "\"order\":null,\"gfp_flags\":null,\"scanned_pages\":null,\"reclaimed_pages\":null,\"function\":null,"
	       "\"pauses\":null,\"value_bytes\":null,\"bound_bytes\":null}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(states_have_their_words),
		TEST(what_was_not_seen_says_so),
		TEST(kswapd_has_its_words),
		TEST(reclaim_has_its_words),
		TEST(stalls_have_their_words),
		TEST(kills_end_what_led_to_them),
		TEST(a_deep_line_is_indented_no_further),
		TEST(the_time_of_day_is_not_repeated),
		TEST(hostile_names_do_no_harm),
		TEST(json_has_all_of_it),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
