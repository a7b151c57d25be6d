/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers arena.h: pieces are zeroed, aligned, disjoint, and stay where they are
 * until a reset, also those that are larger than a block; what was used before
 * a reset is zeroed again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "../../user/base/arena.h"

#define LARGE (1024 * 1024)

static bool all_bytes_are(const unsigned char *p, size_t size, unsigned char byte)
{
	while (size--)
		if (*p++ != byte)
			return false;
	return true;
}

/* A piece, checked, then filled so that a later overlap shows. */
static unsigned char *take(struct arena *arena, size_t size, unsigned char byte)
{
	unsigned char *p = arena__zeroed(arena, size);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
	assert_true(all_bytes_are(p, size, 0));
	memset(p, byte, size);
	return p;
}

static void pieces_are_zeroed_aligned_and_disjoint(void **state)
{
	static const size_t sizes[] = { 1, 3, 16, 17, 4096, 65536, 65537, LARGE, 1, 60000, 8000 };
	enum { NR = sizeof(sizes) / sizeof(*sizes), ROUNDS = 8 };
	unsigned char *pieces[ROUNDS][NR];
	struct arena arena = { 0 };
	size_t i, round;

	(void)state;
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < NR; i++)
			pieces[round][i] = take(&arena, sizes[i], round * NR + i + 1);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < NR; i++)
			assert_true(all_bytes_are(pieces[round][i], sizes[i], round * NR + i + 1));
	arena__free(&arena);
}

static void after_a_reset_all_is_zero_again(void **state)
{
	struct arena arena = { 0 };
	int round, i;

	(void)state;
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 300; i++)
			take(&arena, 1000, 0xff);
		arena__reset(&arena);
	}
	arena__free(&arena);
}

static void an_empty_one_can_be_reset_and_freed(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	arena__reset(&arena);
	arena__free(&arena);
	arena__free(&arena);
	take(&arena, 1, 1);
	arena__free(&arena);
	take(&arena, 1, 1);
	arena__free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_disjoint),
		cmocka_unit_test(after_a_reset_all_is_zero_again),
		cmocka_unit_test(an_empty_one_can_be_reset_and_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
