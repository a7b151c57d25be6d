// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Cells as people read them: each kind of cell in each unit, what is unknown, moments, and hostile strings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/report/cell_text.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

struct expected {
	enum unit unit;
	struct cell cell;
	const char *text;
};

static void expect(struct cell_text *text, enum unit unit, struct cell cell, const char *expected)
{
	assert_string_equal(cell_text__format(text, &(struct column){ .unit = unit }, &cell), expected);
	assert_int_equal(text->error, 0);
}

static void expect_all(const struct expected *rows, size_t nr)
{
	struct cell_text text = { 0 };
	size_t i;

	for (i = 0; i < nr; i++)
		expect(&text, rows[i].unit, rows[i].cell, rows[i].text);
	free(text.buf);
}

static void whole_numbers(void **state)
{
	const struct expected rows[] = {
		{ UNIT_NONE, cell_uint(1234567), "1234567" },
		{ UNIT_ORDER, cell_uint(9), "9" },
		{ UNIT_COUNT, cell_uint(1234567), "1,234,567" },
		{ UNIT_PAGES, cell_uint(4096), "4,096" },
		{ UNIT_BYTES, cell_uint(2048), "2.00KiB" },
		{ UNIT_NS, cell_uint(1500000), "1.50ms" },
		{ UNIT_TIME, cell_uint(12345678901), "12.345678" },
		{ UNIT_DATE, cell_uint(12345678901), "12.345678" },
		{ UNIT_COUNT_PER_SECOND, cell_uint(61200), "61.2k" },
		{ UNIT_BYTES_PER_SECOND, cell_uint(2048), "2.00KiB/s" },
		{ UNIT_SHARE, cell_uint(1), "100%" },
		{ UNIT_COUNT, cell_uint(UINT64_MAX), "18,446,744,073,709,551,615" },
	};

	(void)state;
	expect_all(rows, NR(rows));
}

static void negative_numbers(void **state)
{
	const struct expected rows[] = {
		{ UNIT_NONE, cell_int(-5), "-5" },
		{ UNIT_COUNT, cell_int(-1234), "-1,234" },
		{ UNIT_COUNT, cell_int(INT64_MIN), "-9,223,372,036,854,775,808" },
		{ UNIT_NS, cell_int(-1500000), "-1.50ms" },
		{ UNIT_COUNT, cell_int(1234), "1,234" },
		{ UNIT_NS, cell_real(-1500000), "-1.50ms" },
		{ UNIT_NONE, cell_real(-0.5), "-0.5" },
	};

	(void)state;
	expect_all(rows, NR(rows));
}

/* What is beyond all numbers is said too; what is none is unknown. */
static void real_numbers(void **state)
{
	const struct expected rows[] = {
		{ UNIT_NONE, cell_real(0.123456), "0.1235" },
		{ UNIT_COUNT, cell_real(2.5), "2.5" },
		{ UNIT_PAGES, cell_real(2.5), "2.5" },
		{ UNIT_BYTES, cell_real(1536), "1.50KiB" },
		{ UNIT_NS, cell_real(1500000.4), "1.50ms" },
		{ UNIT_NS, cell_real(1e30), "213503d23h" },
		{ UNIT_COUNT_PER_SECOND, cell_real(0.26), "0.3" },
		{ UNIT_BYTES_PER_SECOND, cell_real(2048), "2.00KiB/s" },
		{ UNIT_SHARE, cell_real(0.045), "4.5%" },
		{ UNIT_SHARE, cell_real(NAN), "-" },
		{ UNIT_COUNT, cell_real(INFINITY), "inf" },
		{ UNIT_NS, cell_real(-INFINITY), "-inf" },
	};

	(void)state;
	expect_all(rows, NR(rows));
}

static void other_kinds(void **state)
{
	const struct histogram histogram = { 0 };
	const struct expected rows[] = {
		{ UNIT_NS, cell_none(), "-" },
		{ UNIT_NONE, cell_string(NULL), "-" },
		{ UNIT_NONE, cell_string(""), "" },
		{ UNIT_NONE, cell_histogram(&histogram), "-" },
		{ UNIT_NONE, cell_bool(true), "yes" },
		{ UNIT_NONE, cell_bool(false), "no" },
		{ UNIT_NONE, cell_address(0xffffffff81000000), "0xffffffff81000000" },
		{ UNIT_NONE, cell_address(0), "0x0" },
	};

	(void)state;
	expect_all(rows, NR(rows));
}

/* The time of day where the clocks are known; 1970 began at midnight. */
static void moments(void **state)
{
	const int64_t ahead = 3600000000000, behind = -1000000000;
	struct cell_text text = { .wall_offset_ns = &ahead };

	(void)state;
	setenv("TZ", "UTC", 1);
	expect(&text, UNIT_TIME, cell_uint(61234567890), "01:01:01.234");
	expect(&text, UNIT_TIME, cell_real(61234567890), "01:01:01.234");
	expect(&text, UNIT_DATE, cell_uint(61234567890), "1970-01-01 01:01:01");
	expect(&text, UNIT_NS, cell_uint(61000000000), "1m01s");
	text.wall_offset_ns = &behind;
	expect(&text, UNIT_TIME, cell_uint(61234567890), "00:01:00.234");
	free(text.buf);
}

/* Nothing of a name gets at the terminal, however long it is. */
static void hostile_strings(void **state)
{
	struct cell_text text = { 0 };
	char name[300], expected[4 * sizeof(name)] = "";
	size_t i;

	(void)state;
	expect(&text, UNIT_NONE, cell_string("\x1b[31m\n"), "\\x1b[31m\\x0a");
	expect(&text, UNIT_NONE, cell_string("\xff\xc3\xa9"), "\\xff\xc3\xa9");
	assert_string_equal(cell_text__safe(&text, "a\tb"), "a\\x09b");
	memset(name, 1, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < sizeof(name) - 1; i++)
		strcpy(expected + 4 * i, "\\x01");
	expect(&text, UNIT_NONE, cell_string(name), expected);
	free(text.buf);
}

static const char *word(struct cell_text *text, enum unit unit, struct cell cell)
{
	return cell_text__word(text, &(struct column){ .unit = unit }, &cell);
}

/* A sentence has no header that names the unit. */
static void words(void **state)
{
	struct cell_text text = { 0 };

	(void)state;
	assert_string_equal(word(&text, UNIT_PAGES, cell_uint(1)), "1 page");
	assert_string_equal(word(&text, UNIT_PAGES, cell_uint(0)), "0 pages");
	assert_string_equal(word(&text, UNIT_PAGES, cell_uint(1234)), "1,234 pages");
	assert_string_equal(word(&text, UNIT_PAGES, cell_none()), "-");
	assert_string_equal(word(&text, UNIT_PAGES, cell_string("all")), "all");
	assert_string_equal(word(&text, UNIT_COUNT, cell_uint(2)), "2");
	free(text.buf);
}

static void zeros(void **state)
{
	const struct cell zero[] = { cell_none(), cell_uint(0), cell_int(0), cell_real(0), cell_real(NAN) };
	const struct cell other[] = { cell_uint(1),	cell_int(-1),	  cell_real(0.1),
				      cell_string("0"), cell_bool(false), cell_address(0) };
	size_t i;

	(void)state;
	for (i = 0; i < NR(zero); i++)
		assert_true(cell__is_zero(&zero[i]));
	for (i = 0; i < NR(other); i++)
		assert_false(cell__is_zero(&other[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers), cmocka_unit_test(negative_numbers),
		cmocka_unit_test(real_numbers),	 cmocka_unit_test(other_kinds),
		cmocka_unit_test(moments),	 cmocka_unit_test(hostile_strings),
		cmocka_unit_test(words),	 cmocka_unit_test(zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
