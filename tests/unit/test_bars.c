// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/screen/bars.h"

static void sparks(void **state)
{
	const float values[] = { -1, 0, 1, 50, 100 };
	char text[BARS_SIZE(5)];

	assert_string_equal(bars__spark(text, values, 5, 0, true), "  ▁▄█");
	assert_string_equal(bars__spark(text, values, 5, 0, false), "  .-#");
	/* beside another most; what is above it is as high as can be */
	assert_string_equal(bars__spark(text, values, 5, 50, true), "  ▁██");
	assert_string_equal(bars__spark(text, values, 2, 0, true), "  ");
}

static void bars(void **state)
{
	const double marks[] = { 0.5, -1, 2 };
	char text[BARS_SIZE(10)];

	assert_string_equal(bars__bar(text, 10, 0.3, 0, NULL, 0, false), "###.......");
	assert_string_equal(bars__bar(text, 10, 0.3, 0.6, NULL, 0, false), "###===....");
	assert_string_equal(bars__bar(text, 10, 2, 0, NULL, 0, false), "##########");
	assert_string_equal(bars__bar(text, 10, -1, 0, marks, 3, false), ".....|....");
	assert_string_equal(bars__bar(text, 3, 0.34, 0.6, NULL, 0, true), "█▒░");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sparks), cmocka_unit_test(bars) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
