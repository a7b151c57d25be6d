// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The lines above the table of top. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/top/app_impl.h"

#define MIB (1024.0 * 1024)

/* Both parts of the line of reclaim fit, as long as its numbers may be. */
static void reclaim_fits(void **state)
{
	static const unsigned int widths[] = { 80, 100, 124, 125, 200 };
	static const double rates[][2] = { { 41 * MIB, 3 * MIB },
					   { 1023 * MIB, 1023 * MIB },
					   { 1023.4 * 1024, 1000.1 * 1024 },
					   { 9.99 * 1024 * MIB, 0 },
					   { 1000 * MIB, 123.4 * 1024 } };
	char text[128], line[512];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(widths) / sizeof(*widths); i++)
		for (k = 0; k < sizeof(rates) / sizeof(*rates); k++) {
			top_header__reclaim(text, sizeof(text), rates[k][0], rates[k][1], widths[i]);
			snprintf(line, sizeof(line), "kswapd  %s  direct reclaim %s", text, text);
			assert_in_range(strlen(line), 1, widths[i]);
		}
}

static void reclaim_says(void **state)
{
	char text[128];

	(void)state;
	top_header__reclaim(text, sizeof(text), 40 * MIB, 10 * MIB, 200);
	assert_string_equal(text, "scanned 40.0MiB/s, got back 10.0MiB/s (25.0%)");
	top_header__reclaim(text, sizeof(text), 40 * MIB, 10 * MIB, 80);
	assert_string_equal(text, "scans 40.0MiB/s, got 25.0%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reclaim_fits),
		cmocka_unit_test(reclaim_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
