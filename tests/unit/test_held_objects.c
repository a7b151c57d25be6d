// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers heap_sums.h and held_paths.h: objects by process and chain, then by call path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/held_paths.h"
#include "../../user/model/heap_sums.h"

static void put(struct heap_sums *sums, uint32_t pid, uint32_t life, int32_t stack, uint64_t bytes, uint64_t born_ns)
{
	const struct mt_heap_key key = { .address = 16 * born_ns, .pid = pid, .life = life };
	const struct mt_heap_object object = { .bytes = bytes, .born_ns = born_ns, .stack = stack };

	assert_int_equal(heap_sums__add(sums, &key, &object), 0);
}

static const struct heap_sum *sum_of(const struct heap_sums *sums, uint32_t pid, uint32_t life, int32_t stack)
{
	const struct heap_sum_key key = { .pid = pid, .life = life, .stack = stack };
	struct heap_sum *sum;

	HASH_FIND(hh, sums->table, &key, sizeof(key), sum);
	return sum;
}

static void sums_by_process_life_and_chain(void **state)
{
	struct heap_sums sums = { 0 };

	(void)state;
	put(&sums, 1, 1, 5, 100, 30);
	put(&sums, 1, 1, 5, 50, 20);
	put(&sums, 1, 1, 6, 7, 25);
	put(&sums, 1, 2, 5, 8, 26);
	put(&sums, 2, 1, 5, UINT64_C(1) << 40, 27);
	assert_int_equal(HASH_COUNT(sums.table), 4);
	assert_int_equal(sum_of(&sums, 1, 1, 5)->bytes, 150);
	assert_int_equal(sum_of(&sums, 1, 1, 5)->objects, 2);
	assert_int_equal(sum_of(&sums, 1, 1, 5)->oldest_ns, 20);
	assert_int_equal(sum_of(&sums, 1, 1, 6)->bytes, 7);
	assert_int_equal(sum_of(&sums, 1, 2, 5)->bytes, 8);
	assert_int_equal(sum_of(&sums, 2, 1, 5)->bytes, UINT64_C(1) << 40);
	heap_sums__free(&sums);
	assert_null(sums.table);
}

static void young_objects_are_left_out(void **state)
{
	struct heap_sums sums = { .born_until_ns = 100 };

	(void)state;
	put(&sums, 1, 1, 5, 1, 99);
	put(&sums, 1, 1, 5, 2, 100);
	put(&sums, 1, 1, 5, 4, 101);
	assert_int_equal(sum_of(&sums, 1, 1, 5)->bytes, 3);
	assert_int_equal(sums.younger, 1);
	heap_sums__free(&sums);
}

static void take(struct held_paths *paths, const char *function, uint64_t bytes, uint64_t oldest_ns, bool ended)
{
	const struct mt_heap rec = { .bytes = bytes, .objects = 1, .oldest_ns = oldest_ns, .ended = ended };
	const char *const parts[] = { "prog", function, NULL };

	assert_int_equal(held_paths__take(paths, &rec, parts, 3), 0);
}

static void finish(struct held_paths *paths)
{
	const struct mt_heap_sum sum = { .hdr.id = MT_REC_heap_sum, .allocated = 7 };

	held_paths__take_sum(paths, &sum);
	assert_int_equal(paths->sum.allocated, 7);
}

/* What lives is what the last picture has of it; what ended stays. */
static void a_picture_replaces_the_one_before(void **state)
{
	struct held_paths paths = { .max_bytes = 1 << 20 };
	struct held_path **list;
	size_t nr;

	(void)state;
	take(&paths, "main;a", 100, 5, false);
	take(&paths, "main;b", 10, 9, true);
	finish(&paths);
	take(&paths, "main;a", 40, 6, false);
	take(&paths, "main;a", 2, 4, false);
	take(&paths, "main;c", 41, 8, false);
	take(&paths, "main;b", 90, 3, true);
	finish(&paths);
	assert_int_equal(held_paths__rank(&paths, false, &list, &nr), 0);
	assert_int_equal(nr, 2);
	assert_string_equal(list[0]->text, "prog;main;a");
	assert_int_equal(held_path__objects(list[0], false).bytes, 42);
	assert_int_equal(held_path__objects(list[0], false).objects, 2);
	assert_int_equal(held_path__objects(list[0], false).oldest_ns, 4);
	assert_string_equal(list[1]->text, "prog;main;c");
	free(list);
	assert_int_equal(held_paths__rank(&paths, true, &list, &nr), 0);
	assert_int_equal(nr, 3);
	assert_string_equal(list[0]->text, "prog;main;b");
	assert_int_equal(held_path__objects(list[0], true).bytes, 100);
	assert_int_equal(held_path__objects(list[0], true).oldest_ns, 3);
	assert_int_equal(held_path__objects(list[0], false).objects, 0);
	free(list);
	held_paths__done(&paths);
}

static void what_finds_no_room_is_kept_apart(void **state)
{
	struct held_paths paths = { .max_bytes = 2 * sizeof(struct held_path) };
	struct held_path **list;
	size_t nr;

	(void)state;
	take(&paths, "a", 1, 1, false);
	take(&paths, "b", 2, 2, false);
	take(&paths, "a", 4, 3, false);
	finish(&paths);
	assert_int_equal(held_paths__rank(&paths, false, &list, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(held_path__objects(list[0], false).bytes, 5);
	assert_int_equal(paths.rest.living.bytes, 2);
	free(list);
	held_paths__done(&paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_by_process_life_and_chain),
		cmocka_unit_test(young_objects_are_left_out),
		cmocka_unit_test(a_picture_replaces_the_one_before),
		cmocka_unit_test(what_finds_no_room_is_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
