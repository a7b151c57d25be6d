// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The sections of reports, on runs that are made up here: no session, no kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/base/log.h"
#include "../../user/report/output.h"
#include "../../user/views/bursts.h"
#include "../../user/views/cgroups.h"
#include "../../user/views/histograms.h"
#include "../../user/views/keyed.h"
#include "../../user/views/recording_info.h"
#include "../../user/views/samples.h"
#include "../../user/views/summary.h"
#include "../../user/views/tasks_table.h"
#include "fake_run.h"

/* A run of two seconds with two processes. */
static int make_up(void **state)
{
	struct fake_run *run = calloc(1, sizeof(*run));

	assert_non_null(run);
	assert_int_equal(fake_run__open(run, BY_PROCESS), 0);
	run->view.asked = 1U << MT_PROBE_fault;
	assert_int_equal(fake_run__task(run, 11, "busy", 4000), 0);
	assert_int_equal(fake_run__task(run, 12, "idle", 10), 0);
	*state = run;
	return 0;
}

static int forget(void **state)
{
	fake_run__close(*state);
	free(*state);
	return 0;
}

/* Renders a report with that output; the text is the caller's to free(). */
static char *render(const struct report *report, const char *format)
{
	static const int64_t wall_offset_ns = 0;
	struct output out = { .ops = output__find(format), .wall_offset_ns = &wall_offset_ns };
	char *text = NULL;
	size_t size;

	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	assert_int_equal(out.ops->report(&out, report), 0);
	fclose(out.stream);
	return text;
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected '%s' in:\n%s", part, text);
}

static void expect_none(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect '%s' in:\n%s", part, text);
}

static char *table_text(const struct fake_run *run, const struct tasks_request *request, enum scope scope,
			const char *format)
{
	struct report *report = report__new("memtrace.stat/1");
	struct tasks_table table;
	char *text;

	assert_non_null(report);
	assert_int_equal(tasks_table__init(&table, &run->view, request), EXIT_OK);
	assert_int_equal(tasks_table__add(&table, report, scope, "processes"), 0);
	text = render(report, format);
	tasks_table__done(&table);
	report__free(report);
	return text;
}

/* Rates are of the scope's seconds. */
static void task_table(void **state)
{
	struct tasks_request request = { .by = BY_PROCESS, .rows = 20 };
	char *text = table_text(*state, &request, SCOPE_TOTAL, "text");

	expect(text, "11 busy");
	expect(text, "/one");
	expect(text, "2.0k"); /* 4,000 in two seconds */
	free(text);
	aggregate__next_interval(((struct fake_run *)*state)->view.aggregate);
	text = table_text(*state, &request, SCOPE_INTERVAL, "text");
	expect(text, "4.0k"); /* the interval had one second */
	free(text);
}

static void task_table_cuts_rows(void **state)
{
	struct tasks_request request = { .by = BY_PROCESS, .rows = 1 };
	char *text = table_text(*state, &request, SCOPE_TOTAL, "text");

	expect(text, "1 more (-k 0)");
	expect_none(text, "idle");
	free(text);
	/* programs get all rows */
	text = table_text(*state, &request, SCOPE_TOTAL, "json");
	expect(text, "idle");
	free(text);
}

/* What nobody counts is unknown, not 0. */
static void unknown_is_no_zero(void **state)
{
	struct fake_run *run = *state;
	struct tasks_request request = { .by = BY_PROCESS, .rows = 20 };
	char *text;

	run->probes[MT_PROBE_fault].hooked = false;
	assert_true(run_view__knows(&run->view, MT_SLOT_fault_minor));
	assert_false(run_view__knows(&run->view, MT_SLOT_fault_user));
	text = table_text(run, &request, SCOPE_TOTAL, "json");
	expect(text, "\"minor\":4000");
	expect(text, "\"user\":null");
	free(text);
}

/* A title is the same with and without "/s"; counts have no rates, and do not change the order. */
static void counts_in_place_of_rates(void **state)
{
	struct tasks_request request = { .by = BY_PROCESS, .rows = 20, .counts = true, .sort = "minor/s" };
	char *text = table_text(*state, &request, SCOPE_TOTAL, "text");

	expect(text, " MINOR ");
	expect(text, "4,000");
	expect_none(text, "/s");
	free(text);
}

/* Expects those names in that order. */
static void expect_order(struct fake_run *run, const char *sort, const char *first, const char *second)
{
	struct tasks_request request = { .by = BY_PROCESS, .rows = 20, .sort = sort };
	char *text = table_text(run, &request, SCOPE_TOTAL, "text");

	expect(text, first);
	expect(text, second);
	if (strstr(text, first) > strstr(text, second))
		fail_msg("expected %s before %s in:\n%s", first, second, text);
	free(text);
}

#define PERCENT_NS 20000000 /* of the two seconds */

/* Who waits comes first if anybody waits for more than 1 % of the time. */
static void stalled_come_first(void **state)
{
	struct fake_run *run = *state;

	run->view.asked |= 1U << MT_PROBE_reclaim;
	assert_int_equal(fake_run__stall(run, 13, "waits", 20, PERCENT_NS), 0);
	expect_order(run, NULL, "busy", "waits");
	assert_int_equal(fake_run__stall(run, 13, "waits", 20, PERCENT_NS + 1), 0);
	expect_order(run, NULL, "waits", "busy");
	expect_order(run, NULL, "busy", "idle"); /* equal waits: by activity */
	expect_order(run, "MINOR", "busy", "waits");
	/* two that waited for 0.6 % each do not change the order */
	run->checkpoint.now_ns += 2000000000;
	assert_int_equal(fake_run__stall(run, 14, "too", 1, PERCENT_NS + 1), 0);
	expect_order(run, NULL, "busy", "waits");
}

static void refuses_unknown_sort(void **state)
{
	struct fake_run *run = *state;
	struct tasks_request request = { .by = BY_PROCESS, .sort = "no such column" };
	struct tasks_table table;
	FILE *saved = stderr;

	stderr = fopen("/dev/null", "w");
	assert_int_equal(tasks_table__init(&table, &run->view, &request), EXIT_USAGE);
	fclose(stderr);
	stderr = saved;
}

static char *summary_text(const struct fake_run *run, const char *format)
{
	struct report *report = report__new("memtrace.stat/1");
	struct summary *summary = calloc(1, sizeof(*summary));
	char *text;

	assert_non_null(report);
	assert_non_null(summary);
	summary__init(summary, &run->view);
	summary__add_run(summary, report, SCOPE_TOTAL);
	summary__add_totals(summary, report, SCOPE_TOTAL);
	summary__add_command(summary, report);
	summary__add_end(summary, report);
	text = render(report, format);
	free(summary);
	report__free(report);
	return text;
}

static void run_totals_and_losses(void **state)
{
	struct fake_run *run = *state;
	char *text;

	text = summary_text(run, "text");
	expect(text, "a made-up machine for 2.00s from 1970-01-01 00:00:03\n");
	expect(text, "minor 4,010");
	expect(text, "nothing lost   own CPU");
	free(text);
	run->totals.losses.tasks = 3;
	run->totals.losses.hot = 1204;
	text = summary_text(run, "text");
	expect(text, "lost: 1,204 hot events (in no row, or without a line), 3 of tasks (");
	expect_none(text, "nothing lost");
	expect_none(text, "getrusage"); /* there was no CMD */
	free(text);
	text = summary_text(run, "json");
	expect(text, "\"duration_ns\":2000000000");
	expect(text, "\"tasks\":3");
	free(text);
}

static char *bursts_text(struct bursts *bursts, const char *format)
{
	struct report *report = report__new("memtrace.stat/1");
	char *text;

	assert_non_null(report);
	bursts__add(bursts, report);
	text = render(report, format);
	report__free(report);
	return text;
}

static char *marks_text(struct bursts *bursts)
{
	struct report *report = report__new("memtrace.stat/1");
	char *text;

	assert_non_null(report);
	bursts__mark(bursts, report);
	text = render(report, "text");
	report__free(report);
	return text;
}

/* The run lasts 2 s, its intervals 1 s each: the first has 4,010 minor faults, the second none, the third 7,000. */
static void bursts(void **state)
{
	struct fake_run *run = *state;
	struct bursts bursts;
	char *text;

	bursts__init(&bursts, &run->view);
	aggregate__next_interval(run->view.aggregate);
	bursts__note(&bursts);
	aggregate__next_interval(run->view.aggregate);
	bursts__note(&bursts);
	text = bursts_text(&bursts, "text");
	assert_string_equal(text, ""); /* too few to say */
	free(text);
	run->view.interval_start_ns = 8000000000;
	run->view.interval_end_ns = 9000000000;
	run->checkpoint.now_ns = 9000000000;
	assert_int_equal(fake_run__task(run, 11, "busy", 11000), 0);
	aggregate__next_interval(run->view.aggregate);
	bursts__note(&bursts);
	text = marks_text(&bursts);
	assert_string_equal(text, "burst: MINOR/s 7.0k before 802\n"); /* 4,010 in 5 s */
	free(text);
	text = bursts_text(&bursts, "text");
	expect(text, "burst: MINOR/s 7.0k mean 1.8k in the interval from 00:00:08.000\n");
	expect_none(text, "MAJOR");
	free(text);
	text = bursts_text(&bursts, "json");
	expect(text, "\"bursts\":[{\"of\":\"MINOR/s\",\"peak\":7000.0,\"mean\":1835.0,\"from_ns\":8000000000}]");
	free(text);
	run->checkpoint.now_ns = 7700000000; /* 4.7 s: a mean of 2,342 */
	text = bursts_text(&bursts, "text");
	assert_string_equal(text, "");
	free(text);
}

/* CMD's own accounting stands beside what was counted. */
static void command_difference(void **state)
{
	struct fake_run *run = *state;
	char *text;

	run->command = (struct command_outcome){ .pid = 11, .minor = 4000, .major = 0 };
	run->facts.command_alone = true;
	text = summary_text(run, "text");
	expect(text, "getrusage of CMD: minor 4,000 major 0 difference 10 (of descendants that no process waited for");
	free(text);
	run->command.minor = 4010;
	text = summary_text(run, "text");
	expect(text, "difference 0\n");
	free(text);
	run->command.minor = 4011;
	text = summary_text(run, "text");
	expect(text, "difference -1 (missing here");
	free(text);
	run->facts.command_alone = false; /* others counted as well: nothing to compare */
	text = summary_text(run, "text");
	expect_none(text, "getrusage");
	free(text);
}

static char *histogram_text(const struct fake_run *run)
{
	struct report *report = report__new("memtrace.hist/1");
	struct histograms histograms;
	char *text;

	assert_non_null(report);
	assert_int_equal(histograms__add(&histograms, &run->view, report, SCOPE_TOTAL, false), 0);
	text = render(report, "json");
	histograms__done(&histograms);
	report__free(report);
	return text;
}

/* By kind, an event that has such a histogram has no other. */
static void histograms_by_kind(void **state)
{
	struct fake_run *run = *state;
	char *text;

	run->view.asked = 1U << MT_PROBE_minor | 1U << MT_PROBE_reclaim;
	text = histogram_text(run);
	expect(text, "\"minor_fault_latency\"");
	expect_none(text, "minor_fault_latency_by_kind");
	free(text);
	run->view.by_kind = true;
	text = histogram_text(run);
	expect(text, "minor_fault_latency_by_kind");
	expect_none(text, "\"minor_fault_latency\"");
	expect(text, "reclaim_latency");
	free(text);
}

/* A latency that was not asked for has no histogram; one without events has an empty one. */
static void latency_histogram(void **state)
{
	struct fake_run *run = *state;
	char *text = histogram_text(run);

	expect_none(text, "major_fault");
	free(text);
	run->facts.latency = true;
	text = histogram_text(run);
	expect(text, "major_fault");
	expect(text, "\"count\":0");
	free(text);
	run->probes[MT_PROBE_fault].lacks_latency = true;
	text = histogram_text(run);
	expect_none(text, "major_fault");
	free(text);
}

static char *samples_text(const struct fake_run *run, const char *format, enum scope scope)
{
	struct report *report = report__new("memtrace.stat/1");
	struct samples samples = { 0 };
	char *text;

	assert_non_null(report);
	samples__add(&samples, &run->view, report, scope);
	text = render(report, format);
	report__free(report);
	return text;
}

static void take_samples(struct sample_counts *counts, uint64_t free_bytes, uint64_t faults, uint64_t share)
{
	struct sample_record record = { 0 };
	int i;

	for (i = 0; i < NR_SAMPLES; i++)
		record.values[i] = MT_UNKNOWN_U64;
	record.values[SAMPLE_memory_free] = free_bytes;
	record.values[SAMPLE_vm_pgfault] = faults;
	record.values[SAMPLE_pressure_memory_some_avg10] = share;
	sample_counts__take(counts, &record);
}

/* Of a recording without any there is no such key; what is not known is null; people are not shown them. */
static void samples_for_programs(void **state)
{
	struct fake_run *run = *state;
	struct sample_counts counts = { 0 };
	char *text;

	run->view.samples = &counts;
	text = samples_text(run, "json", SCOPE_TOTAL);
	expect_none(text, "samples");
	free(text);
	take_samples(&counts, 4096, 100, 0);
	take_samples(&counts, 1024, 103, 1234);
	text = samples_text(run, "json", SCOPE_TOTAL);
	expect(text, "\"samples\":{\"memory\":{\"total_bytes\":{\"last\":null,\"min\":null,\"max\":null}");
	expect(text, "\"free_bytes\":{\"last\":1024,\"min\":1024,\"max\":4096}");
	expect(text, "\"pgfault\":3,\"pgmajfault\":null");
	expect(text, "\"pressure\":{\"memory\":{\"some\":{\"avg10\":{\"last\":0.1234,\"min\":0.0,\"max\":0.1234}");
	free(text);
	sample_counts__next_interval(&counts);
	sample_counts__next_interval(&counts);
	text = samples_text(run, "json", SCOPE_INTERVAL);
	expect(text, "\"free_bytes\":{\"last\":1024,\"min\":1024,\"max\":1024}");
	expect(text, "\"pgfault\":0,");
	free(text);
	text = samples_text(run, "text", SCOPE_TOTAL);
	assert_string_equal(text, "");
	free(text);
}

static char *cgroups_text(const struct fake_run *run, const char *format, enum scope scope)
{
	struct report *report = report__new("memtrace.stat/1");
	struct cgroups_table table;
	char *text;

	assert_non_null(report);
	cgroups_table__add(&table, &run->view, report, scope);
	text = render(report, format);
	report__free(report);
	return text;
}

static void take_cgroup(struct cgroup_counts *counts, uint64_t time_ns, bool removed, uint64_t max, uint64_t kills)
{
	struct cgroup_sample_record record = { .hdr = { .time_ns = time_ns }, .cgroup_id = 77, .removed = removed };

	memset(record.values, 0xff, sizeof(record.values));
	record.values[CGROUP_SAMPLE_memory_max] = max;
	record.values[CGROUP_SAMPLE_memory_events_oom_kill] = kills;
	assert_int_equal(cgroup_counts__take(counts, &record), 0);
}

/* A limit that is not set is no number and not unknown; of intervals one that was gone before is no part. */
static void cgroups_for_programs(void **state)
{
	struct fake_run *run = *state;
	const struct cgroup_sample_record none = { .left_out = 3 };
	struct cgroup_counts counts = { 0 };
	char *text;

	run->view.cgroups = &counts;
	text = cgroups_text(run, "json", SCOPE_TOTAL);
	expect_none(text, "cgroups");
	free(text);
	assert_int_equal(cgroup_counts__take(&counts, &none), 0);
	text = cgroups_text(run, "json", SCOPE_TOTAL);
	expect(text, "\"cgroups\":[],\"cgroups_left_out\":3");
	free(text);
	take_cgroup(&counts, 3000000000, false, SAMPLE_UNLIMITED, 5);
	take_cgroup(&counts, 3500000000, true, 4096, 7);
	text = cgroups_text(run, "json", SCOPE_TOTAL);
	expect(text, "\"id\":77,\"since_ns\":3000000000,\"removed\":true,");
	expect(text, "\"max_bytes\":{\"last\":4096,\"min\":4096,\"max\":\"max\"}");
	expect(text, "\"oom_kill\":{\"last\":7,\"grown\":2}");
	expect(text, "\"current_bytes\":{\"last\":null,\"min\":null,\"max\":null}");
	free(text);
	cgroup_counts__next_interval(&counts);
	text = cgroups_text(run, "json", SCOPE_INTERVAL);
	expect(text, "\"cgroups\":[]");
	free(text);
	text = cgroups_text(run, "text", SCOPE_TOTAL);
	assert_string_equal(text, "");
	free(text);
	cgroup_counts__free(&counts);
}

static char *keyed_text(const struct fake_run *run, const char *format, enum scope scope)
{
	struct report *report = report__new("memtrace.stat/1");
	struct keyed_tables tables;
	char *text;

	assert_non_null(report);
	assert_int_equal(keyed_tables__add(&tables, &run->view, report, scope, false), 0);
	text = render(report, format);
	keyed_tables__done(&tables);
	report__free(report);
	return text;
}

/* Episodes of memcg reclaim by target, absolute. */
static void take_target(struct keyed_counts *counts, uint64_t target, bool folded, uint64_t count, uint64_t ns)
{
	const struct mt_reclaim_by_target record = {
		.hdr = { .id = REC_KEYED + MT_KEYED_reclaim_by_target, .size = sizeof(record) },
		.key = { .target_cgroup_id = target, .kind = MT_RECLAIM_MEMCG, .folded = folded },
		.value = { .head = { .count = count }, .ns = ns, .reclaimed_pages = 2 * count, .hist[4] = count },
	};
	const void *added;

	assert_int_equal(keyed_counts__take(counts, &keyed_rows[MT_KEYED_reclaim_by_target], &record, &added), 0);
}

/* The run of make_up() with reclaim alone, and counters by a key for at most that many; keyed_counts__free() them. */
static struct keyed_counts *with_targets(struct fake_run *run, size_t max)
{
	struct keyed_counts *counts = keyed_counts__new(true, max);

	assert_non_null(counts);
	run->view.asked = 1U << MT_PROBE_reclaim;
	run->view.keyed = counts;
	return counts;
}

/* Its rows stand between empty lines. */
static void keyed_table(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 100);
	char *text;

	take_target(counts, 1, false, 5, 3000);
	take_target(counts, 2, false, 5, 4000);
	take_target(counts, 0, false, 1, 2000);
	text = keyed_text(*state, "text", SCOPE_TOTAL);
	assert_string_equal(text, "\nReclaim by target cgroup\n"
				  "TARGET KIND  RECLAIM   TIME RECLAIMED\n"
				  "/other memcg       5 4.00us        10\n"
				  "/one   memcg       5 3.00us        10\n"
				  "-      memcg       1 2.00us         2\n\n");
	free(text);
	((struct fake_run *)*state)->view.asked = 1U << MT_PROBE_fault;
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect_none(text, "reclaim_by_target");
	free(text);
	keyed_counts__free(counts);
}

/* Where no target is known, the totals tell people all that there is.  For programs unknown is null. */
static void keyed_without_targets(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 100);
	char *text = keyed_text(*state, "json", SCOPE_TOTAL);

	expect_none(text, "reclaim_by_target"); /* of a recording without it */
	free(text);
	take_target(counts, 0, false, 5, 3000);
	text = keyed_text(*state, "text", SCOPE_TOTAL);
	assert_string_equal(text, "");
	free(text);
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect(text, "\"reclaim_by_target\":[{\"target_cgroup\":null,\"kind\":\"memcg\",\"count\":5,\"ns\":3000,"
		     "\"reclaimed_pages\":10,\"histogram\":{");
	expect(text, "\"buckets\":[{\"le\":16,\"count\":5}]");
	free(text);
	keyed_counts__free(counts);
}

/* Episodes with a record and without one are one row. */
static void keyed_folded(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 100);
	char *text;

	take_target(counts, 1, false, 5, 3000);
	take_target(counts, 1, true, 2, 1000);
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect(text, "\"reclaim_by_target\":[{\"target_cgroup\":\"/one\",\"kind\":\"memcg\",\"count\":7,\"ns\":4000,");
	expect_none(text, "},{\"target_cgroup\"");
	expect_none(text, "folded");
	free(text);
	keyed_counts__free(counts);
}

/* Beyond the bound a target is not told, its kind is. */
static void keyed_other(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 1);
	char *text;

	take_target(counts, 1, false, 5, 3000);
	take_target(counts, 2, false, 1, 20);
	take_target(counts, 3, false, 1, 30);
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect(text, "{\"target_cgroup\":\"other\",\"kind\":\"memcg\",\"count\":2,\"ns\":50,");
	free(text);
	text = keyed_text(*state, "text", SCOPE_TOTAL);
	expect(text, "\nother  memcg       2");
	free(text);
	keyed_counts__free(counts);
}

static void keyed_interval(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 100);
	char *text;

	take_target(counts, 1, false, 5, 3000);
	keyed_counts__next_interval(counts);
	take_target(counts, 1, false, 7, 3500);
	keyed_counts__next_interval(counts);
	text = keyed_text(*state, "json", SCOPE_INTERVAL);
	expect(text, "\"count\":2,\"ns\":500,");
	free(text);
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect(text, "\"count\":7,\"ns\":3500,");
	free(text);
	keyed_counts__next_interval(counts);
	text = keyed_text(*state, "json", SCOPE_INTERVAL);
	expect(text, "\"reclaim_by_target\":[]"); /* known: there was none */
	free(text);
	keyed_counts__free(counts);
}

/* Those that people are not shown are counted and summed up; programs get all. */
static void keyed_table_cuts_rows(void **state)
{
	struct keyed_counts *counts = with_targets(*state, 100);
	uint64_t target;
	char *text;

	for (target = 1; target <= 10; target++)
		take_target(counts, target, false, 1000, 1000000 * target);
	text = keyed_text(*state, "text", SCOPE_TOTAL);
	expect(text, "/one   memcg   1,000 1.00ms     2,000\n");
	expect_none(text, "more");
	free(text);
	take_target(counts, 11, false, 7, 30000);
	take_target(counts, 12, false, 5, 20000);
	text = keyed_text(*state, "text", SCOPE_TOTAL);
	expect(text, "\n2 more (--json)            12 50.0us        24\n");
	expect_none(text, "20.0us");
	free(text);
	text = keyed_text(*state, "json", SCOPE_TOTAL);
	expect(text, "\"ns\":20000");
	expect_none(text, "more");
	free(text);
	keyed_counts__free(counts);
}

static const char *made_up_command_line(void *ctx, uint32_t pid, uint64_t start_ns)
{
	(void)ctx;
	return start_ns && pid == 11 ? "/usr/bin/busy --now" : NULL;
}

static uint64_t made_up_parent(void *ctx, uint32_t pid, uint64_t start_ns)
{
	(void)ctx;
	return start_ns ? pid - 1 : 0;
}

/* Of processes that live, where there is room, and where that can be known. */
static void task_table_with_command_lines(void **state)
{
	struct fake_run *run = *state;
	struct tasks_request request = { .by = BY_PROCESS, .rows = 20, .wide = true };
	char *text = table_text(run, &request, SCOPE_TOTAL, "text");

	expect_none(text, "COMMAND");
	free(text);
	run->names.command_line = made_up_command_line;
	/* of a recording they are shown if they are asked for */
	text = table_text(run, &request, SCOPE_TOTAL, "text");
	expect_none(text, "COMMAND");
	free(text);
	request.command = true;
	text = table_text(run, &request, SCOPE_TOTAL, "text");
	expect(text, "/usr/bin/busy --now");
	expect_none(text, "PPID");
	free(text);
	request.command = false;
	run->names.parent = made_up_parent;
	text = table_text(run, &request, SCOPE_TOTAL, "text");
	expect(text, "COMMAND");
	expect(text, "/usr/bin/busy --now");
	free(text);
	request.by = BY_CGROUP;
	text = table_text(run, &request, SCOPE_TOTAL, "text");
	expect_none(text, "COMMAND");
	free(text);
}

static char *recording_text(const struct recording_summary *summary, const char *format)
{
	struct recording_info *info = recording_info__new(summary);
	struct report *report = report__new("memtrace.recording/1");
	char *text;

	assert_non_null(info);
	assert_non_null(report);
	recording_info__add(info, report);
	text = render(report, format);
	report__free(report);
	recording_info__free(info);
	return text;
}

/* Events that were not requested are left out; those of which a part was kept have an estimate. */
static void recording_contents(void **state)
{
	/* of a memtrace that did not know what becomes of victims */
	const struct recording_head head = { .start = { .now_ns = 3000000000 },
					     .has = { [MT_REC_fault] = true, [MT_REC_oom] = true },
					     .host = { .name = "here", .cpus = 4 } };
	struct recording_summary summary = {
		.head = &head,
		.facts = { .subject = "all tasks",
			   .probes = 1U << MT_PROBE_fault | 1U << MT_PROBE_oom,
			   .every = 1U << MT_PROBE_fault,
			   .sample = 10 },
		.end = { .now_ns = 5500000000 },
		.totals.losses = { .hot = 7 },
	};
	struct mt_hdr fault = { .id = MT_REC_fault };
	int i;
	char *text;

	(void)state;
	for (i = 0; i < 3; i++)
		recording_summary__take(&summary, &fault, sizeof(fault));
	text = recording_text(&summary, "json");
	expect(text, "\"subject\":\"all tasks\"");
	expect(text, "\"duration_ns\":2500000000");
	expect(text, "\"probes\":\"fault oom\"");
	expect(text, "\"count\":3,\"estimate\":30");
	expect(text, "\"hot\":7");
	expect(text, "\"event\":\"oom\",\"count\":0");
	expect_none(text, "oom_after");
	expect_none(text, "direct_reclaim");
	expect_none(text, "samples");
	free(text);
	recording_summary__free(&summary);
}

static void take_meminfo(struct recording_summary *summary, uint64_t time_ns)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .time_ns = time_ns } };
	enum sample_id id;

	for (id = 0; id < NR_SAMPLES; id++)
		record.values[id] = !strcmp(sample_paths[sample_rows[id].file], "/proc/meminfo") ? 5 : MT_UNKNOWN_U64;
	recording_summary__take(summary, &record, sizeof(record));
}

/* Samples are no events; files of which the kernel told nothing are not named. */
static void recording_samples(void **state)
{
	const struct recording_head head = { .start = { .now_ns = 3000000000 } };
	struct recording_summary summary = { .head = &head };
	char *text;

	(void)state;
	take_meminfo(&summary, 3000000000);
	take_meminfo(&summary, 4500000000);
	text = recording_text(&summary, "json");
	expect(text,
	       "\"samples\":{\"records\":2,\"duration_ns\":1500000000,\"files\":\"/proc/meminfo\",\"cgroups\":null}");
	free(text);
	recording_summary__free(&summary);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(task_table),
		TEST(task_table_cuts_rows),
		TEST(task_table_with_command_lines),
		TEST(recording_contents),
		TEST(recording_samples),
		TEST(unknown_is_no_zero),
		TEST(counts_in_place_of_rates),
		TEST(stalled_come_first),
		TEST(refuses_unknown_sort),
		TEST(run_totals_and_losses),
		TEST(bursts),
		TEST(command_difference),
		TEST(latency_histogram),
		TEST(histograms_by_kind),
		TEST(samples_for_programs),
		TEST(cgroups_for_programs),
		TEST(keyed_table_cuts_rows),
		TEST(keyed_table),
		TEST(keyed_without_targets),
		TEST(keyed_folded),
		TEST(keyed_other),
		TEST(keyed_interval),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
