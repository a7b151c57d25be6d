/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers sanitise.h and log.h: hostile names (escape sequences, control
 * characters, bytes that are not UTF-8 in each way there is, characters that
 * change direction), buffers of every size, and columns on a terminal.
 */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/log.h"
#include "../../user/base/sanitise.h"

struct row {
	const char *text, *safe;
};

static void terminal(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "kworker/0:1-events", "kworker/0:1-events" },
		{ "\033[2J\033]0;x\007", "\\x1b[2J\\x1b]0;x\\x07" },
		{ "a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd" },
		{ "\x7f", "\\x7f" },
		{ "a\\x1b", "a\\x5cx1b" },
		{ "\"'$`", "\"'$`" },
		{ "na\xc3\xafve \xe6\x97\xa5 \xf0\x9f\x92\xa5", "na\xc3\xafve \xe6\x97\xa5 \xf0\x9f\x92\xa5" },
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m" }, /* C1: CSI in one character */
		{ "\x9b"
		  "31m",
		  "\\x9b31m" },					/* the same as a byte */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },		/* U+202E */
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },		/* U+2028 */
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },		/* U+2066 */
		{ "\xe2\x80\x8f", "\\xe2\\x80\\x8f" },		/* U+200F */
		{ "\xd8\x9c", "\\xd8\\x9c" },			/* U+061C */
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },		/* U+FEFF */
		{ "\xc2\xad", "\\xc2\\xad" },			/* a soft hyphen */
		{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b" },		/* U+200B */
		{ "\xe2\x81\xa0", "\\xe2\\x81\\xa0" },		/* U+2060 */
		{ "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81" }, /* a tag */
		{ "\xe2\x80\x8d", "\xe2\x80\x8d" },		/* U+200D joins, and is let pass */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[128];

		assert_string_equal(sanitise_terminal(buf, sizeof(buf), rows[i].text), rows[i].safe);
	}
}

/* For labels: the same characters, but for the backslash, which the format escapes. */
static void visible(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "a\\x2db", "a\\x2db" },
		{ "\033[31m\n\x7f", "\\x1b[31m\\x0a\\x7f" },
		{ "\xc2\x9b\xe2\x80\xae\xff", "\\xc2\\x9b\\xe2\\x80\\xae\\xff" },
		{ "na\xc3\xafve", "na\xc3\xafve" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *copy = sanitise_visible_dup(rows[i].text);

		assert_string_equal(copy, rows[i].safe);
		free(copy);
	}
}

#define BAD "\xef\xbf\xbd"

static void not_utf8(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\033\n\"\\", "\033\n\"\\" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\xff", BAD },
		{ "\x80", BAD },
		{ "a\xc3", "a" BAD }, /* cut in the middle of a character */
		{ "a\xe6\x97", "a" BAD BAD },
		{ "\xf0\x9f\x92"
		  "z",
		  BAD BAD BAD "z" },
		{ "\xc0\xaf", BAD BAD }, /* overlong '/' */
		{ "\xe0\x80\xaf", BAD BAD BAD },
		{ "\xf0\x80\x80\xaf", BAD BAD BAD BAD },
		{ "\xed\xa0\x80", BAD BAD BAD },	    /* a surrogate */
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" },	    /* the character before surrogates */
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" }, /* the last there is */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD },
		{ "\xf8\x88\x80\x80\x80", BAD BAD BAD BAD BAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[128];
		char *copy = sanitise_utf8_dup(rows[i].text);

		assert_string_equal(sanitise_utf8(buf, sizeof(buf), rows[i].text), rows[i].safe);
		assert_string_equal(copy, rows[i].safe);
		free(copy);
	}
}

/* Every size of buffer, in memory of exactly that size, so that ASan sees one byte too many. */
static void buffers(void **state)
{
	static const char text[] = "ab\xc3\xa9\033\xff";
	/* How much is whole at each size, NUL included. */
	static const size_t lens[] = { 0, 0, 1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12 };

	(void)state;
	for (size_t size = 1; size < sizeof(lens) / sizeof(lens[0]); size++) {
		char *buf = malloc(size);

		sanitise_terminal(buf, size, text);
		assert_int_equal(strlen(buf), lens[size]);
		sanitise_utf8(buf, size, text);
		assert_true(strlen(buf) < size);
		free(buf);
	}
	assert_null(sanitise_terminal(NULL, 0, text));
}

static void every_pair_of_bytes(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 0x10000; i++) {
		char text[3] = { (char)(i >> 8 ? i >> 8 : 'a'), (char)i, '\0' };
		char safe[16], valid[16], again[16];

		sanitise_terminal(safe, sizeof(safe), text);
		for (const char *p = safe; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		sanitise_utf8(valid, sizeof(valid), text);
		assert_string_equal(sanitise_utf8(again, sizeof(again), valid), valid);
	}
}

static void columns(void **state)
{
	size_t taken;

	(void)state;
	setlocale(LC_ALL, "C");
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("na\xc3\xafve"), 5);
	assert_int_equal(text_width("\xe6\x97\xa5"), 2);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_prefix("abc", 2, &taken), 2);
	assert_int_equal(taken, 2);
	assert_int_equal(text_prefix("\xe6\x97\xa5\xe6\x97\xa5", 3, &taken), 3);
	assert_int_equal(taken, 2);
	assert_int_equal(text_prefix("e\xcc\x81x", 1, &taken), 3);
	assert_int_equal(text_prefix("abc", 0, &taken), 0);
}

/* What a function writes to stderr. */
static char *captured(void (*speak)(void))
{
	static char buf[32768];
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	size_t len;

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	speak();
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(buf, 1, sizeof(buf) - 1, file);
	buf[len] = '\0';
	fclose(file);
	return buf;
}

static void speak_hostile(void)
{
	log_error("cannot attach to \"%s\": %s", "evil\n\033[31m\xff", "no");
}

static void speak_all(void)
{
	errno = EBUSY;
	log_warn("careful");
	assert_int_equal(errno, EBUSY);
	log_note("by the way");
	log_debug("%s", "unseen");
	log__set_verbose(true);
	log_debug("seen");
	log__set_verbose(false);
}

static void speak_long(void)
{
	static char text[20000];

	memset(text, '\033', sizeof(text) - 1);
	log_error("%s", text);
}

static void log_lines(void **state)
{
	const char *line;

	(void)state;
	assert_string_equal(captured(speak_hostile), "memtrace: cannot attach to \"evil\\x0a\\x1b[31m\\xff\": no\n");
	assert_string_equal(captured(speak_all), "memtrace: warning: careful\n"
						 "memtrace: by the way\n"
						 "memtrace: debug: seen\n");
	line = captured(speak_long);
	assert_non_null(strchr(line, '\n'));
	assert_null(strchr(line, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal),
		cmocka_unit_test(visible),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(buffers),
		cmocka_unit_test(every_pair_of_bytes),
		cmocka_unit_test(columns),
		cmocka_unit_test(log_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
