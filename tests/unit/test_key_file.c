/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers key_file.h: each form of line, text that has none, numbers that do not fit, files that are too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/kernel/key_file.h"

/* "key=number;" of each value that begins with a number, "key=;" of the others */
static void note(void *ctx, const struct key_value *entry)
{
	char *seen = ctx, *end = seen + strlen(seen);
	uint64_t number;

	end += sprintf(end, "%.*s=", (int)entry->key_len, entry->key);
	if (key_file__number(entry, 0, &number))
		end += sprintf(end, "%llu", (unsigned long long)number);
	strcpy(end, ";");
}

/* In memory that ends where the text does, so that reading on is noticed. */
static void expect(const char *text, size_t len, const char *expected)
{
	char seen[1024] = "", *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	key_file__each(copy, len, note, seen);
	assert_string_equal(seen, expected);
	free(copy);
}

#define EXPECT(text, expected) expect(text, sizeof(text) - 1, expected)

static void each_form(void **state)
{
	(void)state;
	EXPECT("pgfault 12\npgmajfault 3\n", "pgfault=12;pgmajfault=3;");
	EXPECT("MemFree:        1234 kB\nActive(anon):   5 kB\nHugePages_Free:    7\n",
	       "MemFree=1234;Active(anon)=5;HugePages_Free=7;");
	EXPECT("some avg10=1.25 total=99\nfull avg10=0.00 total=7\n",
	       "some avg10=1;some total=99;full avg10=0;full total=7;");
	EXPECT("last 4", "last=4;");
}

static void what_has_no_form_is_passed_over(void **state)
{
	(void)state;
	EXPECT("", "");
	EXPECT("\n\n\n", "");
	EXPECT("name", "");
	EXPECT("name \nname:\nname: \n 5\n: 5\n", "");
	EXPECT("name =5 a= b=6\n", "name =5;name a=;name b=6;");
	EXPECT("words no number\nminus -1\n", "words=;minus=;");
	/* a key that has a 0 is shown up to it */
	EXPECT("a\0b 1\n\0\0\0 2\nc 3\n", "a=1;=2;c=3;");
	EXPECT("\xff\xfe\x80 \x81\n\xff 9", "\xff\xfe\x80=;\xff=9;");
}

static void long_keys_of_fields_are_passed_over(void **state)
{
	char text[256];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 100, " a=1", 4);
	text[200] = '=';
	expect(text, sizeof(text), "");
}

static void expect_number(const char *text, unsigned int decimals, bool fits, uint64_t expected)
{
	const struct key_value entry = { .value = text, .value_len = strlen(text) };
	uint64_t number;

	assert_int_equal(key_file__number(&entry, decimals, &number), fits);
	if (fits)
		assert_true(number == expected);
}

static void numbers(void **state)
{
	(void)state;
	expect_number("18446744073709551615", 0, true, UINT64_MAX);
	expect_number("18446744073709551616", 0, false, 0);
	expect_number("99999999999999999999999999999", 0, false, 0);
	expect_number("12.34", 0, true, 12);
	expect_number("12.34", 2, true, 1234);
	expect_number("12.3", 2, true, 1230);
	expect_number("12.", 2, true, 1200);
	expect_number("12", 2, true, 1200);
	expect_number("12.3456", 2, true, 1234);
	expect_number("0.05", 2, true, 5);
	expect_number("184467440737095517", 2, false, 0);
	expect_number(".5", 2, false, 0);
	expect_number("", 0, false, 0);
	expect_number("x", 0, false, 0);
	expect_number("+1", 0, false, 0);
}

static void reads_from_the_begin_as_often_as_asked(void **state)
{
	char buf[16];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fputs("a 1\nb 2\n", file);
	fflush(file);
	assert_int_equal(key_file__read(fileno(file), buf, sizeof(buf)), 8);
	assert_int_equal(key_file__read(fileno(file), buf, sizeof(buf)), 8);
	assert_string_equal(buf, "a 1\nb 2\n");
	assert_int_equal(key_file__read(-1, buf, sizeof(buf)), -EBADF);
	fclose(file);
}

/* "b 23" that is cut would be "b 2". */
static void a_line_that_does_not_fit_is_left_out(void **state)
{
	char buf[8];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	fputs("a 1\nb 23\n", file);
	fflush(file);
	assert_int_equal(key_file__read(fileno(file), buf, sizeof(buf)), 4);
	assert_string_equal(buf, "a 1\n");
	assert_int_equal(key_file__read(fileno(file), buf, 3), 0);
	assert_string_equal(buf, "");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),
		cmocka_unit_test(what_has_no_form_is_passed_over),
		cmocka_unit_test(long_keys_of_fields_are_passed_over),
		cmocka_unit_test(numbers),
		cmocka_unit_test(reads_from_the_begin_as_often_as_asked),
		cmocka_unit_test(a_line_that_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
