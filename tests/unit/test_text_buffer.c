/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Text that grows: its parts, numbers as printf() and strtod() have them, what is left without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/base/text_buffer.h"

#define TEXT_MAX 64

/* Its text, which is there until the next call. */
static const char *text_of(struct text_buffer *text)
{
	static char copy[TEXT_MAX];

	assert_false(text->failed);
	assert_true(text->size < sizeof(copy));
	memcpy(copy, text->data, text->size);
	copy[text->size] = '\0';
	text_buffer__reset(text);
	return copy;
}

static void expect_double(double value, const char *expected)
{
	struct text_buffer text = { 0 };

	text_buffer__double(&text, value);
	assert_string_equal(text_of(&text), expected);
	text_buffer__free(&text);
}

static void expect_digits(uint64_t number, unsigned int least, const char *expected)
{
	struct text_buffer text = { 0 };

	text_buffer__digits(&text, number, least);
	assert_string_equal(text_of(&text), expected);
	text_buffer__free(&text);
}

static void digits(void **state)
{
	(void)state;
	expect_digits(0, 1, "0");
	expect_digits(0, 0, "0");
	expect_digits(7, 9, "000000007");
	expect_digits(1234567890, 9, "1234567890");
	expect_digits(UINT64_MAX, 1, "18446744073709551615");
	expect_digits(1, 99, "00000000000000000001");
}

static void numbers_that_are_known(void **state)
{
	(void)state;
	expect_double(0, "0");
	expect_double(-3, "-3");
	expect_double(NAN, "NaN");
	expect_double(INFINITY, "+Inf");
	expect_double(-INFINITY, "-Inf");
	expect_double(999999999999999.0, "999999999999999");
	expect_double(9007199254740991.0, "9007199254740991");
	expect_double(1e15, "1e+15");
	expect_double(0.1, "0.1");
	expect_double(1.000000001, "1.000000001");
	expect_double(0.0001, "0.0001");
	expect_double(1.024e-06, "1.024e-06");
	expect_double(34.359738368, "34.359738368");
	expect_double(999999.999999999, "999999.999999999");
	expect_double(1700000000.25, "1700000000.25");
	expect_double(-0.5, "-0.5");
	expect_double(0.1 + 0.2, "0.30000000000000004");
	expect_double(DBL_MIN, "2.2250738585072014e-308");
}

/* The fewest digits from 15 on that read back as the same, as printf() writes them. */
static void as_printf(double value, char *buf)
{
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(buf, TEXT_MAX, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			return;
	}
}

static uint64_t random_bits(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* The next number above or below one that is above 0. */
static double beside(double value, bool above)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	bits += above ? 1 : -1;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Times of any length in nanoseconds, numbers of any bits, and what lies beside a time. */
static void numbers_of_all_kinds(void **state)
{
	struct text_buffer text = { 0 };
	char expected[TEXT_MAX];
	double value;
	int i;

	(void)state;
	for (i = 0; i < 300000; i++) {
		uint64_t bits = random_bits();

		value = (double)((bits >> bits % 60) + 1) / 1e9;
		if (i % 3 == 1)
			value = beside(value, bits & 1);
		if (i % 3 == 2)
			memcpy(&value, &bits, sizeof(value));
		if (isnan(value) || isinf(value) || (fabs(value) < 1e15 && value == (double)(int64_t)value))
			continue;
		as_printf(value, expected);
		text_buffer__double(&text, value);
		assert_string_equal(text_of(&text), expected);
	}
	text_buffer__free(&text);
}

static void a_point_in_any_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
		puts("there is no locale de_DE.UTF-8 with a decimal comma");
		skip();
	}
	expect_double(0.1, "0.1");
	expect_double(0.1 + 0.2, "0.30000000000000004");
	setlocale(LC_NUMERIC, "C");
}

static void it_grows_and_is_written(void **state)
{
	struct text_buffer text = { 0 };
	char *written = NULL, line[16];
	size_t size, i, at = 0;
	FILE *stream = open_memstream(&written, &size);

	(void)state;
	for (i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "%05zu", i);
		text_buffer__string(&text, line);
		text_buffer__add(&text, "\n+", 1);
		if (i == 12345)
			assert_int_equal(text_buffer__write(&text, stream), 0);
	}
	assert_int_equal(text_buffer__write(&text, stream), 0);
	assert_int_equal(text_buffer__write(&text, stream), 0);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(size, 20000 * 6);
	for (i = 0; i < 20000; i++, at += 6)
		assert_int_equal(strtoul(written + at, NULL, 10), i);
	free(written);
	text_buffer__free(&text);
}

/* What cannot be had is no shorter text, but none. */
static void without_memory_nothing_is_written(void **state)
{
	struct text_buffer text = { 0 };
	char *written = NULL;
	size_t size;
	FILE *stream = open_memstream(&written, &size);

	(void)state;
	text_buffer__string(&text, "some");
	text.failed = true;
	text_buffer__string(&text, "more");
	assert_int_equal(text.size, 4);
	assert_int_equal(text_buffer__write(&text, stream), -ENOMEM);
	text_buffer__string(&text, "again");
	assert_int_equal(text_buffer__write(&text, stream), 0);
	fclose(stream);
	assert_string_equal(written, "again");
	free(written);
	text_buffer__free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits),
		cmocka_unit_test(numbers_that_are_known),
		cmocka_unit_test(numbers_of_all_kinds),
		cmocka_unit_test(a_point_in_any_locale),
		cmocka_unit_test(it_grows_and_is_written),
		cmocka_unit_test(without_memory_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
