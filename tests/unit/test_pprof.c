/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers outputs/pprof.c and base/gzip: what stands in the file, read back; hostile names, long paths, large files,
 * errors.  That others read it is tested in tests/cli/viewers.bats.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "../../user/report/output.h"
#include "pprof.pb-c.h"

extern const struct output_ops pprof_output;

#define NR(array)  (sizeof(array) / sizeof((array)[0]))
#define UNPACKED   (64U << 20)
#define MANY_PATHS 20000
#define LONG_PATH  10000

static const int64_t offset = 5000;

static const struct column columns[] = {
	{ .path = "stack" },
	{ .path = "weight", .unit = UNIT_BYTES },
	{ .path = "events", .unit = UNIT_COUNT },
	{ .path = "bytes", .unit = UNIT_BYTES, .main = true },
	{ .path = "duration_ns", .unit = UNIT_NS },
	{ .path = "kind" },
};

struct paths {
	const char *const *stacks; /* NULL: they are made up */
	size_t nr, at;
	char made[64];
};

static int rewind_paths(void *ctx)
{
	((struct paths *)ctx)->at = 0;
	return 0;
}

static int next_path(void *ctx, struct cell *cells)
{
	struct paths *paths = ctx;

	if (paths->at == paths->nr)
		return 0;
	if (!paths->stacks)
		snprintf(paths->made, sizeof(paths->made), "main;f%zu;g%zu_[k]", paths->at, paths->at * 7919);
	cells[0] = cell_string(paths->stacks ? paths->stacks[paths->at] : paths->made);
	cells[1] = cell_uint(4096 * (paths->at + 1));
	cells[2] = cell_uint(paths->at + 1);
	cells[3] = cell_uint(4096 * (paths->at + 1));
	cells[4] = cell_none();
	cells[5] = cell_string(paths->at ? "page table" : "first touch");
	paths->at++;
	return 1;
}

static struct report *report_of(struct paths *paths)
{
	static const struct column run_columns[] = {
		{ .path = "duration_ns", .unit = UNIT_NS },
		{ .path = "start_ns", .unit = UNIT_TIME },
	};
	static const struct cell run[] = { { .kind = CELL_UINT, .u = 77 }, { .kind = CELL_UINT, .u = 1000 } };
	struct report *report = report__new("memtrace.test/1");

	report__add_values(report,
			   &(struct values){ .path = "", .columns = run_columns, .cells = run, .nr_columns = 2 });
	report__add_note(report, "%s", "a sample");
	report__add_table(report, &(struct table){ .path = "paths",
						   .columns = columns,
						   .nr_columns = NR(columns),
						   .rows = { rewind_paths, next_path, paths } });
	return report;
}

static PprofFile__Profile *unpacked(const char *data, size_t size)
{
	unsigned char *plain = malloc(UNPACKED);
	z_stream z = {
		.next_in = (unsigned char *)data, .avail_in = (uInt)size, .next_out = plain, .avail_out = UNPACKED
	};
	PprofFile__Profile *profile;

	assert_non_null(plain);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	profile = pprof_file__profile__unpack(NULL, z.total_out, plain);
	assert_non_null(profile);
	inflateEnd(&z);
	free(plain);
	return profile;
}

static PprofFile__Profile *profile_of(struct paths *paths)
{
	struct report *report = report_of(paths);
	struct output out = { .ops = &pprof_output, .wall_offset_ns = &offset };
	PprofFile__Profile *profile;
	char *data = NULL;
	size_t size = 0;

	out.stream = open_memstream(&data, &size);
	assert_int_equal(pprof_output.report(&out, report), 0);
	assert_int_equal(fclose(out.stream), 0);
	profile = unpacked(data, size);
	free(data);
	report__free(report);
	return profile;
}

/* The path of a sample as it was given, with the number of the mapping behind each function. */
static void assert_path(const PprofFile__Profile *profile, size_t sample, const char *expected)
{
	const PprofFile__Sample *s = profile->sample[sample];
	char text[512];
	size_t len = 0, i;

	for (i = s->n_location_id; i-- > 0;) {
		const PprofFile__Location *location = profile->location[s->location_id[i] - 1];

		assert_int_equal(location->id, s->location_id[i]);
		assert_int_equal(location->n_line, 1);
		assert_int_equal(profile->function[location->line[0]->function_id - 1]->id,
				 location->line[0]->function_id);
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%s %d", len ? ";" : "",
			profile->string_table[profile->function[location->line[0]->function_id - 1]->name],
			(int)location->mapping_id);
	}
	assert_string_equal(text, expected);
}

static void what_stands_in_it(void **state)
{
	static const char *const stacks[] = { "main;work;touch_[i];asm_exc_[k]", "main;work\033[31m\377;_[k]",
					      "main;\";work" };
	struct paths paths = { .stacks = stacks, .nr = NR(stacks) };
	PprofFile__Profile *p = profile_of(&paths);

	(void)state;
	assert_string_equal(p->string_table[0], "");
	assert_int_equal(p->time_nanos, 6000);
	assert_int_equal(p->duration_nanos, 77);
	assert_int_equal(p->n_comment, 1);
	assert_string_equal(p->string_table[p->comment[0]], "a sample");
	assert_int_equal(p->n_sample_type, 2); /* a weight is one of them, and no duration is known */
	assert_string_equal(p->string_table[p->sample_type[0]->type], "events");
	assert_string_equal(p->string_table[p->sample_type[0]->unit], "count");
	assert_string_equal(p->string_table[p->sample_type[1]->type], "bytes");
	assert_string_equal(p->string_table[p->sample_type[1]->unit], "bytes");
	assert_string_equal(p->string_table[p->default_sample_type], "bytes");
	assert_int_equal(p->n_sample, 3);
	assert_path(p, 0, "main 1;work 1;touch 1;asm_exc 2");
	assert_path(p, 1, "main 1;work\\x1b[31m\\xff 1;_[k] 1"); /* a mark alone is a name */
	assert_path(p, 2, "main 1;\" 1;work 1");
	assert_int_equal(p->n_function, 7); /* each once */
	assert_int_equal(p->sample[2]->n_value, 2);
	assert_int_equal(p->sample[2]->value[0], 3);
	assert_int_equal(p->sample[2]->value[1], 12288);
	assert_int_equal(p->sample[0]->n_label, 1);
	assert_string_equal(p->string_table[p->sample[0]->label[0]->key], "kind");
	assert_string_equal(p->string_table[p->sample[0]->label[0]->str], "first touch");
	assert_int_equal(p->n_mapping, 2);
	assert_string_equal(p->string_table[p->mapping[1]->filename], "[kernel]");
	assert_true(p->mapping[0]->has_functions && p->mapping[1]->has_functions);
	pprof_file__profile__free_unpacked(p, NULL);
}

static void no_paths(void **state)
{
	struct paths paths = { .nr = 0 };
	PprofFile__Profile *p = profile_of(&paths);

	(void)state;
	assert_int_equal(p->n_sample, 0);
	assert_int_equal(p->n_sample_type, 1); /* without any a file is not valid */
	pprof_file__profile__free_unpacked(p, NULL);
}

static void many_and_long_paths(void **state)
{
	struct paths paths = { .nr = MANY_PATHS };
	PprofFile__Profile *p = profile_of(&paths);
	char *longest = malloc(2 * LONG_PATH);
	const char *const stacks[] = { "a", longest, "b;c" };
	uint64_t sum = 0;
	size_t i;

	(void)state;
	assert_int_equal(p->n_sample, MANY_PATHS);
	assert_int_equal(p->n_function, 2 * MANY_PATHS + 1);
	for (i = 0; i < p->n_sample; i++)
		sum += (uint64_t)p->sample[i]->value[0];
	assert_int_equal(sum, (uint64_t)MANY_PATHS * (MANY_PATHS + 1) / 2);
	pprof_file__profile__free_unpacked(p, NULL);
	assert_non_null(longest);
	for (i = 0; i < LONG_PATH; i++)
		memcpy(longest + 2 * i, i + 1 < LONG_PATH ? "x;" : "x", 2);
	p = profile_of(&(struct paths){ .stacks = stacks, .nr = 3 });
	assert_int_equal(p->sample[1]->n_location_id, LONG_PATH);
	assert_path(p, 2, "b 1;c 1");
	pprof_file__profile__free_unpacked(p, NULL);
	free(longest);
}

static int broken(void *ctx, struct cell *cells)
{
	(void)ctx;
	(void)cells;
	return -EIO;
}

static void errors(void **state)
{
	struct paths paths = { .nr = MANY_PATHS };
	struct report *report = report_of(&paths);
	struct output out = { .ops = &pprof_output, .stream = fopen("/dev/full", "w") };

	(void)state;
	assert_non_null(out.stream);
	assert_int_not_equal(pprof_output.report(&out, report), 0);
	report->sections[2].table.rows.next = broken;
	assert_int_equal(pprof_output.report(&out, report), -EIO);
	report->sections[2].table.nr_columns = 0;
	assert_int_equal(pprof_output.report(&out, report), -EINVAL);
	report->failed = true;
	assert_int_equal(pprof_output.report(&out, report), -ENOMEM);
	fclose(out.stream);
	report__free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_in_it),
		cmocka_unit_test(no_paths),
		cmocka_unit_test(many_and_long_paths),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests_name("pprof", tests, NULL, NULL);
}
