/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Packed counts of a schema that has grown: there may be any number of slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../user/model/schema.h"

#define MT_NR_SLOTS 1000
#include "../../user/count/packed.c"

static void expect_same(const uint64_t *v)
{
	uint64_t w[MT_NR_SLOTS];
	uint8_t bytes[PACKED_MAX];
	size_t len = packed__encode(v, bytes), i;

	assert_true(len <= PACKED_MAX);
	assert_ptr_equal(packed__decode(bytes, bytes + len, w), bytes + len);
	assert_memory_equal(v, w, sizeof(w));
	for (i = 0; i < len; i++)
		assert_null(packed__decode(bytes, bytes + i, w));
}

static void each_slot_has_its_own_value(void **state)
{
	uint64_t v[MT_NR_SLOTS] = { 0 };
	size_t i;

	(void)state;
	expect_same(v);
	for (i = 0; i < MT_NR_SLOTS; i++) {
		v[i] = i + 1;
		expect_same(v);
		v[i] = 0;
	}
	for (i = 0; i < MT_NR_SLOTS; i++)
		v[i] = UINT64_MAX - i;
	expect_same(v);
}

static void sums_are_kept_of_all(void **state)
{
	uint64_t add[MT_NR_SLOTS], v[MT_NR_SLOTS];
	struct packed packed = { 0 };
	struct packed_change change;
	size_t i, round;

	(void)state;
	for (i = 0; i < MT_NR_SLOTS; i++)
		add[i] = i << 32;
	for (round = 0; round < 3; round++) {
		assert_int_equal(packed__prepare(&packed, add, &change), 0);
		packed__commit(&change);
	}
	packed__get(&packed, v);
	for (i = 0; i < MT_NR_SLOTS; i++)
		assert_int_equal(v[i], 3 * add[i]);
	packed__clear(&packed);
}

/* One counter in use takes what it took when there were fewer: its value, and some bytes that say which it is. */
static void slots_that_are_not_used_take_next_to_nothing(void **state)
{
	uint64_t v[MT_NR_SLOTS] = { [MT_NR_SLOTS - 1] = 100 };
	uint8_t bytes[PACKED_MAX];

	(void)state;
	assert_int_equal(packed__encode(v, bytes), (MT_NR_SLOTS / 8 + 7) / 8 + 1 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slot_has_its_own_value),
		cmocka_unit_test(sums_are_kept_of_all),
		cmocka_unit_test(slots_that_are_not_used_take_next_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
