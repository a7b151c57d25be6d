/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers units.h: durations and numbers from people, with everything that is
 * refused, and numbers for people at each change of unit or of decimals.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/units.h"

#define S 1000000000ULL

static void durations_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{ "1", S },
		{ "15s", 15 * S },
		{ "250ms", 250000000 },
		{ "2m", 120 * S },
		{ "1h", 3600 * S },
		{ "7us", 7000 },
		{ "1ns", 1 },
		{ "0.5", S / 2 },
		{ ".5s", S / 2 },
		{ "1.5h", 5400 * S },
		{ "0.1", S / 10 },
		{ "0.000000001", 1 },
		{ "1.9999999999999999999999ns", 1 },
		{ "0000000000000000000000000003s", 3 * S },
		{ "18446744073.709551615", UINT64_MAX },
		{ "1h30m", 5400 * S },
		{ "2m30s", 150 * S },
		{ "1h1m1s1ms1us1ns", 3661 * S + 1001001 },
		{ "1s500ms", 1500000000 },
		{ "1m0.5s", 60 * S + S / 2 },
		{ "0h1s", S },
		{ "18446744073709551615ns", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 0;

		assert_int_equal(parse_duration(rows[i].text, &ns), 0);
		assert_int_equal(ns, rows[i].ns);
	}
}

static void durations_refused(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "", -EINVAL },
		{ "s", -EINVAL },
		{ ".", -EINVAL },
		{ "5.", -EINVAL },
		{ "-1", -EINVAL },
		{ "+1", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 s", -EINVAL },
		{ "1s ", -EINVAL },
		{ "1w", -EINVAL },
		{ "1S", -EINVAL },
		{ "1,5", -EINVAL },
		{ "1.2.3", -EINVAL },
		{ "0x10", -EINVAL },
		{ "1e3", -EINVAL },
		{ "inf", -EINVAL },
		{ "0", -ERANGE },
		{ "0.0ms", -ERANGE },
		{ "0.9ns", -ERANGE },
		{ "1sm", -EINVAL },
		{ "1h30", -EINVAL },
		{ "30m1h", -EINVAL },
		{ "1m1m", -EINVAL },
		{ "1.5h30m", -EINVAL },
		{ "1h 30m", -EINVAL },
		{ "h30m", -EINVAL },
		{ "1h-30m", -EINVAL },
		{ "0h0m", -ERANGE },
		{ "5124095h9999999h", -EINVAL },
		{ "5124095h3600s", -ERANGE },
		{ "99999999999999999999", -ERANGE },
		{ "18446744073.709551616", -ERANGE },
		{ "9999999h", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t ns = 42;

		assert_int_equal(parse_duration(rows[i].text, &ns), rows[i].err);
		assert_int_equal(ns, 42);
	}
}

static void uints(void **state)
{
	uint64_t value = 42;

	(void)state;
	assert_int_equal(parse_uint("", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_uint("-1", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_uint("1 ", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_uint("1.0", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_uint("99999999999999999999x", 0, 10, &value), -EINVAL);
	assert_int_equal(parse_uint("11", 0, 10, &value), -ERANGE);
	assert_int_equal(parse_uint("0", 1, 10, &value), -ERANGE);
	assert_int_equal(parse_uint("18446744073709551616", 0, UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 42);
	assert_int_equal(parse_uint("18446744073709551615", 0, UINT64_MAX, &value), 0);
	assert_int_equal(value, UINT64_MAX);
	assert_int_equal(parse_uint("007", 0, 10, &value), 0);
	assert_int_equal(value, 7);
}

static void counts(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(format_count(buf, sizeof(buf), 0), "0");
	assert_string_equal(format_count(buf, sizeof(buf), 999), "999");
	assert_string_equal(format_count(buf, sizeof(buf), 1000), "1,000");
	assert_string_equal(format_count(buf, sizeof(buf), 3104882), "3,104,882");
	assert_string_equal(format_count(buf, sizeof(buf), UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(format_count(buf, 4, 3104882), "3,1");
}

#define CHECK(function, value, expected) assert_string_equal(function(buf, sizeof(buf), value), expected)

static void rates(void **state)
{
	char buf[64];

	(void)state;
	CHECK(format_rate, 0, "0.0");
	CHECK(format_rate, 0.01, "<0.1");
	CHECK(format_rate, 4.9, "4.9");
	CHECK(format_rate, 99.94, "99.9");
	CHECK(format_rate, 99.96, "100");
	CHECK(format_rate, 999.4, "999");
	CHECK(format_rate, 999.6, "1.0k");
	CHECK(format_rate, 61234, "61.2k");
	CHECK(format_rate, 999600, "1.0M");
	CHECK(format_rate, 1e21, "1000E");
	CHECK(format_rate, -61234, "-61.2k");
	CHECK(format_rate, NAN, "-");
	CHECK(format_rate, INFINITY, "inf");
	CHECK(format_rate, -INFINITY, "-inf");
}

static void bytes(void **state)
{
	char buf[64];

	(void)state;
	CHECK(format_bytes, 0, "0B");
	CHECK(format_bytes, 0.2, "<1B");
	CHECK(format_bytes, 1023, "1023B");
	CHECK(format_bytes, 1023.7, "1.00KiB");
	CHECK(format_bytes, 1024, "1.00KiB");
	CHECK(format_bytes, 9.994 * 1024, "9.99KiB");
	CHECK(format_bytes, 9.996 * 1024, "10.0KiB");
	CHECK(format_bytes, 250609664, "239MiB");
	CHECK(format_bytes, 1023.4 * 1024, "1023KiB");
	CHECK(format_bytes, 1023.6 * 1024, "1.00MiB");
	CHECK(format_bytes, 18446744073709551615.0, "16.0EiB");
	CHECK(format_bytes, -2048, "-2.00KiB");
	CHECK(format_bytes, NAN, "-");
	CHECK(format_bytes_rate, 250609664, "239MiB/s");
	CHECK(format_bytes_rate, 0.3, "<1B/s");
}

static void durations(void **state)
{
	char buf[64];

	(void)state;
	CHECK(format_duration, 0, "0s");
	CHECK(format_duration, 999, "999ns");
	CHECK(format_duration, 1000, "1.00us");
	CHECK(format_duration, 1024, "1.02us");
	CHECK(format_duration, 999400, "999us");
	CHECK(format_duration, 999500, "1.00ms");
	CHECK(format_duration, 520000000, "520ms");
	CHECK(format_duration, 1840000000, "1.84s");
	CHECK(format_duration, 41200000000, "41.2s");
	CHECK(format_duration, 59940000000, "59.9s");
	CHECK(format_duration, 59960000000, "1m00s");
	CHECK(format_duration, 101 * S, "1m41s");
	CHECK(format_duration, 3599 * S, "59m59s");
	CHECK(format_duration, 3600 * S, "1h00m");
	CHECK(format_duration, 22320 * S, "6h12m");
	CHECK(format_duration, 90000 * S, "1d01h");
	CHECK(format_duration, UINT64_MAX, "213503d23h");
}

static void shares(void **state)
{
	char buf[64];

	(void)state;
	CHECK(format_share, 0, "0.0%");
	CHECK(format_share, 0.0001, "<0.1%");
	CHECK(format_share, 0.045, "4.5%");
	CHECK(format_share, 0.9994, "99.9%");
	CHECK(format_share, 1, "100%");
	CHECK(format_share, 1.5, "150%");
	CHECK(format_share, NAN, "-");
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *spelled;
	} rows[] = {
		{ "0", 0, "0" },
		{ "1", 1, "1" },
		{ "64K", 65536, "64K" },
		{ "64k", 65536, "64K" },
		{ "64KiB", 65536, "64K" },
		{ "1024", 1024, "1K" },
		{ "1536K", 1572864, "1536K" },
		{ "16m", 16 << 20, "16M" },
		{ "3G", 3ULL << 30, "3G" },
		{ "7B", 7, "7" },
		{ "16777215M", 16777215ULL << 20, "16777215M" },
	};
	static const char *const bad[] = { "", "K", "-1", "1T", "1.5M", " 1", "1 K", "1KB", "x", "+1K" };
	uint64_t bytes;
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(parse_size(rows[i].text, &bytes), 0);
		assert_int_equal(bytes, rows[i].bytes);
		assert_string_equal(format_size(buf, sizeof(buf), bytes), rows[i].spelled);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parse_size(bad[i], &bytes), -EINVAL);
	assert_int_equal(parse_size("18446744073709551616", &bytes), -ERANGE);
	assert_int_equal(parse_size("17179869184G", &bytes), -ERANGE);
}

static void small_buffers(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_string_equal(format_bytes_rate(buf, 4, 250609664), "239");
	assert_string_equal(format_duration(buf, 1, 5), "");
	assert_string_equal(format_share(buf, 3, 0.5), "50");
	assert_string_equal(format_rate(buf, 3, 61234), "61");
	assert_int_equal(buf[4], 'x');
}

/* As parse_duration() reads it: 90 s is no whole number of minutes. */
static void durations_spelled(void **state)
{
	static const struct {
		uint64_t ns;
		const char *spelled;
	} rows[] = {
		{ 1, "1ns" },	   { 1500, "1500ns" }, { 7000, "7us" },	   { 10000000, "10ms" },
		{ 90 * S, "90s" }, { 120 * S, "2m" },  { 3600 * S, "1h" }, { 8760 * 3600 * S, "8760h" },
	};
	uint64_t ns;
	char buf[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_string_equal(spell_duration(buf, sizeof(buf), rows[i].ns), rows[i].spelled);
		assert_int_equal(parse_duration(buf, &ns), 0);
		assert_int_equal(ns, rows[i].ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_read),
		cmocka_unit_test(durations_refused),
		cmocka_unit_test(uints),
		cmocka_unit_test(counts),
		cmocka_unit_test(rates),
		cmocka_unit_test(bytes),
		cmocka_unit_test(durations_spelled),
		cmocka_unit_test(durations),
		cmocka_unit_test(shares),
		cmocka_unit_test(small_buffers),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
