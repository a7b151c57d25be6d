/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers function_ranges.h on files that are made up here, broken ones among them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/kernel/function_ranges.h"

struct name {
	char name[MT_FUNCTION_LEN];
};

static const struct name names[] = { { "try_charge" }, { "kcompactd" }, { "a_name_of_thirty-one_characters" } };
static const uint32_t values[] = { MT_STALL_MEMCG, MT_CLASS_KCOMPACTD, MT_CLASS_ALLOC };
static const struct map_content classes = {
	.keys = names,
	.key_size = sizeof(*names),
	.values = values,
	.value_size = sizeof(*values),
	.nr = 3,
};

#define RANGES 8

/* What was found in a file with that text. */
struct found {
	struct mt_stall_range ranges[RANGES];
	int nr;
};

static struct found read_bytes(const char *text, size_t len, int max)
{
	char path[] = "/tmp/memtrace-function-ranges-XXXXXX";
	struct found found = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	found.nr = function_ranges__read(path, &classes, found.ranges, max);
	unlink(path);
	return found;
}

static struct found read_text(const char *text)
{
	return read_bytes(text, strlen(text), RANGES);
}

static void expect_range(const struct mt_stall_range *range, uint64_t begin, uint64_t end, uint32_t class,
			 const char *function)
{
	assert_int_equal(range->begin, begin);
	assert_int_equal(range->end, end);
	assert_int_equal(range->site.class, class);
	assert_int_equal(range->site.calls, 0);
	assert_string_equal(range->site.function, function);
}

/* Each ends where the next symbol begins, whatever that is. */
static void finds_functions(void **state)
{
	struct found found = read_text("ffffffff81000000 T _stext\n"
				       "ffffffff81001000 t try_charge\n"
				       "ffffffff81001a00 T kcompactd\n"
				       "ffffffff81002000 t other\n"
				       "ffffffff81003000 t nobody\n");

	(void)state;
	assert_int_equal(found.nr, 2);
	expect_range(&found.ranges[0], 0xffffffff81001000, 0xffffffff81001a00, MT_STALL_MEMCG, "try_charge");
	expect_range(&found.ranges[1], 0xffffffff81001a00, 0xffffffff81002000, MT_CLASS_KCOMPACTD, "kcompactd");
}

/* Only what compilers and the kernel put around a name is taken off. */
static void decorated_names(void **state)
{
	struct found found = read_text("1000 t __try_charge\n"
				       "2000 t try_charge.constprop.0\n"
				       "3000 t __try_charge.isra.0.cold\n"
				       "4000 t ___try_charge\n"
				       "5000 t _try_charge\n"
				       "6000 t try_charge_memcg\n"
				       "7000 t try_charg\n"
				       "8000 t .try_charge\n"
				       "9000 t a_name_of_thirty-one_characters\n"
				       "a000 t a_name_of_thirty-one_characters_\n"
				       "b000 t end\n");

	(void)state;
	assert_int_equal(found.nr, 4);
	expect_range(&found.ranges[0], 0x1000, 0x2000, MT_STALL_MEMCG, "try_charge");
	expect_range(&found.ranges[1], 0x2000, 0x3000, MT_STALL_MEMCG, "try_charge");
	expect_range(&found.ranges[2], 0x3000, 0x4000, MT_STALL_MEMCG, "try_charge");
	expect_range(&found.ranges[3], 0x9000, 0xa000, MT_CLASS_ALLOC, "a_name_of_thirty-one_characters");
}

/* An alias at the same address does not end a function. */
static void aliases(void **state)
{
	struct found found = read_text("1000 t __pfx_kcompactd\n"
				       "1010 t kcompactd\n"
				       "1010 t alias\n"
				       "1010 T another\n"
				       "1800 t next\n");

	(void)state;
	assert_int_equal(found.nr, 1);
	expect_range(&found.ranges[0], 0x1010, 0x1800, MT_CLASS_KCOMPACTD, "kcompactd");
}

/* Where no other symbol follows nothing is known of the end: no address is in it. */
static void last_one_has_no_end(void **state)
{
	struct found found = read_text("1000 t try_charge\n2000 t kcompactd");

	(void)state;
	assert_int_equal(found.nr, 2);
	expect_range(&found.ranges[0], 0x1000, 0x2000, MT_STALL_MEMCG, "try_charge");
	expect_range(&found.ranges[1], 0x2000, 0, MT_CLASS_KCOMPACTD, "kcompactd");
}

/* Symbols that lie elsewhere, as those of modules may, do not end a function. */
static void lower_addresses(void **state)
{
	struct found found = read_text("2000 t kcompactd\n1000 t elsewhere\t[module]\n3000 t next\n");

	(void)state;
	assert_int_equal(found.nr, 1);
	expect_range(&found.ranges[0], 0x2000, 0x3000, MT_CLASS_KCOMPACTD, "kcompactd");
}

/* What kernel.kptr_restrict hides is 0; so are some symbols that are no functions. */
static void hidden_addresses(void **state)
{
	struct found found = read_text("0000000000000000 T try_charge\n0000000000000000 T kcompactd\n");

	(void)state;
	assert_int_equal(found.nr, -EACCES);
	assert_int_equal(found.ranges[0].begin, 0);
	found = read_text("0000000000000000 A fixed_percpu_data\n0000000000000000 T try_charge\n1000 T kcompactd\n");
	assert_int_equal(found.nr, 1);
	assert_int_equal(found.ranges[0].begin, 0x1000);
}

static void nothing_there(void **state)
{
	struct mt_stall_range ranges[RANGES];

	(void)state;
	assert_int_equal(read_text("").nr, 0);
	assert_int_equal(read_text("1000 T other\n").nr, 0);
	assert_int_equal(function_ranges__read("/no such file", &classes, ranges, RANGES), -ENOENT);
	assert_int_equal(function_ranges__read("/tmp", &classes, ranges, RANGES), 0);
}

/* Lines of another form are passed over. */
static void broken_lines(void **state)
{
	static const char zeros[] = "1000 t try_charge\0 hidden\n\0\0\0\n2000 t next\n";
	struct found found = read_text("\n"
				       " \n"
				       "try_charge\n"
				       "1000\n"
				       "1000 \n"
				       "1000 t\n"
				       "1000 t \n"
				       "1000 ttry_charge\n"
				       "1000\tt\ttry_charge\n"
				       "xyz t try_charge\n"
				       "1000t try_charge\n"
				       "1000 try_charge\n"
				       "ffffffffffffffffffffffff t try_charge\n"
				       "\xff\xfe t try_charge\n");

	(void)state;
	/* more digits than an address has: the greatest one, which nothing ends */
	assert_int_equal(found.nr, 1);
	expect_range(&found.ranges[0], UINT64_MAX, 0, MT_STALL_MEMCG, "try_charge");
	found = read_bytes(zeros, sizeof(zeros) - 1, RANGES);
	assert_int_equal(found.nr, 1);
	expect_range(&found.ranges[0], 0x1000, 0x2000, MT_STALL_MEMCG, "try_charge");
}

/* Names of modules' symbols can fill a line; what is cut off is no line of its own, nor lost is what follows. */
static void long_lines(void **state)
{
	char text[8192];
	size_t len;
	struct found found;

	(void)state;
	for (len = 480; len < 540; len++) {
		snprintf(text, sizeof(text),
			 "1000 t try_charge\n1800 t %0*d_try_charge\t[module]\n2000 t kcompactd\n3000 t end\n",
			 (int)len, 7);
		found = read_text(text);
		assert_int_equal(found.nr, 2);
		expect_range(&found.ranges[0], 0x1000, 0x1800, MT_STALL_MEMCG, "try_charge");
		expect_range(&found.ranges[1], 0x2000, 0x3000, MT_CLASS_KCOMPACTD, "kcompactd");
	}
	snprintf(text, sizeof(text), "%07000d t try_charge\n2000 t kcompactd\n3000 t end\n", 9);
	found = read_text(text);
	assert_int_equal(found.ranges[found.nr - 1].begin, 0x2000);
	assert_int_equal(found.ranges[found.nr - 1].end, 0x3000);
}

/* The last of the ranges stays empty: it ends the list. */
static void more_than_fit(void **state)
{
	static const struct mt_stall_range empty;
	char text[4096] = "";
	struct found found;
	size_t len = 0;
	int i;

	(void)state;
	for (i = 1; i <= 40; i++)
		len += snprintf(text + len, sizeof(text) - len, "%x t try_charge.part.%d\n", i * 0x1000, i);
	found = read_bytes(text, len, 4);
	assert_int_equal(found.nr, 3);
	expect_range(&found.ranges[2], 0x3000, 0x4000, MT_STALL_MEMCG, "try_charge");
	for (i = 3; i < RANGES; i++)
		assert_memory_equal(&found.ranges[i], &empty, sizeof(empty));
	found = read_bytes(text, len, 1);
	assert_int_equal(found.nr, 0);
	assert_int_equal(found.ranges[0].begin, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_functions), cmocka_unit_test(decorated_names),
		cmocka_unit_test(aliases),	   cmocka_unit_test(last_one_has_no_end),
		cmocka_unit_test(lower_addresses), cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(nothing_there),   cmocka_unit_test(broken_lines),
		cmocka_unit_test(long_lines),	   cmocka_unit_test(more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
