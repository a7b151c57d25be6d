// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Pages of top: lines that do not fit go on below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/base/sanitise.h"
#include "../../user/top/lines.h"

static struct top_lines lines, wrapped;

static int end(void **state)
{
	(void)state;
	top_lines__clear(&lines);
	top_lines__clear(&wrapped);
	return 0;
}

static void expect(size_t i, const char *text)
{
	assert_in_range(i, 0, wrapped.nr - 1);
	assert_string_equal(wrapped.list[i].text, text);
}

static void at_spaces(void **state)
{
	(void)state;
	top_lines__add(&lines, STYLE_STRONG, "%s", "as it is");
	top_lines__add(&lines, STYLE_WARN, "%s", "  one two  three four");
	top_lines__add(&lines, STYLE_PLAIN, "%s", "");
	top_lines__wrap(&wrapped, &lines, 10);
	assert_int_equal(wrapped.nr, 5);
	expect(0, "as it is");
	expect(1, "  one two");
	expect(2, "    three");
	expect(3, "    four");
	expect(4, "");
	assert_int_equal(wrapped.list[3].style, STYLE_WARN);
	/* each time anew */
	top_lines__wrap(&wrapped, &lines, 80);
	assert_int_equal(wrapped.nr, 3);
}

static void hangs(void **state)
{
	(void)state;
	lines.hang = 7;
	top_lines__add(&lines, STYLE_PLAIN, "  %-4s %s", "k", "aaaa bbbb cc");
	lines.hang = TOP_NO_WRAP;
	top_lines__add(&lines, STYLE_PLAIN, "%s", "a table, which is cut");
	top_lines__wrap(&wrapped, &lines, 14);
	assert_int_equal(wrapped.nr, 3);
	expect(0, "  k    aaaa");
	expect(1, "       bbbb cc");
	expect(2, "a table, which is cut");
}

/* Words that are longer than a line; characters of two columns, and such as are shown as an escape. */
static void long_words(void **state)
{
	size_t i;

	(void)state;
	top_lines__add(&lines, STYLE_PLAIN, "%s", "/a/long/path");
	top_lines__add(&lines, STYLE_PLAIN, "%s", "中文中文中");
	top_lines__add(&lines, STYLE_PLAIN, "%s", "a\x1b\x1b\xffz");
	top_lines__wrap(&wrapped, &lines, 7);
	expect(0, "/a/long");
	expect(1, "  /path");
	expect(2, "中文中");
	expect(3, "  文中");
	for (i = 0; i < wrapped.nr; i++) {
		char safe[64];

		assert_in_range(text_width(sanitise_terminal(safe, sizeof(safe), wrapped.list[i].text)), 0, 7);
	}
	/* no room at all: it ends nevertheless */
	top_lines__wrap(&wrapped, &lines, 1);
	top_lines__wrap(&wrapped, &lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(at_spaces, end),
		cmocka_unit_test_teardown(hangs, end),
		cmocka_unit_test_teardown(long_words, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
