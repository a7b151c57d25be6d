/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers mt_log2_slot(): each power of two falls into the slot that it bounds,
 * the value after it into the next, for all 64 bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../bpf/wire.h"

static void powers_and_neighbours(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t power = 1ULL << i;
		unsigned int above = i + 1 < MT_HIST_SLOTS ? i + 1 : MT_HIST_SLOTS - 1;

		assert_int_equal(mt_log2_slot(power), i);
		assert_int_equal(mt_log2_slot(power + 1), above);
		if (i > 1)
			assert_int_equal(mt_log2_slot(power - 1), i);
	}
}

static void ends(void **state)
{
	(void)state;
	assert_int_equal(mt_log2_slot(0), 0);
	assert_int_equal(mt_log2_slot(1), 0);
	assert_int_equal(mt_log2_slot(2), 1);
	assert_int_equal(mt_log2_slot(3), 2);
	assert_int_equal(mt_log2_slot(UINT64_MAX), MT_HIST_SLOTS - 1);
}

static void never_falls(void **state)
{
	unsigned int last = 0;

	(void)state;
	for (uint64_t value = 0; value < 1 << 18; value++) {
		unsigned int slot = mt_log2_slot(value);

		assert_in_range(slot, last, last + 1);
		assert_true(value <= 1ULL << slot);
		last = slot;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_and_neighbours),
		cmocka_unit_test(ends),
		cmocka_unit_test(never_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
