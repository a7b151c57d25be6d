// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers chain_ends.h: what the id of a chain, or its outermost function, says of how whole it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/count/chain_ends.h"

static enum chain_end of(int32_t id, const char *text)
{
	struct mt_fault fault = { .user_stack = id };

	return chain_end__of(&event_rows[MT_REC_fault], &fault, text);
}

static void test_unwound(void **state)
{
	int32_t id = MT_UNWOUND_STACK | 0x123;

	assert_int_equal(of(id | MT_UNWOUND_WHOLE << MT_UNWOUND_SHIFT, NULL), CHAIN_DWARF_WHOLE);
	assert_int_equal(of(id | MT_UNWOUND_CUT << MT_UNWOUND_SHIFT, "main"), CHAIN_DWARF_CUT);
	assert_int_equal(of(id | MT_UNWOUND_BROKEN << MT_UNWOUND_SHIFT, "_start"), CHAIN_DWARF_PART);
	/* frame pointers, with callers that were added */
	assert_int_equal(of(id | MT_UNWOUND_NOT << MT_UNWOUND_SHIFT, "_start;main"), CHAIN_FP_WHOLE);
	assert_int_equal(of(id | MT_UNWOUND_NOT << MT_UNWOUND_SHIFT, "main"), CHAIN_FP_PART);
}

static void test_frame_pointers(void **state)
{
	assert_int_equal(of(0, "_start;main"), CHAIN_FP_WHOLE);
	assert_int_equal(of(31000, "clone3"), CHAIN_FP_WHOLE);
	assert_int_equal(of(31000, "__libc_start_call_main;main"), CHAIN_FP_WHOLE);
	assert_int_equal(of(31000, "main;_start"), CHAIN_FP_PART);
	assert_int_equal(of(31000, "_starting;main"), CHAIN_FP_PART);
	assert_int_equal(of(31000, "_st;main"), CHAIN_FP_PART);
	assert_int_equal(of(31000, NULL), CHAIN_FP_PART);
	/* the bits of the others are part of a hash there */
	assert_int_equal(of(MT_MORE_STACKS | MT_UNWOUND_STACK, "_start"), CHAIN_FP_WHOLE);
}

static void test_is_fp(void **state)
{
	assert_true(chain_end__is_fp(0));
	assert_true(chain_end__is_fp(MT_MORE_STACKS | MT_UNWOUND_STACK));
	assert_true(chain_end__is_fp(MT_UNWOUND_STACK | MT_UNWOUND_NOT << MT_UNWOUND_SHIFT));
	assert_false(chain_end__is_fp(MT_UNWOUND_STACK | MT_UNWOUND_WHOLE << MT_UNWOUND_SHIFT));
	assert_false(chain_end__is_fp(MT_UNWOUND_STACK | MT_UNWOUND_CUT << MT_UNWOUND_SHIFT));
}

static void test_none(void **state)
{
	struct mt_stall stall = { 0 };

	assert_int_equal(of(MT_UNKNOWN_S32, NULL), CHAIN_NONE);
	assert_int_equal(chain_end__of(&event_rows[MT_REC_stall], &stall, NULL), NR_CHAIN_ENDS);
	assert_true(chain_end__has(&event_rows[MT_REC_alloc]));
	assert_false(chain_end__has(&event_rows[MT_REC_stall]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unwound),
		cmocka_unit_test(test_frame_pointers),
		cmocka_unit_test(test_is_fp),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
