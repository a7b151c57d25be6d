/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Metrics of a schema that has grown: the counting half is built against a table of histograms that is made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define hist_rows    many_hist_rows
#define nr_hist_rows many_nr_hist_rows
#include "../../user/metrics/metrics.c"
#undef hist_rows
#undef nr_hist_rows
#include "fake_run.h"

#define ROW(n)                                                                                                         \
	{                                                                                                              \
		.metric = "memtrace_many_" #n "_seconds", .help = "one of many"                                        \
	}
#define FIVE(n) ROW(n##0), ROW(n##1), ROW(n##2), ROW(n##3), ROW(n##4)
#define MANY(n) FIVE(n##0), FIVE(n##1), FIVE(n##2), FIVE(n##3), FIVE(n##4)

const struct hist_row many_hist_rows[] = { MANY(1), MANY(2), MANY(3), MANY(4), MANY(5), MANY(6) };
const size_t many_nr_hist_rows = sizeof(many_hist_rows) / sizeof(*many_hist_rows);

static size_t nr_called(const struct report *report, const char *name)
{
	size_t i, nr = 0;

	for (i = 0; i < report->nr_sections; i++)
		nr += report->sections[i].kind == SECTION_METRIC && !strcmp(report->sections[i].metric.name, name);
	return nr;
}

static void each_family_finds_room(void **state)
{
	struct report *report = report__new("test/1");
	struct fake_run fake;
	struct metrics *metrics;
	size_t i;

	(void)state;
	assert_true(many_nr_hist_rows > MT_NR_SLOTS);
	assert_int_equal(fake_run__open(&fake, BY_COMM), 0);
	metrics = fake_run__metrics(&fake, 100);
	assert_non_null(metrics);
	assert_non_null(report);
	assert_int_equal(metrics__add(metrics, report, NULL, 0), 0);
	for (i = 0; i < many_nr_hist_rows; i++)
		assert_int_equal(nr_called(report, many_hist_rows[i].metric), 1);
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (slot_rows[i].metric)
			assert_int_equal(nr_called(report, slot_rows[i].metric), 1);
	report__free(report);
	metrics__free(metrics);
	fake_run__close(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_finds_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
