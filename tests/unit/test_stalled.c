/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers mt_stalled_next() and mt_stalled_time() of wire.h: the time with a stalled task, in one word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../bpf/wire.h"

#define UNIT 64ULL /* nanoseconds */
#define SPAN ((MT_STALLED_MASK + 1) * UNIT)

static uint64_t begin(uint64_t word, uint64_t now_ns)
{
	return mt_stalled_next(word, 1, now_ns);
}

static uint64_t end(uint64_t word, uint64_t now_ns)
{
	return mt_stalled_next(word, 0, now_ns);
}

static uint64_t tasks(uint64_t word)
{
	return word >> MT_STALLED_BITS;
}

/* Seen from any moment, a stretch that is over does not change, and one that lasts grows. */
static void one_task(void **state)
{
	uint64_t word = 0;

	(void)state;
	assert_int_equal(mt_stalled_time(word, 5000 * UNIT), 0);
	word = begin(word, 1000 * UNIT);
	assert_int_equal(tasks(word), 1);
	assert_int_equal(mt_stalled_time(word, 1000 * UNIT), 0);
	assert_int_equal(mt_stalled_time(word, 1700 * UNIT), 700 * UNIT);
	word = end(word, 3000 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 3000 * UNIT), 2000 * UNIT);
	assert_int_equal(mt_stalled_time(word, 9000 * UNIT), 2000 * UNIT);
	word = end(begin(word, 10000 * UNIT), 10001 * UNIT);
	assert_int_equal(mt_stalled_time(word, 20000 * UNIT), 2001 * UNIT);
}

/* Three that overlap are one stretch, from the first begin to the last end. */
static void nested_begins(void **state)
{
	uint64_t word = begin(begin(begin(0, 100 * UNIT), 200 * UNIT), 300 * UNIT);

	(void)state;
	assert_int_equal(tasks(word), 3);
	assert_int_equal(mt_stalled_time(word, 350 * UNIT), 250 * UNIT);
	word = end(end(word, 400 * UNIT), 500 * UNIT);
	assert_int_equal(tasks(word), 1);
	assert_int_equal(mt_stalled_time(word, 550 * UNIT), 450 * UNIT);
	word = end(word, 600 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 900 * UNIT), 500 * UNIT);
}

/* It is no change, which tells the caller that something was missed. */
static void end_without_begin(void **state)
{
	uint64_t word = end(begin(0, 100 * UNIT), 300 * UNIT);

	(void)state;
	assert_int_equal(end(0, 12345 * UNIT), 0);
	assert_int_equal(end(word, 700 * UNIT), word);
	assert_int_equal(mt_stalled_time(end(word, 700 * UNIT), 800 * UNIT), 200 * UNIT);
}

/* The two halves of the word do not touch each other, up to as many tasks as fit. */
static void many_tasks(void **state)
{
	uint64_t word = 0;
	unsigned int i, nr = 1 << (64 - MT_STALLED_BITS);

	(void)state;
	for (i = 1; i < nr; i++) {
		word = begin(word, (1000 + i) * UNIT);
		assert_int_equal(tasks(word), i);
	}
	assert_int_equal(mt_stalled_time(word, 2001 * UNIT), 1000 * UNIT);
	while (--i)
		word = end(word, 5001 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 9999 * UNIT), 4000 * UNIT);
}

/* A clock that is beyond the bits, and one that passes their end within a stall. */
static void wraps(void **state)
{
	uint64_t word;

	(void)state;
	word = end(begin(0, 3 * SPAN + 10 * UNIT), 3 * SPAN + 25 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 3 * SPAN + 99 * UNIT), 15 * UNIT);
	word = begin(0, SPAN - 10 * UNIT);
	assert_int_equal(tasks(word), 1);
	assert_int_equal(mt_stalled_time(word, SPAN + 5 * UNIT), 15 * UNIT);
	word = begin(word, SPAN + 6 * UNIT);
	assert_int_equal(tasks(word), 2);
	word = end(end(word, SPAN + 7 * UNIT), SPAN + 30 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 2 * SPAN), 40 * UNIT);
	/* the sum itself: what remains is modulo the span */
	word = end(begin(word, SPAN + 100 * UNIT), 2 * SPAN + 70 * UNIT);
	assert_int_equal(tasks(word), 0);
	assert_int_equal(mt_stalled_time(word, 2 * SPAN + 80 * UNIT), 10 * UNIT);
}

/* An error below one unit for each begin and end, to both sides. */
static void units(void **state)
{
	uint64_t word = 0, i, sum;

	(void)state;
	for (i = 0; i < 1000; i++)
		word = end(begin(word, i * 1000), i * 1000 + 500);
	sum = mt_stalled_time(word, 2000000);
	assert_in_range(sum, 500000 - 1000 * UNIT / 8, 500000 + 1000 * UNIT / 8);
	/* the ends of a stretch in one unit */
	word = end(begin(0, 6400), 6463);
	assert_int_equal(word, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_task),   cmocka_unit_test(nested_begins), cmocka_unit_test(end_without_begin),
		cmocka_unit_test(many_tasks), cmocka_unit_test(wraps),	       cmocka_unit_test(units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
