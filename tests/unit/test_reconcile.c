// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace verify: when a difference is explained, by what, and that one beyond its reasons is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/kernel/counters.h"
#include "../../user/verify/kernel_counts.h"
#include "../../user/verify/reconcile.h"

static const struct counter_row *row_of(enum counter_file file, const char *name)
{
	size_t i;

	for (i = 0; i < nr_counter_rows; i++)
		if (counter_rows[i].file == file && !strcmp(counter_rows[i].name, name))
			return &counter_rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static struct reconciled compare(const struct counter_row *row, uint64_t low, uint64_t high, uint64_t own,
				 const uint64_t *bounds)
{
	struct kernel_figure kernel = { .known = true, .low = low, .high = high };
	struct own_figure ours = { .known = true, .value = own };
	struct reconciled result;

	reconcile(row, &kernel, &ours, bounds, &result);
	return result;
}

static void between_the_bounds_is_equal(void **state)
{
	const struct counter_row *row = row_of(COUNTERS_VMSTAT, "pageoutrun");
	uint64_t bounds[NR_BOUNDS] = { 0 };
	uint64_t own;

	(void)state;
	for (own = 100; own <= 110; own++) {
		struct reconciled r = compare(row, 100, 110, own, bounds);

		assert_int_equal(r.verdict, VERDICT_EQUAL);
		assert_int_equal(r.difference, 0);
		assert_string_equal(r.why, "");
	}
}

/* A counter that is wrong by one, either way, in each row whose reasons do not apply. */
static void a_wrong_counter_is_found(void **state)
{
	uint64_t bounds[NR_BOUNDS] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < nr_counter_rows; i++) {
		struct reconciled r = compare(&counter_rows[i], 1000, 1010, 1011, bounds);

		assert_int_equal(r.verdict, VERDICT_UNEXPLAINED);
		assert_int_equal(r.difference, 1);
		assert_int_equal(r.unexplained, 1);
		r = compare(&counter_rows[i], 1000, 1010, 999, bounds);
		assert_int_equal(r.verdict, VERDICT_UNEXPLAINED);
		assert_int_equal(r.difference, -1);
		assert_non_null(strstr(r.why, "no known reason for 1 of it"));
	}
}

#define MANY 10000000000ULL

/* Each reason of each row, alone: to its side up to its bound, and not one further; never to the other side. */
static void a_reason_reaches_as_far_as_its_bound(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < nr_counter_rows; i++) {
		for (j = 0; j < REASONS_MAX && counter_rows[i].reasons[j].text; j++) {
			struct counter_row row = counter_rows[i];
			struct reason reason = row.reasons[j];
			uint64_t bounds[NR_BOUNDS] = { 0 };
			uint64_t per = reason.per ? reason.per : 1, bound = (100 * reason.times + per - 1) / per;
			bool more = reason.side == MEMTRACE_MORE;
			struct reconciled r;

			bounds[reason.bound] = 100;
			memset(row.reasons, 0, sizeof(row.reasons));
			row.reasons[0] = reason;
			if (reason.times == REASON_WITHOUT_BOUND)
				bound = 500000;
			r = compare(&row, MANY, MANY, more ? MANY + bound : MANY - bound, bounds);
			assert_int_equal(r.verdict, VERDICT_EXPLAINED);
			assert_string_equal(r.why, reason.text);
			r = compare(&row, MANY, MANY, more ? MANY - 1 : MANY + 1, bounds);
			assert_int_equal(r.verdict, VERDICT_UNEXPLAINED);
			if (reason.times == REASON_WITHOUT_BOUND)
				continue;
			r = compare(&row, MANY, MANY, more ? MANY + 1 + bound : MANY - 1 - bound, bounds);
			assert_int_equal(r.verdict, VERDICT_UNEXPLAINED);
			assert_int_equal(r.unexplained, 1);
			assert_non_null(strstr(r.why, reason.text));
		}
	}
}

static void reasons_add_up(void **state)
{
	const struct counter_row *row = row_of(COUNTERS_VMSTAT, "pgfault");
	uint64_t bounds[NR_BOUNDS] = { [BOUND_FAILED_FAULTS] = 5, [BOUND_RETRIED_FAULTS] = 3, [BOUND_CPUS] = 1 };

	(void)state;
	assert_int_equal(compare(row, 100, 100, 95, bounds).verdict, VERDICT_EXPLAINED);
	assert_null(strstr(compare(row, 100, 100, 95, bounds).why, "retried"));
	assert_non_null(strstr(compare(row, 100, 100, 94, bounds).why, "retried"));
	assert_int_equal(compare(row, 100, 100, 88, bounds).verdict, VERDICT_EXPLAINED);
	assert_int_equal(compare(row, 100, 100, 87, bounds).verdict, VERDICT_UNEXPLAINED);
	assert_int_equal(compare(row, 100, 100, 101, bounds).verdict, VERDICT_EXPLAINED);
	assert_int_equal(compare(row, 100, 100, 102, bounds).verdict, VERDICT_UNEXPLAINED);
}

static void a_part_of_one_is_one(void **state)
{
	const struct counter_row *row = row_of(COUNTERS_MEMORY_EVENTS, "max + high");
	uint64_t bounds[NR_BOUNDS] = { [BOUND_MEMCG_EPISODES] = 101 };

	(void)state;
	assert_int_equal(compare(row, 103, 103, 101, bounds).verdict, VERDICT_EXPLAINED);
	assert_int_equal(compare(row, 104, 104, 101, bounds).verdict, VERDICT_UNEXPLAINED);
}

/* A page that is read is counted before the fault is done; what makes it none, or a minor one, is bounded. */
static void majors_that_tasks_do_not_have_are_explained_to_their_number(void **state)
{
	const struct counter_row *rows[] = { row_of(COUNTERS_VMSTAT, "pgmajfault"),
					     row_of(COUNTERS_MEMORY_STAT, "pgmajfault") };
	uint64_t bounds[NR_BOUNDS] = { [BOUND_FAILED_FAULTS] = 1, [BOUND_SILENT_FAULTS] = 4 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(compare(rows[i], 30, 34, 29, bounds).verdict, VERDICT_EXPLAINED);
		assert_non_null(strstr(compare(rows[i], 30, 34, 29, bounds).why, "under way"));
		assert_null(strstr(compare(rows[i], 30, 34, 29, bounds).why, "mlock()"));
		assert_non_null(strstr(compare(rows[i], 30, 34, 25, bounds).why, "mlock()"));
		assert_int_equal(compare(rows[i], 30, 34, 25, bounds).verdict, VERDICT_EXPLAINED);
		assert_int_equal(compare(rows[i], 30, 34, 24, bounds).verdict, VERDICT_UNEXPLAINED);
		assert_int_equal(compare(rows[i], 30, 34, 35, bounds).verdict, VERDICT_UNEXPLAINED);
	}
}

/* By reading: exceptions and accounted faults.  Two faults were under way when perf's events were opened. */
static void exceptions_are_bounds(void **state)
{
	struct kernel_counts counts = { .faults_known = true,
					.faults = { [OUTER_BEGIN] = { 100, 101 },
						    [INNER_BEGIN] = { 110, 112 },
						    [INNER_END] = { 200, 195 },
						    [OUTER_END] = { 210, 209 } } };
	struct fault_exceptions exceptions;

	(void)state;
	kernel_counts__exceptions(&counts, &exceptions);
	assert_true(exceptions.known);
	assert_int_equal(exceptions.unaccounted, 7);
	assert_int_equal(exceptions.accounted, 83);
	counts.faults[OUTER_END] = (struct fault_count){ 220, 210 };
	kernel_counts__exceptions(&counts, &exceptions);
	assert_int_equal(exceptions.unaccounted, 12);
	counts.faults[OUTER_BEGIN] = (struct fault_count){ 100, 105 };
	kernel_counts__exceptions(&counts, &exceptions);
	assert_int_equal(exceptions.unaccounted, 15);
	/* nothing but the end of those two */
	counts.faults[INNER_END] = counts.faults[OUTER_END] = (struct fault_count){ 220, 230 };
	kernel_counts__exceptions(&counts, &exceptions);
	assert_int_equal(exceptions.unaccounted, 0);
	counts.faults_known = false;
	kernel_counts__exceptions(&counts, &exceptions);
	assert_false(exceptions.known);
}

/* An allocation that memtrace missed is not taken for one that has no event. */
static void the_bulk_allocator_explains_only_what_no_event_tells(void **state)
{
	const struct counter_row *pages = row_of(COUNTERS_VMSTAT, "pgalloc_*");
	const struct counter_row *events = row_of(COUNTERS_TRACEPOINTS, "kmem:mm_page_alloc");
	uint64_t bounds[NR_BOUNDS] = { [BOUND_CPUS] = 2, [BOUND_ALLOCS_SEEN] = 1 };

	(void)state;
	assert_int_equal(compare(pages, 8810, 8883, 798, bounds).verdict, VERDICT_EXPLAINED);
	assert_non_null(strstr(compare(pages, 8810, 8883, 798, bounds).why, "bulk allocator"));
	bounds[BOUND_ALLOCS_SEEN] = 0;
	assert_int_equal(compare(pages, 8810, 8883, 798, bounds).unexplained, 8012);
	assert_null(strstr(compare(pages, 8810, 8883, 798, bounds).why, "bulk allocator"));
	assert_int_equal(compare(events, 8800, 8870, 790, bounds).unexplained, 8008);
	assert_int_equal(compare(events, 8800, 8870, 8798, bounds).verdict, VERDICT_EXPLAINED);
}

/* The first victim twice: no more than a kill each. */
static void a_group_of_victims_is_counted_once_more(void **state)
{
	const struct counter_row *rows[] = { row_of(COUNTERS_VMSTAT, "oom_kill"),
					     row_of(COUNTERS_MEMORY_EVENTS, "oom_kill") };
	uint64_t bounds[NR_BOUNDS] = { [BOUND_GROUP_KILLS] = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(compare(rows[i], 2, 2, 1, bounds).verdict, VERDICT_EXPLAINED);
		assert_non_null(strstr(compare(rows[i], 2, 2, 1, bounds).why, "memory.oom.group"));
		assert_int_equal(compare(rows[i], 3, 3, 1, bounds).verdict, VERDICT_UNEXPLAINED);
	}
}

static void huge_facts_do_not_wrap(void **state)
{
	const struct counter_row *row = row_of(COUNTERS_VMSTAT, "pgalloc_*");
	uint64_t bounds[NR_BOUNDS] = { [BOUND_COMPACTED] = UINT64_MAX / 2 };

	(void)state;
	assert_int_equal(compare(row, 0, 0, 1ULL << 62, bounds).verdict, VERDICT_EXPLAINED);
}

static void what_is_not_known_is_no_difference(void **state)
{
	const struct counter_row *row = row_of(COUNTERS_VMSTAT, "oom_kill");
	struct kernel_figure none = { .why = "no file" }, kernel = { .known = true, .low = 3, .high = 3 };
	struct own_figure nothing = { .why = "no hook" }, ours = { .known = true, .value = 7 };
	uint64_t bounds[NR_BOUNDS] = { 0 };
	struct reconciled r;

	(void)state;
	reconcile(row, &none, &ours, bounds, &r);
	assert_int_equal(r.verdict, VERDICT_UNKNOWN);
	assert_string_equal(r.why, "no file");
	reconcile(row, &kernel, &nothing, bounds, &r);
	assert_int_equal(r.verdict, VERDICT_UNKNOWN);
	assert_string_equal(r.why, "no hook");
	reconcile(row, &none, &nothing, bounds, &r);
	assert_string_equal(r.why, "no file; no hook");
	nothing.why = none.why;
	reconcile(row, &none, &nothing, bounds, &r);
	assert_string_equal(r.why, "no file");
}

/* What each row and each reason must have. */
static void the_table_is_complete(void **state)
{
	size_t i, j;

	(void)state;
	assert_true(nr_counter_rows <= COUNTER_ROWS_MAX);
	for (i = 0; i < nr_counter_rows; i++) {
		const struct counter_row *row = &counter_rows[i];

		assert_true(row->name[0] && row->names[0]);
		assert_int_equal(row->names[strlen(row->names) - 1] == ' ', 0);
		if (row->figure == FIGURE_NONE || (row->names_v1 && !row->names_v1[0]))
			assert_non_null(row->none_why);
		for (j = 0; j < REASONS_MAX && row->reasons[j].text; j++)
			assert_true(row->reasons[j].bound < NR_BOUNDS);
	}
}

static void lines_are_summed(void **state)
{
	struct counter_sum sums[] = { { .names = "pgalloc_*" }, { .names = "pgsteal_anon pgsteal_file" },
				      { .names = "oom_kill" },	{ .names = "absent" },
				      { .names = "pgalloc" },	{ .names = "last" } };

	(void)state;
	counters__parse("nr_free_pages 12\npgalloc_dma 1\npgalloc_dma32 20\npgalloc_normal 300\nallocstall_dma 7\n"
			"pgsteal_file 5\noom_kill_disable 0\noom_kill 9\n\nonlyname\nno number\n 5\n"
			"pgsteal_anon 18446744073709551610\nlast 4",
			sums, 6);
	assert_int_equal(sums[0].sum, 321);
	assert_int_equal(sums[1].sum, UINT64_MAX);
	assert_int_equal(sums[2].sum, 9);
	assert_true(sums[0].found && sums[1].found && sums[2].found && sums[5].found);
	assert_false(sums[3].found || sums[4].found);
	assert_int_equal(sums[5].sum, 4);
}

static void a_file_that_is_not_there(void **state)
{
	struct counter_sum sum = { .names = "pgfault" };

	(void)state;
	assert_true(counters__read("/nonexistent/vmstat", &sum, 1) < 0);
	assert_false(sum.found);
	assert_int_equal(counters__read("/proc/vmstat", &sum, 1), 0);
	assert_true(sum.found && sum.sum > 0);
	assert_true(counters__read_one("/nonexistent/number", &sum.sum) < 0);
	assert_int_equal(counters__read_one("/proc/sys/kernel/pid_max", &sum.sum), 0);
	assert_true(sum.sum > 0);
	assert_int_equal(counters__read_one("/proc/vmstat", &sum.sum), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_the_bounds_is_equal),
		cmocka_unit_test(a_wrong_counter_is_found),
		cmocka_unit_test(a_reason_reaches_as_far_as_its_bound),
		cmocka_unit_test(reasons_add_up),
		cmocka_unit_test(a_part_of_one_is_one),
		cmocka_unit_test(majors_that_tasks_do_not_have_are_explained_to_their_number),
		cmocka_unit_test(exceptions_are_bounds),
		cmocka_unit_test(the_bulk_allocator_explains_only_what_no_event_tells),
		cmocka_unit_test(a_group_of_victims_is_counted_once_more),
		cmocka_unit_test(huge_facts_do_not_wrap),
		cmocka_unit_test(what_is_not_known_is_no_difference),
		cmocka_unit_test(the_table_is_complete),
		cmocka_unit_test(lines_are_summed),
		cmocka_unit_test(a_file_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
