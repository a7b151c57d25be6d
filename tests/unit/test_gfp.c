/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers gfp__name(): compound names before bits, flags of old and new
 * kernels, bits without a name, and buffers that are too small.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/model/gfp.h"

static void names(void **state)
{
	static const struct {
		uint64_t flags;
		const char *name;
	} rows[] = {
		{ 0, "none" },
		{ 0xcc0, "GFP_KERNEL" },
		{ 0xdc0, "GFP_KERNEL|__GFP_ZERO" },
		{ 0x400cc0, "GFP_KERNEL_ACCOUNT" },
		{ 0xc40, "GFP_NOFS" },
		{ 0xc00, "GFP_NOIO" },
		{ 0x800, "GFP_NOWAIT" },
		{ 0x2800, "GFP_NOWAIT|__GFP_NOWARN" },
		{ 0x820, "GFP_ATOMIC" },
		{ 0xa20, "GFP_ATOMIC" }, /* up to 6.2 */
		{ 0x100cc0, "GFP_USER" },
		{ 0x100cc2, "GFP_HIGHUSER" },
		{ 0x100cca, "GFP_HIGHUSER_MOVABLE" },
		{ 0x100dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO" },
		{ 0x1c24ca, "GFP_TRANSHUGE" },
		{ 0x1c20ca, "GFP_TRANSHUGE_LIGHT" },
		{ 0x1, "GFP_DMA" },
		{ 0xcc4, "GFP_KERNEL|GFP_DMA32" },
		{ 0x400, "__GFP_DIRECT_RECLAIM" },
		{ 0xcd0, "GFP_KERNEL|__GFP_RECLAIMABLE" },
		{ 0x800000, "__GFP_ZEROTAGS" },
		{ 0x1000000, "0x1000000" },
		{ 0x1000cc0, "GFP_KERNEL|0x1000000" },
		{ 1ULL << 63, "0x8000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[GFP_NAME_LEN];

		assert_string_equal(gfp__name(buf, sizeof(buf), rows[i].flags), rows[i].name);
	}
}

static void each_bit_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < 24; i++) {
		char buf[GFP_NAME_LEN];

		assert_null(strstr(gfp__name(buf, sizeof(buf), 1ULL << i), "0x"));
	}
}

static void all_fit(void **state)
{
	char buf[GFP_NAME_LEN];

	(void)state;
	gfp__name(buf, sizeof(buf), UINT64_MAX);
	assert_non_null(strstr(buf, "|__GFP_ZEROTAGS|0xffffffffff000000"));
	/* No compound but the first: what is left is single bits. */
	gfp__name(buf, sizeof(buf), 0x555555);
	assert_non_null(strstr(buf, "__GFP_DIRECT_RECLAIM"));
}

static void small_buffers(void **state)
{
	char buf[32];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_string_equal(gfp__name(buf, 12, 0xdc0), "GFP_KERNEL");
	assert_int_equal(buf[12], 'x');
	assert_string_equal(gfp__name(buf, 11, 0xdc0), "GFP_KERNEL");
	assert_string_equal(gfp__name(buf, 10, 0xdc0), "");
	assert_string_equal(gfp__name(buf, 1, 0), "");
	buf[0] = 'x';
	gfp__name(buf, 0, 0);
	assert_int_equal(buf[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(each_bit_has_a_name),
		cmocka_unit_test(all_fit),
		cmocka_unit_test(small_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
