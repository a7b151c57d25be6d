/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers outputs/csv.c: which part of a report it shows, names and units, values to the byte, hostile names, errors. */
#include <errno.h>
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

extern const struct output_ops csv_output;

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const struct column columns[] = {
	{ .title = "COMM", .path = "comm" },
	{ .title = "TIME", .path = "reclaim.ns", .unit = UNIT_NS },
	{ .title = "BYTES", .path = "weight", .unit = UNIT_BYTES },
	{ .title = "SHARE", .path = "share", .unit = UNIT_SHARE },
	{ .title = "WALL%", .unit = UNIT_SHARE },
	{ .path = "at", .unit = UNIT_TIME },
	{ .path = "address" },
	{ .path = "exited" },
	{ .path = "delta" },
};

/* Cells of one row of them. */
static void fill(struct cell *cells, const char *comm)
{
	cells[0] = cell_string(comm);
	cells[1] = cell_uint(1840000000);
	cells[2] = cell_uint(UINT64_MAX);
	cells[3] = cell_real(0.045);
	cells[4] = cell_real(0.5);
	cells[5] = cell_uint(1000);
	cells[6] = cell_address(0xdead);
	cells[7] = cell_bool(true);
	cells[8] = (struct cell){ .kind = CELL_INT, .i = -7 };
}

static const struct column run_columns[] = {
	{ .path = "version" },
	{ .path = "start_ns", .unit = UNIT_TIME },
	{ .path = "interval" },
};

static const int64_t offset = 5000;

/* What it makes of reports one after the other; the caller frees it. */
static char *render(struct report **reports, size_t nr, const char *part, int expected)
{
	struct output out = { .ops = &csv_output, .wall_offset_ns = &offset, .part = part };
	char *text = NULL;
	size_t size = 0, i;

	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	for (i = 0; i < nr; i++)
		assert_int_equal(csv_output.report(&out, reports[i]), expected);
	output__done(&out);
	assert_int_equal(fclose(out.stream), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

static void check(struct report *report, const char *part, const char *expected)
{
	char *text = render(&report, 1, part, 0);

	assert_string_equal(text, expected);
	free(text);
}

static struct table table_of(struct cell_rows *rows)
{
	return (struct table){
		.path = "rows", .columns = columns, .nr_columns = NR(columns), .rows = cell_rows__source(rows)
	};
}

#define NAMES "comm,reclaim.ns,weight_bytes,share,at_ns,address,exited,delta\r\n"

static void values_are_raw(void **state)
{
	struct cell cells[2 * NR(columns)] = { { .kind = CELL_NONE } };
	struct cell_rows rows = { cells, 2, NR(columns), 0 };
	struct table table = table_of(&rows);
	struct report *report = report__new("memtrace.test/1");

	(void)state;
	fill(cells, "cc1");
	cells[NR(columns) + 3] = cell_real(NAN);
	report__add_table(report, &table);
	check(report, NULL, NAMES "cc1,1840000000,18446744073709551615,0.045,6000,0xdead,true,-7\r\n,,,,,,,\r\n");
	report__free(report);
}

static void hostile_names(void **state)
{
	static const struct {
		const char *name, *shown;
	} names[] = {
		{ "a,b", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "a\r\nb", "a\\x0d\\x0ab" },
		{ "\033[31m\377", "\\x1b[31m\\xff" },
		{ "=1+2", "\\x3d1+2" },
		{ "+1", "\\x2b1" },
		{ "-x", "\\x2dx" },
		{ "@x,", "\"\\x40x,\"" },
		{ "\tx", "\\x09x" },
		{ "a=b", "a=b" },
		{ "", "\"\"" },
	};
	static const struct column column = { .title = "COMM", .path = "comm" };
	struct cell cell;
	struct cell_rows rows = { &cell, 1, 1, 0 };
	struct table table = { .path = "rows", .columns = &column, .nr_columns = 1, .rows = cell_rows__source(&rows) };
	struct report *report = report__new("memtrace.test/1");
	char expected[64];
	size_t i;

	(void)state;
	report__add_table(report, &table);
	for (i = 0; i < NR(names); i++) {
		cell = cell_string(names[i].name);
		snprintf(expected, sizeof(expected), "comm\r\n%s\r\n", names[i].shown);
		check(report, NULL, expected);
	}
	report__free(report);
}

/* A moment before each row, its own column if the table has it; names once, again when they change. */
static void intervals_make_one_table(void **state)
{
	static const struct column own[] = { { .path = "start_ns", .unit = UNIT_TIME }, { .path = "n" } };
	struct cell moments[2][3], cells[2] = { cell_uint(1), cell_uint(7) };
	struct cell_rows rows = { cells + 1, 1, 1, 0 }, own_rows = { cells, 1, 2, 0 };
	struct table table = { .path = "t", .columns = own + 1, .nr_columns = 1, .rows = cell_rows__source(&rows) };
	struct report *reports[3];
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		reports[i] = report__new("memtrace.test/1");
		moments[i % 2][0] = cell_string("0.1.0");
		moments[i % 2][1] = cell_uint(i % 2);
		moments[i % 2][2] = cell_bool(i % 2 == 0);
		if (i == 2)
			table = (struct table){
				.path = "t", .columns = own, .nr_columns = 2, .rows = cell_rows__source(&own_rows)
			};
		report__add_values(reports[i], &(struct values){ .path = "",
								 .columns = run_columns,
								 .cells = moments[i % 2],
								 .nr_columns = NR(run_columns) });
		report__add_table(reports[i], &table);
	}
	text = render(reports, 3, NULL, 0);
	assert_string_equal(text, "start_ns,interval,n\r\n5000,true,7\r\n5001,false,7\r\n"
				  "interval,start_ns,n\r\ntrue,5001,7\r\n");
	free(text);
	for (i = 0; i < 3; i++)
		report__free(reports[i]);
}

static void fill_parts(struct report *report, struct cell_rows *rows, const struct cell *run)
{
	static const struct column name = { .path = "name" }, about = { .path = "n", .main = true };
	static const uint64_t counts[] = { 0, 3, 0, 1, 0 };
	static const struct label labels[] = { { "kind", "memcg" }, { "comm", NULL } };
	static const struct histogram hists[] = {
		{ .name = "first",
		  .unit = UNIT_NS,
		  .counts = counts,
		  .nr_counts = 5,
		  .nr_labels = 1,
		  .labels = labels },
		{ .name = "order",
		  .unit = UNIT_ORDER,
		  .counts = counts,
		  .nr_counts = 2,
		  .nr_labels = 1,
		  .labels = labels + 1,
		  .exact = true },
		{ .name = "none", .unit = UNIT_ORDER },
	};
	const struct row_source source = cell_rows__source(rows);

	report__add_values(report,
			   &(struct values){ .path = "", .columns = run_columns, .cells = run, .nr_columns = 3 });
	report__add_values(report, &(struct values){ .heading = "x", .columns = &name, .cells = run, .nr_columns = 1 });
	report__add_values(report, &(struct values){ .path = "a", .columns = &name, .cells = run, .nr_columns = 1 });
	report__add_histograms(report, hists, 3, false);
	report__add_table(report, &(struct table){ .columns = &name, .nr_columns = 1, .rows = source });
	report__add_table(
		report,
		&(struct table){ .path = "b", .not_in_text = true, .columns = &name, .nr_columns = 1, .rows = source });
	report__add_table(
		report, &(struct table){
				.path = "c", .not_in_text = true, .columns = &about, .nr_columns = 1, .rows = source });
}

#define HISTOGRAMS                                                                                                     \
	"start_ns,interval,name,unit,kind,comm,le,count\r\n"                                                           \
	"5002,,first,ns,memcg,,2,3\r\n5002,,first,ns,memcg,,4,0\r\n5002,,first,ns,memcg,,8,1\r\n"                      \
	"5002,,order,order,,,1,3\r\n"

static void parts(void **state)
{
	const struct cell run[] = { cell_string("0.1.0"), cell_uint(2), cell_none() };
	struct cell cells[] = { cell_uint(1), cell_uint(2) };
	struct cell_rows rows = { cells, 2, 1, 0 };
	struct report *report = report__new("memtrace.test/1");
	char *text;

	(void)state;
	fill_parts(report, &rows, run);
	check(report, NULL, "start_ns,interval,n\r\n5002,,1\r\n5002,,2\r\n"); /* it is about that */
	check(report, "b", "start_ns,interval,name\r\n5002,,1\r\n5002,,2\r\n");
	check(report, "values", "version,start_ns,interval,a.name\r\n0.1.0,5002,,0.1.0\r\n");
	check(report, "histograms", HISTOGRAMS);
	text = render(&report, 1, "d", -ECANCELED);
	assert_string_equal(text, "");
	free(text);
	report->nr_sections -= 1;
	check(report, NULL, HISTOGRAMS);
	report->nr_sections -= 3;
	check(report, NULL, "version,start_ns,interval,a.name\r\n0.1.0,5002,,0.1.0\r\n");
	report->nr_sections += 4;
	report->sections[5].table.not_in_text = false; /* what people see comes first */
	check(report, NULL, "start_ns,interval,name\r\n5002,,1\r\n5002,,2\r\n");
	report__free(report);
}

/* One of each kind and another one of the first, and a report on them. */
static char *render_events(const char *part)
{
	static const struct column others[] = { { .path = "at", .unit = UNIT_TIME }, { .path = "who" } };
	const struct cell other[] = { cell_uint(7), cell_string("=x") };
	struct output out = { .ops = &csv_output, .wall_offset_ns = &offset, .part = part, .events = true };
	struct cell cells[NR(columns)] = { 0 };
	struct cell_rows rows = { cells, 1, NR(columns), 0 };
	struct table table = table_of(&rows);
	struct report *report = report__new("memtrace.test/1");
	char *text = NULL;
	size_t size = 0;

	out.stream = open_memstream(&text, &size);
	assert_non_null(out.stream);
	fill(cells, "a");
	report__add_table(report, &table);
	assert_int_equal(csv_output.event(&out, "first", "", columns, cells, 3), 0);
	assert_int_equal(csv_output.event(&out, "other", "", others, other, 2), 0);
	assert_int_equal(csv_output.event(&out, "other", "", others, other, 2), 0);
	assert_int_equal(csv_output.event(&out, "first", "", columns, cells, 3), 0);
	assert_int_equal(csv_output.report(&out, report), 0);
	output__done(&out);
	fclose(out.stream);
	report__free(report);
	return text;
}

#define FIRST_NAMES "event,comm,reclaim.ns,weight_bytes\r\n"
#define FIRST_ROW   "first,a,1840000000,18446744073709551615\r\n"
#define OTHER_NAMES "event,at_ns,who\r\n"
#define OTHER_ROW   "other,5007,\\x3dx\r\n"

static void expect_events(const char *part, const char *expected)
{
	char *text = render_events(part);

	assert_string_equal(text, expected);
	free(text);
}

static void events(void **state)
{
	(void)state;
	expect_events(NULL, FIRST_NAMES FIRST_ROW OTHER_NAMES OTHER_ROW OTHER_ROW FIRST_NAMES FIRST_ROW);
	expect_events("first", FIRST_NAMES FIRST_ROW FIRST_ROW);
	expect_events("other", OTHER_NAMES OTHER_ROW OTHER_ROW);
	expect_events("nothing", "");
}

static int broken(void *ctx, struct cell *cells)
{
	(void)ctx;
	(void)cells;
	return -EIO;
}

static int nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void errors(void **state)
{
	struct table table = {
		.path = "rows", .columns = columns, .nr_columns = NR(columns), .rows = { nothing, broken, NULL }
	};
	struct report *report = report__new("memtrace.test/1");
	struct output out = { .ops = &csv_output };

	(void)state;
	report__add_table(report, &table);
	free(render(&report, 1, NULL, -EIO));
	out.stream = fopen("/dev/full", "w");
	assert_non_null(out.stream);
	report->sections[0].kind = SECTION_NOTE;
	report->sections[0].note = NULL;
	assert_int_equal(csv_output.report(&out, report), -ENOSPC);
	fclose(out.stream);
	output__done(&out);
	report->failed = true;
	free(render(&report, 1, NULL, -ENOMEM));
	report__free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_raw),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(intervals_make_one_table),
		cmocka_unit_test(parts),
		cmocka_unit_test(events),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
