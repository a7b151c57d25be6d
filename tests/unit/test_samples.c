/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers samples.h with sample_files.h and sample_counts.h: that the rows agree
 * with each other, which values files of the kernel give, and what is made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/count/sample_counts.h"
#include "../../user/kernel/sample_files.h"

#define UNKNOWN MT_UNKNOWN_U64

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* What a unit is called in a path, and, as the base unit, in a metric. */
static void check_unit(const struct sample_row *row)
{
	static const struct {
		enum unit unit;
		const char *path, *metric;
	} names[] = {
		{ UNIT_BYTES, "_bytes", "_bytes" },
		{ UNIT_PAGES, "_pages", "_bytes" },
		{ UNIT_NS, "_ns", "_seconds" },
		{ UNIT_COUNT, "", "" },
		{ UNIT_SHARE, "", "" },
	};
	char metric[32];
	size_t i = 0;

	while (names[i].unit != row->unit)
		i++;
	assert_true(ends_with(row->path, names[i].path));
	snprintf(metric, sizeof(metric), "%s%s", names[i].metric, row->kind == SAMPLE_COUNTER ? "_total" : "");
	assert_true(!row->metric || ends_with(row->metric, metric));
}

static void rows(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < NR_SAMPLES; i++) {
		const struct sample_row *row = &sample_rows[i];

		assert_true(row->key[0] && row->help[0] && row->scale > 0 && row->file < NR_SAMPLE_FILES);
		check_unit(row);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(row->path, sample_rows[j].path);
			assert_false(row->file == sample_rows[j].file && !strcmp(row->key, sample_rows[j].key));
			assert_false(row->metric && sample_rows[j].metric &&
				     !strcmp(row->metric, sample_rows[j].metric));
		}
	}
}

/* A key of two rows would count in one of them alone. */
static void no_pattern_covers_another_row(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < NR_SAMPLES; i++) {
		const char *key = sample_rows[i].key;

		for (j = 0; ends_with(key, "*") && j < NR_SAMPLES; j++)
			assert_false(j != i && sample_rows[j].file == sample_rows[i].file &&
				     !strncmp(key, sample_rows[j].key, strlen(key) - 1));
	}
}

static struct sample_files *open_files(uint64_t values[NR_SAMPLES])
{
	struct sample_files *files = malloc(sizeof(*files));
	int i;

	assert_non_null(files);
	sample_files__open(files);
	for (i = 0; i < NR_SAMPLES; i++)
		values[i] = UNKNOWN;
	return files;
}

static void close_files(struct sample_files *files)
{
	sample_files__close(files);
	free(files);
}

static size_t nr_known(const uint64_t values[NR_SAMPLES])
{
	size_t i, nr = 0;

	for (i = 0; i < NR_SAMPLES; i++)
		nr += values[i] != UNKNOWN;
	return nr;
}

static void parse(const struct sample_files *files, enum sample_file file, const char *text, uint64_t *values)
{
	sample_files__parse(files, file, text, strlen(text), values);
}

static void values_in_their_units(void **state)
{
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);

	(void)state;
	parse(files, SAMPLE_FILE_meminfo,
	      "MemTotal:       24651912 kB\nMemFree:         6415764 kB\nActive(anon):       10 kB\nHugePages_Total:   "
	      "    3\n",
	      values);
	parse(files, SAMPLE_FILE_vmstat,
	      "nr_free_pages 12\nallocstall_dma 1\nallocstall_normal 20\nallocstall_movable 300\npgscan_kswapd 5\n"
	      "pgscan_kswapd_more 6\npgpgin 7\nnumber_nobody_knows 8\noom_kill 0",
	      values);
	parse(files, SAMPLE_FILE_pressure_memory,
	      "some avg10=12.34 avg60=0.05 avg300=100.00 total=11573755\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
	      "total=2",
	      values);
	assert_int_equal(values[SAMPLE_memory_total], 24651912ULL * 1024);
	assert_int_equal(values[SAMPLE_memory_free], 6415764ULL * 1024);
	assert_int_equal(values[SAMPLE_memory_active_anon], 10 * 1024);
	assert_int_equal(values[SAMPLE_vm_free], 12);
	assert_int_equal(values[SAMPLE_vm_allocstall], 321);
	assert_int_equal(values[SAMPLE_vm_pgscan_kswapd], 5);
	assert_int_equal(values[SAMPLE_vm_pgpgin], 7 * 1024);
	assert_int_equal(values[SAMPLE_vm_oom_kill], 0);
	assert_int_equal(values[SAMPLE_pressure_memory_some_avg10], 1234);
	assert_int_equal(values[SAMPLE_pressure_memory_some_avg60], 5);
	assert_int_equal(values[SAMPLE_pressure_memory_some_avg300], SAMPLE_WHOLE);
	assert_int_equal(values[SAMPLE_pressure_memory_some_total], 11573755000);
	assert_int_equal(values[SAMPLE_pressure_memory_full_total], 2000);
	/* and nothing of the lines that are not there */
	assert_int_equal(nr_known(values), 3 + 5 + 8);
	close_files(files);
}

/* Zones are added up, without the lists of CPUs, and as far as the text goes. */
static void watermarks(void **state)
{
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);

	(void)state;
	parse(files, SAMPLE_FILE_zoneinfo,
	      "Node 0, zone      DMA\n  per-node stats\n      nr_dirty 7\n  pages free     3840\n        boost    0\n"
	      "        min      29\n        low      36\n        high     43\n        protection: (0, 3018)\n"
	      "  pagesets\n    cpu: 0\n              count:    0\n              high:     500\n"
	      "              high_min: 18\nNode 0, zone   Normal\n        min      1000\n        low      2000\n"
	      "        high     3000\nNode 1, zone Normal\n        min      5",
	      values);
	assert_int_equal(values[SAMPLE_zones_min], 1034);
	assert_int_equal(values[SAMPLE_zones_low], 2036);
	assert_int_equal(values[SAMPLE_zones_high], 3043);
	assert_int_equal(nr_known(values), 3);
	close_files(files);
}

/* The same key in another file is another value. */
static void keys_are_of_their_file(void **state)
{
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);

	(void)state;
	parse(files, SAMPLE_FILE_vmstat, "MemTotal: 1 kB\nsome avg10=1.00 total=1\n", values);
	parse(files, SAMPLE_FILE_pressure_memory, "pgfault 1\nMemTotal 4\n", values);
	assert_int_equal(nr_known(values), 0);
	close_files(files);
}

static void every_row_is_found(void **state)
{
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);
	char text[128];
	int i;

	(void)state;
	for (i = 0; i < NR_SAMPLES; i++) {
		const char *key = sample_rows[i].key, *space = strchr(key, ' ');

		if (space)
			snprintf(text, sizeof(text), "%.*s %s=1", (int)(space - key), key, space + 1);
		else
			snprintf(text, sizeof(text), "%.*s 1", (int)strcspn(key, "*"), key);
		parse(files, sample_rows[i].file, text, values);
		assert_int_equal(values[i], sample_rows[i].unit == UNIT_SHARE ? 100 : sample_rows[i].scale);
		assert_int_equal(nr_known(values), i + 1);
	}
	close_files(files);
}

static void what_makes_no_sense_is_unknown(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"MemTotal",
		"MemTotal:",
		"MemTotal: kB",
		"MemTotal: -5 kB",
		"MemTotal: 18446744073709551616 kB",
		/* it fits, but not in bytes */
		"MemTotal: 18446744073709551615 kB",
		"memtotal: 5 kB",
		"MemTotalX: 5 kB",
		"MemTota: 5 kB",
		"*: 5",
		"\xff\x01\x02: 5",
	};
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		parse(files, SAMPLE_FILE_meminfo, texts[i], values);
	assert_int_equal(nr_known(values), 0);
	parse(files, SAMPLE_FILE_vmstat, "pgfault 18446744073709551615\n", values);
	assert_true(values[SAMPLE_vm_pgfault] == UNKNOWN);
	parse(files, SAMPLE_FILE_vmstat, "allocstall_a 18446744073709551614\nallocstall_b 5", values);
	assert_true(values[SAMPLE_vm_allocstall] == UNKNOWN);
	close_files(files);
}

static void a_file_that_is_not_there_is_unknown(void **state)
{
	uint64_t values[NR_SAMPLES];
	struct sample_files *files = open_files(values);
	int i;

	(void)state;
	if (files->fds[SAMPLE_FILE_vmstat] >= 0)
		close(files->fds[SAMPLE_FILE_vmstat]);
	files->fds[SAMPLE_FILE_vmstat] = -1;
	memset(values, 0, sizeof(values));
	sample_files__read(files, values);
	assert_true(values[SAMPLE_memory_total] > 0 && values[SAMPLE_memory_total] != UNKNOWN);
	for (i = 0; i < NR_SAMPLES; i++)
		if (sample_rows[i].file == SAMPLE_FILE_vmstat)
			assert_true(values[i] == UNKNOWN);
	close_files(files);
}

/* A record in which all samples are unknown but these two. */
static struct sample_record record_of(uint64_t free_bytes, uint64_t faults)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record) } };
	int i;

	for (i = 0; i < NR_SAMPLES; i++)
		record.values[i] = UNKNOWN;
	record.values[SAMPLE_memory_free] = free_bytes;
	record.values[SAMPLE_vm_pgfault] = faults;
	return record;
}

static void take(struct sample_counts *counts, uint64_t free_bytes, uint64_t faults)
{
	const struct sample_record record = record_of(free_bytes, faults);

	sample_counts__take(counts, &record);
}

static void expect_gauge(const struct sample_counts *counts, enum scope scope, uint64_t last, uint64_t min,
			 uint64_t max)
{
	assert_true(counts->extents[scope][SAMPLE_memory_free].end == last);
	assert_true(counts->extents[scope][SAMPLE_memory_free].min == min);
	assert_true(counts->extents[scope][SAMPLE_memory_free].max == max);
}

static uint64_t growth(const struct sample_counts *counts, enum scope scope)
{
	return sample_extent__growth(&counts->extents[scope][SAMPLE_vm_pgfault]);
}

static void gauges_have_extremes_and_counters_grow(void **state)
{
	struct sample_counts counts = { 0 };

	(void)state;
	assert_false(counts.any);
	take(&counts, 50, 1000);
	assert_true(counts.any);
	expect_gauge(&counts, SCOPE_TOTAL, 50, 50, 50);
	assert_int_equal(growth(&counts, SCOPE_TOTAL), 0);
	take(&counts, 20, 1010);
	take(&counts, 70, 1030);
	sample_counts__next_interval(&counts);
	take(&counts, 60, 1031);
	/* the last interval stays until the next is complete */
	expect_gauge(&counts, SCOPE_INTERVAL, 70, 20, 70);
	assert_int_equal(growth(&counts, SCOPE_INTERVAL), 30);
	sample_counts__next_interval(&counts);
	expect_gauge(&counts, SCOPE_TOTAL, 60, 20, 70);
	expect_gauge(&counts, SCOPE_INTERVAL, 60, 60, 70);
	assert_int_equal(growth(&counts, SCOPE_TOTAL), 31);
	assert_int_equal(growth(&counts, SCOPE_INTERVAL), 1);
	assert_true(sample_extent__growth(&counts.extents[SCOPE_TOTAL][SAMPLE_vm_oom_kill]) == UNKNOWN);
}

static void unknown_is_no_zero(void **state)
{
	struct sample_counts counts = { 0 };

	(void)state;
	take(&counts, 50, UNKNOWN);
	take(&counts, UNKNOWN, 7);
	/* from where it grew is not known */
	assert_true(growth(&counts, SCOPE_TOTAL) == UNKNOWN);
	expect_gauge(&counts, SCOPE_TOTAL, UNKNOWN, 50, 50);
	sample_counts__next_interval(&counts);
	sample_counts__next_interval(&counts);
	expect_gauge(&counts, SCOPE_INTERVAL, UNKNOWN, UNKNOWN, UNKNOWN);
	take(&counts, 40, 9);
	sample_counts__next_interval(&counts);
	expect_gauge(&counts, SCOPE_INTERVAL, 40, 40, 40);
	assert_int_equal(growth(&counts, SCOPE_INTERVAL), 2);
	take(&counts, 40, UNKNOWN);
	sample_counts__next_interval(&counts);
	assert_true(growth(&counts, SCOPE_INTERVAL) == UNKNOWN);
}

/* A sum over CPUs may be a little too low for once; a gauge goes where it wants. */
static void a_counter_never_goes_down(void **state)
{
	struct sample_counts counts = { 0 };

	(void)state;
	take(&counts, 50, 100);
	take(&counts, 50, 120);
	take(&counts, 10, 90);
	assert_int_equal(growth(&counts, SCOPE_TOTAL), 20);
	assert_int_equal(counts.extents[SCOPE_TOTAL][SAMPLE_memory_free].end, 10);
	sample_counts__next_interval(&counts);
	take(&counts, 10, 121);
	sample_counts__next_interval(&counts);
	assert_int_equal(growth(&counts, SCOPE_INTERVAL), 1);
	assert_int_equal(growth(&counts, SCOPE_TOTAL), 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(no_pattern_covers_another_row),
		cmocka_unit_test(values_in_their_units),
		cmocka_unit_test(watermarks),
		cmocka_unit_test(keys_are_of_their_file),
		cmocka_unit_test(every_row_is_found),
		cmocka_unit_test(what_makes_no_sense_is_unknown),
		cmocka_unit_test(a_file_that_is_not_there_is_unknown),
		cmocka_unit_test(gauges_have_extremes_and_counters_grow),
		cmocka_unit_test(unknown_is_no_zero),
		cmocka_unit_test(a_counter_never_goes_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
