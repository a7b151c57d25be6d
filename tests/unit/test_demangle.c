/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers demangle.h: names of C++ and of both kinds of Rust, what is none, what does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/symbols/demangle.h"

static void names(void **state)
{
	static const char *const rows[][2] = {
		{ "_ZN4node5StartEiPPc", "node::Start" },
		{ "_ZN8Runtime114new_type_arrayEP10JavaThreadP5Klassi", "Runtime1::new_type_array" },
		{ "_ZNKSt6vectorIiSaIiEE4sizeEv", "std::vector<int, std::allocator<int> >::size" },
		{ "_ZN4core3ptr13drop_in_place17h0123456789abcdefE", "core::ptr::drop_in_place" },
		{ "_RNvCs1234_7mycrate3foo", "mycrate::foo" },
		{ "main", "main" },
		{ "__memset_avx512_unaligned_erms", "__memset_avx512_unaligned_erms" },
		{ "_Z", "_Z" },
		{ "_R", "_R" },
		{ "_ZN4node", "_ZN4node" },
		{ "_Z\xff\x01", "_Z\xff\x01" },
		{ "", "" },
	};
	char buf[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(demangle(rows[i][0], buf, sizeof(buf)), rows[i][1]);
}

static void what_does_not_fit_is_cut(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(demangle("_ZN4node5StartEiPPc", buf, sizeof(buf)), "node::S");
	assert_string_equal(demangle("_ZN4node5StartEiPPc", buf, 1), "_ZN4node5StartEiPPc");
	assert_string_equal(demangle("_ZN4node5StartEiPPc", buf, 0), "_ZN4node5StartEiPPc");
}

/* Each pair stands for the one before it twice: 2^40 characters.  It ends, and takes no more than buf. */
static void a_bomb(void **state)
{
	char name[1024] = "_Z1fI", buf[64];
	size_t i;

	(void)state;
	strcat(name, "1aE");
	assert_true(strlen(demangle(name, buf, sizeof(buf))) < sizeof(buf));
	strcpy(name, "_ZN");
	for (i = 0; i < 200; i++)
		strcat(name, "1aI");
	assert_string_equal(demangle(name, buf, sizeof(buf)), name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(a_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
