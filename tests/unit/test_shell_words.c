/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers shell_words.h: what a shell makes of the words is what they were made of, and a buffer of each size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/shell_words.h"

struct row {
	const char *arguments; /* without the last 0 */
	size_t len;	       /* that one included */
	const char *words;
};

#define ROW(arguments, words)                                                                                          \
	{                                                                                                              \
		arguments, sizeof(arguments), words                                                                    \
	}

static const struct row rows[] = {
	ROW("memtrace", "memtrace"),
	ROW("build/memtrace\0stat\0-d\0"
	    "1.5\0--sample=1/7",
	    "build/memtrace stat -d 1.5 --sample=1/7"),
	ROW("m\0\0x", "m '' x"),
	ROW("m\0a b", "m 'a b'"),
	ROW("m\0it's", "m 'it'\\''s'"),
	ROW("m\0'", "m ''\\'''"),
	ROW("m\0$(id)\0*\0~\0a;b\0#", "m '$(id)' '*' '~' 'a;b' '#'"),
	ROW("m\0a\nb\t\xc3\xa4", "m 'a\nb\t\xc3\xa4'"),
};

static void quotes(void **state)
{
	char buf[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(shell_words(buf, sizeof(buf), rows[i].arguments, rows[i].len));
		assert_string_equal(buf, rows[i].words);
	}
}

/* The shell's own view: printf prints each argument in brackets. */
static void as_a_shell_reads_them(void **state)
{
	char buf[128], line[256], read[256] = "", expected[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *word, *end = rows[i].arguments + rows[i].len;
		size_t at = 0, len;
		FILE *shell;

		assert_true(shell_words(buf, sizeof(buf), rows[i].arguments, rows[i].len));
		snprintf(line, sizeof(line), "printf '[%%s]' %s", buf);
		shell = popen(line, "r");
		assert_non_null(shell);
		len = fread(read, 1, sizeof(read) - 1, shell);
		read[len] = '\0';
		assert_int_equal(pclose(shell), 0);
		for (word = rows[i].arguments; word < end; word += strlen(word) + 1)
			at += (size_t)snprintf(expected + at, sizeof(expected) - at, "[%s]", word);
		assert_string_equal(read, expected);
	}
}

static void fits_or_is_empty(void **state)
{
	static const char arguments[] = "m\0a b", words[] = "m 'a b'";
	char buf[16];

	(void)state;
	for (size_t size = 1; size < sizeof(buf); size++) {
		assert_int_equal(shell_words(buf, size, arguments, sizeof(arguments)), size >= sizeof(words));
		assert_string_equal(buf, size >= sizeof(words) ? words : "");
	}
	assert_false(shell_words(buf, sizeof(buf), arguments, 0));
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes),
		cmocka_unit_test(as_a_shell_reads_them),
		cmocka_unit_test(fits_or_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
