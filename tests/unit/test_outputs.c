/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers report.h and the three outputs: what each prints to the byte, for
 * ordinary and for hostile content, at several widths, and their errors.
 * Where promtool is installed, it judges the metrics, too.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/report/output.h"

extern const struct output_ops text_output, json_output, prometheus_output;
#include "../../user/base/sanitise.h"

/* Cells as constants. */
#define NONE                                                                                                           \
	{                                                                                                              \
		.kind = CELL_NONE                                                                                      \
	}
#define UINT(x)                                                                                                        \
	{                                                                                                              \
		.kind = CELL_UINT, .u = x                                                                              \
	}
#define INT(x)                                                                                                         \
	{                                                                                                              \
		.kind = CELL_INT, .i = x                                                                               \
	}
#define REAL(x)                                                                                                        \
	{                                                                                                              \
		.kind = CELL_REAL, .r = x                                                                              \
	}
#define STRING(x)                                                                                                      \
	{                                                                                                              \
		.kind = CELL_STRING, .s = x                                                                            \
	}
#define BOOL(x)                                                                                                        \
	{                                                                                                              \
		.kind = CELL_BOOL, .b = x                                                                              \
	}
#define ADDRESS(x)                                                                                                     \
	{                                                                                                              \
		.kind = CELL_ADDRESS, .u = x                                                                           \
	}

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* What an output makes of a report; the caller frees it. */
static char *render_styled(const struct output_ops *ops, const struct report *report, struct output_style style,
			   const int64_t *wall_offset_ns)
{
	struct output out = { .ops = ops, .style = style, .wall_offset_ns = wall_offset_ns };
	char *text = NULL;
	size_t size = 0;

	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	assert_int_equal(ops->report(&out, report), 0);
	assert_int_equal(fclose(out.stream), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

static char *render(const struct output_ops *ops, const struct report *report)
{
	return render_styled(ops, report, (struct output_style){ 0 }, NULL);
}

static void check(const struct output_ops *ops, struct report *report, const char *expected)
{
	char *text = render(ops, report);

	assert_string_equal(text, expected);
	free(text);
}

static const struct column columns[] = {
	{ .title = "CGROUP", .path = "cgroup", .unit = UNIT_NONE, .left = true },
	{ .title = "PID", .path = "pid", .unit = UNIT_NONE, .key = true },
	{ .title = "COMM", .path = "comm", .unit = UNIT_NONE, .left = true, .key = true },
	{ .title = "MINOR/s", .path = "fault.minor_per_second", .unit = UNIT_COUNT_PER_SECOND },
	{ .title = "ALLOC/s", .path = "alloc.bytes_per_second", .unit = UNIT_BYTES_PER_SECOND },
	{ .title = "TIME", .path = "reclaim.ns", .unit = UNIT_NS },
	{ .title = "WALL%", .path = NULL, .unit = UNIT_SHARE },
	{ .title = NULL, .path = "exited", .unit = UNIT_NONE },
};

#define ROW(cgroup, pid, comm, minor, alloc, time, wall)                                                               \
	cgroup, pid, STRING(comm), REAL(minor), REAL(alloc), UINT(time), REAL(wall), BOOL(false)

static const struct cell two_rows[] = {
	ROW(STRING("build.slice"), UINT(8122), "cc1", 61234, 250609664, 1840000000, 0.045),
	ROW(NONE, UINT(8140), "ld", NAN, 0, 0, 0),
};

static int rest_row(void *ctx, size_t nr, struct cell *cells)
{
	static const struct cell row[] = { ROW(NONE, NONE, "1,205 more (-k 0)", 2100, 8388608, 0, 0) };

	(void)ctx;
	if (nr)
		return 0;
	memcpy(cells, row, sizeof(row));
	return 1;
}

static struct table table_of(struct cell_rows *rows)
{
	return (struct table){
		.path = "processes", .columns = columns, .nr_columns = NR(columns), .rows = cell_rows__source(rows)
	};
}

static struct report *report_of(const struct table *table)
{
	struct report *report = report__new("memtrace.test/1");

	report__add_table(report, table);
	return report;
}

static void text_table(void **state)
{
	struct cell_rows rows = { two_rows, 2, NR(columns), 0 };
	struct table table = table_of(&rows);
	struct report *report;

	(void)state;
	table.heading = "make \033[31m-j8";
	table.rest = rest_row;
	report = report_of(&table);
	check(&text_output, report,
	      "make \\x1b[31m-j8\n"
	      " PID COMM              CGROUP      MINOR/s   ALLOC/s  TIME WALL%\n"
	      "8122 cc1               build.slice   61.2k  239MiB/s 1.84s  4.5%\n"
	      "8140 ld                -                 -      0B/s    0s  0.0%\n"
	      "   - 1,205 more (-k 0) -              2.1k 8.00MiB/s    0s  0.0%\n");
	report__free(report);
}

static void text_rows_and_empty(void **state)
{
	struct cell_rows rows = { two_rows, 2, NR(columns), 0 };
	struct cell_rows no_rows = { NULL, 0, NR(columns), 0 };
	struct table table = table_of(&rows);
	struct report *report;

	(void)state;
	table.text_rows = 1;
	table.text = "{comm}[{pid}] in {CGROUP}: {fault.minor_per_second} {nonsense} {";
	report = report_of(&table);
	table.rows = cell_rows__source(&no_rows);
	report__add_table(report, &table);
	table.empty = "no process faulted";
	report__add_table(report, &table);
	table.not_in_text = true;
	report__add_table(report, &table);
	check(&text_output, report, "cc1[8122] in build.slice: 61.2k {nonsense} {\nno process faulted\n");
	report__free(report);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[512] = "";

		memcpy(line, text, len);
		if (text_width(line) > longest)
			longest = text_width(line);
		text += len + 1;
	}
	return longest;
}

static void text_width_is_kept(void **state)
{
	static const struct cell wide[] = {
		ROW(STRING("/kubepods.slice/kubepods-burstable.slice/"
			   "pod7f\xc3\xa9\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"),
		    UINT(1), "\033\033\033\033\033\033\033\033", 1, 1, 1, 1),
		ROW(STRING("/a"), UINT(4194304), "x", 1, 1, 1, 1),
	};
	struct cell_rows rows = { wide, 2, NR(columns), 0 };
	const struct table table = table_of(&rows);
	struct report *report = report_of(&table);

	(void)state;
	for (unsigned int width = 18; width < 140; width++) {
		char *text = render_styled(&text_output, report, (struct output_style){ .width = width }, NULL);

		assert_true(longest_line(text) <= width);
		assert_non_null(strstr(text, "4194304"));
		if (width > 60)
			assert_non_null(strstr(text, "WALL%"));
		if (width < 90)
			assert_non_null(strstr(text, "\xe2\x80\xa6"));
		free(text);
	}
	report__free(report);
}

/* The row behind those that are shown says how to see the others, also where names are short. */
static int more_row(void *ctx, size_t nr, struct cell *cells)
{
	(void)ctx;
	cells[0] = cell_string("");
	cells[1] = cell_string("12 more (-k 0)");
	cells[2] = cell_string("");
	cells[3] = cell_string("");
	return nr == 0;
}

static void a_long_word_has_the_blanks_behind_it(void **state)
{
	static const struct column some[] = { { .title = "PID", .path = "pid", .key = true },
					      { .title = "COMM", .path = "comm", .left = true, .key = true },
					      { .title = "GREW", .path = "grew", .key = true },
					      { .title = "HOW", .path = "how", .left = true } };
	static const struct cell cells[] = { UINT(812), STRING("a_name_of_15_ch"),
					     UINT(5),	STRING("at once"),
					     UINT(813), STRING("b"),
					     UINT(6),	STRING("steadily") };
	struct cell_rows rows = { cells, 2, 4, 0 };
	struct table table = { .columns = some, .nr_columns = 4, .rows = cell_rows__source(&rows), .rest = more_row };
	struct report *report = report_of(&table);
	char *text = render_styled(&text_output, report, (struct output_style){ .width = 28 }, NULL);

	(void)state;
	assert_string_equal(text, "PID COMM       GREW HOW\n"
				  "812 a_name_of\xe2\x80\xa6    5 at once\n"
				  "813 b             6 steadily\n"
				  "    12 more (-k 0)\n");
	free(text);
	report__free(report);
}

static void text_colour(void **state)
{
	static const struct column some[] = { { .title = "A", .path = "a", .unit = UNIT_COUNT },
					      { .title = "B", .path = "b", .unit = UNIT_NONE, .left = true } };
	static const struct cell cells[] = { UINT(0), STRING("0") };
	struct cell_rows rows = { cells, 1, 2, 0 };
	const struct table table = { .columns = some, .nr_columns = 2, .rows = cell_rows__source(&rows) };
	struct report *report = report_of(&table);
	const struct output_style style = { .colour = true, .refresh = true };
	char *text = render_styled(&text_output, report, style, NULL);

	(void)state;
	assert_string_equal(text, "\033[H\033[J\033[1mA B\033[0m\n\033[2m0\033[0m 0\n");
	free(text);
	report__free(report);
}

static const int64_t wall = 1700000000LL * 1000000000;

static const struct column every_kind[] = {
	{ .title = "count", .path = "n.count", .unit = UNIT_COUNT },
	{ .title = "pages", .path = "n.pages", .unit = UNIT_PAGES },
	{ .title = "at", .path = "at_ns", .unit = UNIT_TIME },
	{ .title = "signed", .path = "signed", .unit = UNIT_COUNT },
	{ .title = "real", .path = "real", .unit = UNIT_NONE },
	{ .title = "nan", .path = "nan", .unit = UNIT_SHARE },
	{ .title = "address", .path = "address", .unit = UNIT_NONE },
	{ .title = "flag", .path = "flag", .unit = UNIT_NONE },
	{ .title = "name", .path = "name", .unit = UNIT_NONE },
	{ .title = "unknown", .path = "unknown", .unit = UNIT_COUNT },
	{ .title = NULL, .path = "huge", .unit = UNIT_BYTES },
	{ .title = "", .path = "order", .unit = UNIT_ORDER },
	{ .title = "hidden in JSON", .path = NULL, .unit = UNIT_BYTES },
	{ .title = "mean", .path = "mean_ns", .unit = UNIT_NS },
	{ .title = "below", .path = "below_ns", .unit = UNIT_NS },
};

#define EVERY_KIND                                                                                                     \
	{                                                                                                              \
		UINT(3104882), UINT(1205), UINT(1500000000), INT(-1234), REAL(0.1), REAL(NAN),                         \
			ADDRESS(0xffffffff81000000), BOOL(true), STRING("q\"\\\n\033\xff\xe6\x97"), NONE,              \
			UINT(UINT64_MAX), UINT(3), UINT(4096), REAL(1499.6), INT(-2000000)                             \
	}

static void text_facts(void **state)
{
	const struct cell cells[] = EVERY_KIND;
	const struct values facts = { "facts", "lost:", every_kind, cells, NR(every_kind) };
	struct report *report = report__new("memtrace.test/1");
	const struct values silent = { "facts", NULL, every_kind, cells, NR(every_kind) };
	char *text;

	(void)state;
	report__add_values(report, &facts);
	report__add_values(report, &silent);
	report__add_note(report, "%s is\nlate", "evil\033");
	check(&text_output, report,
	      "lost: count 3,104,882 pages 1,205 at 1.500000 signed -1,234 real 0.1 nan - address 0xffffffff81000000 "
	      "flag yes name q\"\\x5c\\x0a\\x1b\\xff\\xe6\\x97 unknown - 3 hidden in JSON 4.00KiB mean 1.50us "
	      "below -2.00ms\nevil\\x1b is\\x0alate\n");
	setenv("TZ", "UTC", 1);
	text = render_styled(&text_output, report, (struct output_style){ 0 }, &wall);
	assert_non_null(strstr(text, " at 22:13:21.500 "));
	free(text);
	report__free(report);
}

static void json_facts(void **state)
{
	const struct cell cells[] = EVERY_KIND;
	const struct values top = { "", NULL, every_kind, cells, 3 };
	const struct values facts = { "deep.er", NULL, every_kind + 3, cells + 3, NR(every_kind) - 3 };
	const struct values absent = { NULL, "x", every_kind, cells, NR(every_kind) };
	struct report *report = report__new("memtrace.test/1");
	char *text;

	(void)state;
	report__add_values(report, &top);
	report__add_values(report, &facts);
	report__add_values(report, &absent);
	report__add_note(report, "not in JSON");
	check(&json_output, report,
	      "{\"schema\":\"memtrace.test/1\",\"n\":{\"count\":3104882,\"pages\":1205},\"at_ns\":1500000000,"
	      "\"deep\":{\"er\":{\"signed\":-1234,\"real\":0.1,\"nan\":null,\"address\":\"0xffffffff81000000\","
	      "\"flag\":true,\"name\":\"q\\\"\\\\\\n\\u001B\\uFFFD\\uFFFD\\uFFFD\",\"unknown\":null,"
	      "\"huge\":9223372036854775807,\"order\":3,\"mean_ns\":1499.6,\"below_ns\":-2000000}}}\n");
	text = render_styled(&json_output, report, (struct output_style){ 0 }, &wall);
	assert_non_null(strstr(text, "\"at_ns\":1700000001500000000,"));
	free(text);
	report__free(report);
}

static void json_tables(void **state)
{
	struct cell_rows rows = { two_rows, 2, NR(columns), 0 };
	struct cell_rows no_rows = { NULL, 0, NR(columns), 0 };
	struct table table = table_of(&rows);
	struct table nested = table_of(&no_rows);
	struct report *report;
	const struct cell one = cell_uint(1);
	const struct values after = { "by", NULL, every_kind, &one, 1 };

	(void)state;
	table.text_rows = 1;
	table.rest = rest_row;
	table.not_in_text = true;
	nested.path = "by.name";
	report = report_of(&table);
	report__add_table(report, &nested);
	report__add_values(report, &after);
	check(&json_output, report,
	      "{\"schema\":\"memtrace.test/1\",\"processes\":["
	      "{\"cgroup\":\"build.slice\",\"pid\":8122,\"comm\":\"cc1\",\"fault\":{\"minor_per_second\":61234.0},"
	      "\"alloc\":{\"bytes_per_second\":250609664.0},\"reclaim\":{\"ns\":1840000000},\"exited\":false},"
	      "{\"cgroup\":null,\"pid\":8140,\"comm\":\"ld\",\"fault\":{\"minor_per_second\":null},"
	      "\"alloc\":{\"bytes_per_second\":0.0},\"reclaim\":{\"ns\":0},\"exited\":false}],"
	      "\"by\":{\"name\":[],\"n\":{\"count\":1}}}\n");
	report__free(report);
}

static const struct label kind_direct[] = { { "kind", "direct" } };
static const uint64_t times[64] = { [9] = 1, [10] = 2, [12] = 96, [36] = 1, [63] = 1 };
static const uint64_t orders[11] = { [0] = 1000, [9] = 1 };
static const uint64_t nothing[64];

static const struct histogram three_hists[] = {
	{ .name = "reclaim_latency",
	  .help = "how long episodes of reclaim take",
	  .unit = UNIT_NS,
	  .labels = kind_direct,
	  .nr_labels = 1,
	  .counts = times,
	  .nr_counts = 40,
	  .sum = 68719500000,
	  .count = 100 },
	{ .name = "alloc_order",
	  .help = "allocations by order",
	  .unit = UNIT_ORDER,
	  .counts = orders,
	  .nr_counts = 11,
	  .sum = 9,
	  .count = 1001,
	  .exact = true },
	{ .name = "empty", .help = "nothing at all", .unit = UNIT_NS, .counts = nothing, .nr_counts = 64 },
};

static void text_histograms(void **state)
{
	static const uint64_t counts[] = { 1, 2, 3, 0, 40 };
	const struct histogram small = {
		.name = "small", .unit = UNIT_COUNT, .counts = counts, .nr_counts = 5, .sum = 600, .count = 46
	};
	const struct output_style narrow = { .width = 40 };
	struct report *report = report__new("memtrace.test/1");
	char *text;

	(void)state;
	report__add_histograms(report, &small, 1, false);
	report__add_histograms(report, three_hists + 1, 2, false);
	report__add_histograms(report, three_hists, 1, true);
	text = render_styled(&text_output, report, narrow, NULL);
	assert_string_equal(text, "small\n"
				  "  range count  distribution\n"
				  "   0..1     1 |*                       |\n"
				  "      2     2 |*                       |\n"
				  "   3..4     3 |*                       |\n"
				  "   5..8     0 |                        |\n"
				  "  9..16    40 |************************|\n"
				  "  count 46  mean 13.04  p50 <= 16  p90 <= 16  p99 <= 16\n"
				  "allocations by order\n"
				  "  range count  distribution\n"
				  "      0 1,000 |************************|\n"
				  "      1     0 |                        |\n"
				  "      2     0 |                        |\n"
				  "      3     0 |                        |\n"
				  "      4     0 |                        |\n"
				  "      5     0 |                        |\n"
				  "      6     0 |                        |\n"
				  "      7     0 |                        |\n"
				  "      8     0 |                        |\n"
				  "      9     1 |*                       |\n"
				  "  count 1,001  mean 0.008991  p50 0  p90 0  p99 0\n"
				  "\n"
				  "nothing at all: none\n");
	free(text);
	report__free(report);
}

static void text_latencies(void **state)
{
	struct report *report = report__new("memtrace.test/1");
	char *text;

	(void)state;
	report__add_histograms(report, three_hists, 1, false);
	text = render(&text_output, report);
	assert_memory_equal(text, "how long episodes of reclaim take (kind direct)\n", 48);
	assert_non_null(strstr(text, "\n   512ns..1.02us     2 |*  "));
	assert_non_null(strstr(text, "\n  2.05us..4.10us    96 |**"));
	assert_non_null(strstr(text, "\n    34.4s..1m09s     1 |*  "));
	assert_non_null(strstr(text, "  count 100  mean 687ms  p50 <= 4.10us  p90 <= 4.10us  p99 <= 4.10us\n"));
	assert_int_equal(longest_line(text), 80);
	free(text);
	report__free(report);
}

/* A percentile is the first bucket at or below which that share lies, never one below it. */
static void text_percentiles(void **state)
{
	static const uint64_t counts[] = { 1, 1 };
	const struct histogram two = {
		.name = "two", .unit = UNIT_BYTES, .counts = counts, .nr_counts = 2, .sum = 3, .count = 2
	};
	struct report *report = report__new("memtrace.test/1");
	char *text;

	(void)state;
	report__add_histograms(report, &two, 1, false);
	text = render(&text_output, report);
	assert_non_null(strstr(text, "  count 2  mean 2B  p50 <= 1B  p90 <= 2B  p99 <= 2B\n"));
	free(text);
	report__free(report);
}

static void json_histograms(void **state)
{
	struct report *report = report__new("memtrace.test/1");

	(void)state;
	report__add_histograms(report, three_hists + 1, 1, true);
	report__add_histograms(report, three_hists + 2, 1, false);
	check(&json_output, report,
	      "{\"schema\":\"memtrace.test/1\",\"histograms\":[{\"name\":\"alloc_order\",\"unit\":\"order\","
	      "\"labels\":{},\"buckets\":[{\"le\":0,\"count\":1000},{\"le\":1,\"count\":0},{\"le\":2,\"count\":0},"
	      "{\"le\":3,\"count\":0},{\"le\":4,\"count\":0},{\"le\":5,\"count\":0},{\"le\":6,\"count\":0},"
	      "{\"le\":7,\"count\":0},{\"le\":8,\"count\":0},{\"le\":9,\"count\":1}],\"sum\":9,\"count\":1001},"
	      "{\"name\":\"empty\",\"unit\":\"ns\",\"labels\":{},\"buckets\":[],\"sum\":0,\"count\":0}]}\n");
	report__free(report);
}

/* Rows that are made up as they are read: nobody holds them. */
static int many_rewind(void *ctx)
{
	*(uint64_t *)ctx = 0;
	return 0;
}

static int many_next(void *ctx, struct cell *cells)
{
	uint64_t *pos = ctx;
	static char name[32];

	if (*pos == 20000)
		return 0;
	snprintf(name, sizeof(name), "t%llu", (unsigned long long)++*pos);
	cells[0] = cell_string(name);
	cells[1] = cell_uint(*pos);
	for (size_t i = 2; i < NR(columns); i++)
		cells[i] = cell_none();
	return 1;
}

static void many_rows(void **state)
{
	uint64_t pos;
	const struct table table = {
		.path = "rows", .columns = columns, .nr_columns = NR(columns), .rows = { many_rewind, many_next, &pos }
	};
	struct report *report = report_of(&table);
	char *text = render(&json_output, report);
	json_t *root = json_loads(text, 0, NULL);
	json_t *last = json_array_get(json_object_get(root, "rows"), 19999);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "rows")), 20000);
	assert_string_equal(json_string_value(json_object_get(last, "cgroup")), "t20000");
	json_decref(root);
	free(text);
	text = render(&text_output, report);
	assert_non_null(strstr(text, "\n20000 "));
	free(text);
	report__free(report);
}

static void events(void **state)
{
	static const struct column of_event[] = {
		{ .title = "time", .path = "time_ns", .unit = UNIT_TIME, .key = true },
		{ .title = "comm", .path = "who.comm", .unit = UNIT_NONE, .left = true },
		{ .title = "pages", .path = "pages", .unit = UNIT_PAGES },
		{ .title = "more", .path = "more", .unit = UNIT_PAGES }
	};
	const struct cell cells[] = { UINT(1500000000), STRING("a{pages}\n"), UINT(1), NONE };
	const struct output_ops *all[] = { &text_output, &json_output };
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < NR(all); i++) {
		struct output out = { .ops = all[i], .stream = stream };

		assert_int_equal(all[i]->event(&out, "test", "{who.comm} took {pages}, {more}", of_event, cells, 4), 0);
		assert_int_equal(all[i]->event(&out, "test", "at {time_ns}", of_event, cells, 1), 0);
	}
	fclose(stream);
	assert_string_equal(text, "1.500000 a{pages}\\x0a took 1 page, -\n"
				  "at 1.500000\n"
				  "{\"schema\":\"memtrace.event/1\",\"event\":\"test\",\"time_ns\":1500000000,"
				  "\"who\":{\"comm\":\"a{pages}\\n\"},\"pages\":1,\"more\":null}\n"
				  "{\"schema\":\"memtrace.event/1\",\"event\":\"test\",\"time_ns\":1500000000}\n");
	assert_null(prometheus_output.event);
	free(text);
}

/* A part of a line in <> is there if all that it names is known. */
static void optional_parts(void **state)
{
	static const struct column columns[] = { { .title = "time", .path = "time_ns", .unit = UNIT_TIME, .key = true },
						 { .title = "a", .path = "a" },
						 { .title = "b", .path = "b" } };
	static const char *const formats[] = { "x{a}<, of {b}>.", "<{a}>{a}<{b}>", "<{a} {b}><, {a}>",
					       "<plain><{c}>{c}", "{a}<{b}" };
	const struct cell some[] = { UINT(0), STRING("<A>"), NONE }, all[] = { UINT(0), STRING("<A>"), STRING("{a}") };
	struct output out = { .ops = &text_output };
	char *text = NULL;
	size_t size, i;

	(void)state;
	out.stream = open_memstream(&text, &size);
	for (i = 0; i < NR(formats); i++) {
		assert_int_equal(text_output.event(&out, "e", formats[i], columns, some, 3), 0);
		assert_int_equal(text_output.event(&out, "e", formats[i], columns, all, 3), 0);
	}
	fclose(out.stream);
	assert_string_equal(text, "0.000000 x<A>.\n0.000000 x<A>, of {a}.\n"
				  "0.000000 <A><A>\n0.000000 <A><A>{a}\n"
				  "0.000000 , <A>\n0.000000 <A> {a}, <A>\n"
				  "0.000000 plain{c}{c}\n0.000000 plain{c}{c}\n"
				  "0.000000 <A>\n0.000000 <A>{a}\n");
	free(text);
}

/* What harms is escaped in JSON, and reads back as it was. */
static void json_names(void **state)
{
	const struct column column = { .path = "comm" };
	const struct cell cell = cell_string("a\x7f\xc2\x9b\xe2\x80\xae\033\x7f");
	struct output out = { .ops = &json_output };
	char *text = NULL;
	size_t size;

	(void)state;
	out.stream = open_memstream(&text, &size);
	assert_int_equal(json_output.event(&out, "e\x7f", "", &column, &cell, 1), 0);
	fclose(out.stream);
	assert_non_null(strstr(text, "\"comm\":\"a\\u007f\\u009B\\u202E\\u001B\\u007f\""));
	assert_null(strchr(text, 0x7f));
	free(text);
}

static void check_promtool(const char *text)
{
	FILE *pipe;

	if (system("command -v promtool >/dev/null 2>&1") != 0)
		return;
	pipe = popen("promtool check metrics", "w");
	assert_non_null(pipe);
	fputs(text, pipe);
	assert_int_equal(pclose(pipe), 0);
}

static void metrics(void **state)
{
	static const struct label minor[] = { { "comm", "a\"b\\c\nd\033" }, { "type", "minor" } };
	static const struct label major[] = { { "comm", "z" }, { "type", "major" } };
	const struct sample first[] = { { minor, 2, 9007199254740991.0, NULL }, { minor, 0, NAN, NULL } };
	const struct sample second[] = { { major, 2, 3, NULL } };
	const struct sample gauge[] = { { NULL, 0, 1700000000.25, NULL } };
	const struct metric faults = { "memtrace_page_faults_total", "faults\\ by\nkind \"x\"", METRIC_COUNTER, first,
				       2 };
	const struct metric more = { "memtrace_page_faults_total", "other help", METRIC_COUNTER, second, 1 };
	const struct metric update = { "memtrace_last_update_timestamp_seconds", "when", METRIC_GAUGE, gauge, 1 };
	struct report *report = report__new("memtrace.export/1");
	char *text;

	(void)state;
	report__add_metric(report, &faults);
	report__add_metric(report, &update);
	report__add_metric(report, &more);
	report__add_note(report, "not a metric");
	text = render(&prometheus_output, report);
	assert_string_equal(
		text,
		"# HELP memtrace_page_faults_total faults\\\\ by\\\\x0akind \"x\"\n"
		"# TYPE memtrace_page_faults_total counter\n"
		"memtrace_page_faults_total{comm=\"a\\\"b\\\\c\\\\x0ad\\\\x1b\",type=\"minor\"} 9007199254740991\n"
		"memtrace_page_faults_total{comm=\"z\",type=\"major\"} 3\n"
		"# HELP memtrace_last_update_timestamp_seconds when\n"
		"# TYPE memtrace_last_update_timestamp_seconds gauge\n"
		"memtrace_last_update_timestamp_seconds 1700000000.25\n");
	check_promtool(text);
	free(text);
	check(&text_output, report, "not a metric\n");
	report__free(report);
}

/* Two series with the same labels; names that were cut in the middle of different characters; one of 300 bytes. */
static void metrics_with_equal_names(void **state)
{
	char endless[301];
	const struct label cut1[] = { { "comm", "x\xe6\x97" } };
	const struct label cut2[] = { { "comm", "x\xe6\x98" } };
	const struct label wide[] = { { "comm", endless } };
	const struct sample samples[] = {
		{ cut1, 1, 1.5, NULL }, { wide, 1, 0.1, NULL }, { cut2, 1, 4, NULL }, { cut1, 1, 2, NULL }
	};
	const struct metric metric = { "memtrace_stall_seconds_total", "stalls", METRIC_COUNTER, samples, 4 };
	struct report *report = report__new("memtrace.export/1");
	char *text, *line;

	(void)state;
	memset(endless, '\n', sizeof(endless) - 1);
	endless[300] = '\0';
	report__add_metric(report, &metric);
	text = render(&prometheus_output, report);
	line = strstr(text, "{comm=\"x\\\\xe6\\\\x97\"} 3.5\n");
	assert_non_null(line);
	assert_null(strstr(line + 1, "{comm=\"x\\\\xe6\\\\x97"));
	assert_non_null(strstr(text, "{comm=\"x\\\\xe6\\\\x98\"} 4\n"));
	line = strstr(text, "{comm=\"\\\\x0a");
	assert_non_null(line);
	assert_memory_equal(line + strlen("{comm=\"") + 1500, "\"} 0.1\n", 7);
	check_promtool(text);
	free(text);
	report__free(report);
}

static void metrics_histogram(void **state)
{
	const struct sample samples[] = { { kind_direct, 1, 0, &three_hists[0] },
					  { kind_direct, 1, 0, &three_hists[0] } };
	const struct metric metric = { "memtrace_reclaim_seconds", "how long", METRIC_HISTOGRAM, samples, 2 };
	struct report *report = report__new("memtrace.export/1");
	const char *p;
	char *text;
	int nr = 0;

	(void)state;
	report__add_metric(report, &metric);
	text = render(&prometheus_output, report);
	for (p = text; (p = strstr(p, "_bucket{")); p++)
		nr++;
	assert_int_equal(nr, 36 - 10 + 1 + 1);
	/* What is below the first bucket is in it; an exact 2^10 is, too. */
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"1.024e-06\"} 6\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"2.048e-06\"} 6\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"4.096e-06\"} 198\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"0.001048576\"} 198\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"34.359738368\"} 198\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"68.719476736\"} 200\n"));
	assert_non_null(strstr(text, "_bucket{kind=\"direct\",le=\"+Inf\"} 200\n"));
	assert_non_null(strstr(text, "memtrace_reclaim_seconds_sum{kind=\"direct\"} 137.439000000\n"));
	assert_non_null(strstr(text, "memtrace_reclaim_seconds_count{kind=\"direct\"} 200\n"));
	check_promtool(text);
	free(text);
	report__free(report);
}

/* A count that was read later than its buckets, and values above the last bucket. */
static void metrics_histogram_agrees(void **state)
{
	const struct histogram hist = {
		.name = "h", .unit = UNIT_NS, .counts = times, .nr_counts = 64, .sum = 1, .count = 7
	};
	const struct sample sample = { NULL, 0, 0, &hist };
	const struct metric metric = { "memtrace_stall_seconds", "stalls", METRIC_HISTOGRAM, &sample, 1 };
	struct report *report = report__new("memtrace.export/1");
	char *text;

	(void)state;
	report__add_metric(report, &metric);
	text = render(&prometheus_output, report);
	assert_non_null(strstr(text, "{le=\"68.719476736\"} 100\n"));
	assert_non_null(strstr(text, "{le=\"+Inf\"} 101\n"));
	assert_non_null(strstr(text, "_sum 0.000000001\n"));
	assert_non_null(strstr(text, "_count 101\n"));
	check_promtool(text);
	free(text);
	report__free(report);
}

/* Bounds are made once for histograms of a kind, and kinds may have as many buckets. */
static void metrics_histograms_of_two_kinds(void **state)
{
	static const uint64_t counts[4] = { 1, 2, 3, 4 };
	const struct histogram orders = {
		.unit = UNIT_COUNT, .exact = true, .counts = counts, .nr_counts = 4, .sum = 20, .count = 10
	};
	const struct histogram pages = { .unit = UNIT_COUNT, .counts = counts, .nr_counts = 4, .sum = 30, .count = 10 };
	const struct sample samples[] = { { NULL, 0, 0, &orders }, { NULL, 0, 0, &pages } };
	const struct metric exact = { "memtrace_orders", "orders", METRIC_HISTOGRAM, &samples[0], 1 };
	const struct metric ranges = { "memtrace_pages", "pages", METRIC_HISTOGRAM, &samples[1], 1 };
	struct report *report = report__new("memtrace.export/1");
	char *text;

	(void)state;
	report__add_metric(report, &exact);
	report__add_metric(report, &ranges);
	text = render(&prometheus_output, report);
	assert_non_null(strstr(text, "memtrace_orders_bucket{le=\"3\"} 10\n"));
	assert_null(strstr(text, "memtrace_orders_bucket{le=\"4\"}"));
	assert_non_null(strstr(text, "memtrace_pages_bucket{le=\"4\"} 6\n"));
	assert_non_null(strstr(text, "memtrace_pages_bucket{le=\"8\"} 10\n"));
	assert_null(strstr(text, "memtrace_pages_bucket{le=\"3\"}"));
	check_promtool(text);
	free(text);
	report__free(report);
}

static void metrics_of_two_types(void **state)
{
	const struct metric counter = { "memtrace_x_total", "x", METRIC_COUNTER, NULL, 0 };
	const struct metric gauge = { "memtrace_x_total", "x", METRIC_GAUGE, NULL, 0 };
	struct report *report = report__new("memtrace.export/1");
	struct output out = { .ops = &prometheus_output, .stream = tmpfile() };

	(void)state;
	report__add_metric(report, &counter);
	report__add_metric(report, &gauge);
	assert_int_equal(prometheus_output.report(&out, report), -EINVAL);
	fclose(out.stream);
	report__free(report);
}

static int failing_next(void *ctx, struct cell *cells)
{
	(void)ctx;
	(void)cells;
	return -EBADMSG;
}

static void errors(void **state)
{
	const struct output_ops *all[] = { &text_output, &json_output, &prometheus_output };
	const struct sample sample = { NULL, 0, 1, NULL };
	const struct metric metric = { "memtrace_x_total", "x", METRIC_COUNTER, &sample, 1 };
	const struct cell cells[] = EVERY_KIND;
	const struct values facts = { "", "x", every_kind, cells, NR(every_kind) };
	struct report *report = report__new("memtrace.test/1");

	(void)state;
	report__add_values(report, &facts);
	report__add_metric(report, &metric);
	for (size_t i = 0; i < NR(all); i++) {
		struct output out = { .ops = all[i], .stream = fopen("/dev/full", "w") };

		assert_int_equal(all[i]->report(&out, report), -ENOSPC);
		setvbuf(out.stream, NULL, _IONBF, 0);
		assert_int_equal(all[i]->report(&out, report), -EIO);
		if (all[i]->event)
			assert_int_equal(all[i]->event(&out, "e", "e", every_kind, cells, 1), -EIO);
		report->failed = true;
		assert_int_equal(all[i]->report(&out, report), -ENOMEM);
		report->failed = false;
		fclose(out.stream);
	}
	report__free(report);
}

static void failing_rows(void **state)
{
	const struct output_ops *all[] = { &text_output, &json_output };
	struct table table = { .path = "x", .columns = columns, .nr_columns = NR(columns) };
	struct report *report;
	uint64_t pos;

	(void)state;
	table.rows = (struct row_source){ many_rewind, failing_next, &pos };
	report = report_of(&table);
	for (size_t i = 0; i < NR(all); i++) {
		struct output out = { .ops = all[i], .stream = tmpfile() };

		assert_int_equal(all[i]->report(&out, report), -EBADMSG);
		fclose(out.stream);
	}
	report__free(report);
}

static void reports(void **state)
{
	struct report *report = report__new("x");

	(void)state;
	report__free(NULL);
	for (int i = 0; i < 100; i++)
		report__add_note(report, "%d", i);
	assert_false(report->failed);
	assert_int_equal(report->nr_sections, 100);
	assert_string_equal(report->sections[77].note, "77");
	report__free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_table),
		cmocka_unit_test(text_rows_and_empty),
		cmocka_unit_test(text_width_is_kept),
		cmocka_unit_test(a_long_word_has_the_blanks_behind_it),
		cmocka_unit_test(text_colour),
		cmocka_unit_test(text_facts),
		cmocka_unit_test(json_facts),
		cmocka_unit_test(json_tables),
		cmocka_unit_test(text_histograms),
		cmocka_unit_test(text_latencies),
		cmocka_unit_test(json_histograms),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(events),
		cmocka_unit_test(optional_parts),
		cmocka_unit_test(json_names),
		cmocka_unit_test(metrics),
		cmocka_unit_test(metrics_with_equal_names),
		cmocka_unit_test(metrics_histogram),
		cmocka_unit_test(metrics_histogram_agrees),
		cmocka_unit_test(errors),
		cmocka_unit_test(metrics_histograms_of_two_kinds),
		cmocka_unit_test(metrics_of_two_types),
		cmocka_unit_test(failing_rows),
		cmocka_unit_test(reports),
		cmocka_unit_test(text_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
