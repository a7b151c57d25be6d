// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers heap_sums.h, held_paths.h and held_maps.h: objects by process and chain, then by call path; mappings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/held_maps.h"
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

/* Its text is given once; later records have the number. */
static void paths_by_their_numbers(void **state)
{
	struct held_paths paths = { .max_bytes = 1 << 20 };
	const char *const one[] = { "prog", "main;a" }, *const two[] = { "prog", "main;b" }, *const none[] = { "prog" };
	struct mt_heap_path path = { .context = 7 };
	struct mt_heap rec = { .bytes = 10, .objects = 1, .oldest_ns = 5, .context = 7 };
	struct held_path **list;
	size_t nr;

	(void)state;
	assert_int_equal(held_paths__take_path(&paths, &path, one, 2), 0);
	path.context = 9;
	assert_int_equal(held_paths__take_path(&paths, &path, one, 2), 0);
	path.context = 8;
	assert_int_equal(held_paths__take_path(&paths, &path, two, 2), 0);
	assert_int_equal(held_paths__take(&paths, &rec, none, 1), 0);
	rec.context = 9;
	assert_int_equal(held_paths__take(&paths, &rec, none, 1), 0);
	rec.context = 8;
	assert_int_equal(held_paths__take(&paths, &rec, none, 1), 0);
	rec.context = 1;
	rec.bytes = 1;
	assert_int_equal(held_paths__take(&paths, &rec, none, 1), 0);
	finish(&paths);
	assert_int_equal(held_paths__rank(&paths, false, &list, &nr), 0);
	assert_int_equal(nr, 3);
	assert_string_equal(list[0]->text, "prog;main;a");
	assert_int_equal(held_path__objects(list[0], false).bytes, 20);
	assert_string_equal(list[1]->text, "prog;main;b");
	assert_string_equal(list[2]->text, "prog");
	free(list);
	held_paths__done(&paths);
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

static const struct mt_who somebody = { .pid = 7, .start_ns = 3 };

/* A change of somebody's in pages of 10 bytes; function: that made it. */
static void change(struct held_maps *maps, struct held_paths *paths, struct mt_heap_map is, const char *function)
{
	const char *const parts[] = { "prog", function };
	struct held_path *path = function ? held_paths__at(paths, parts, 2) : NULL;

	is.address *= 10;
	is.bytes *= 10;
	is.old_address *= 10;
	is.old_bytes *= 10;
	assert_int_equal(held_maps__take(maps, &somebody, &is, path), 0);
}

static const struct held_mapped *mapped(struct held_paths *paths, const char *function, enum held_kind kind)
{
	const char *const parts[] = { "prog", function };

	return &held_paths__at(paths, parts, 2)->mapped[kind];
}

static void assert_mapped(const struct held_objects *is, uint64_t bytes, uint64_t nr, uint64_t oldest_ns)
{
	assert_int_equal(is->bytes, bytes);
	assert_int_equal(is->objects, nr);
	assert_int_equal(is->oldest_ns, oldest_ns);
}

static void parts_of_mappings(void **state)
{
	struct held_paths paths = { .max_bytes = 1 << 20 };
	struct held_maps maps = { 0 };

	(void)state;
	change(&maps, &paths, (struct mt_heap_map){ .address = 9, .bytes = 2, .change = MT_HEAP_MUNMAP }, NULL);
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 5, .address = 100, .bytes = 20 }, "a");
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 6, .address = 200, .bytes = 20 }, "b");
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 7, .address = 150, .bytes = 10 }, "c");
	/* in the middle, from the end of one over another to the begin of a third */
	change(&maps, &paths, (struct mt_heap_map){ .address = 105, .bytes = 5, .change = MT_HEAP_MUNMAP }, NULL);
	change(&maps, &paths, (struct mt_heap_map){ .address = 118, .bytes = 87, .change = MT_HEAP_MUNMAP }, NULL);
	/* over others: they end where it begins, and begin where it ends */
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 8, .address = 116, .bytes = 90 }, "d");
	/* not theirs */
	change(&maps, &paths, (struct mt_heap_map){ .address = 220, .bytes = 9, .change = MT_HEAP_MUNMAP }, NULL);
	change(&maps, &paths, (struct mt_heap_map){ .address = 90, .bytes = 10, .change = MT_HEAP_MUNMAP }, NULL);
	held_maps__sum(&maps, 10);
	assert_mapped(&mapped(&paths, "a", HELD_ANONYMOUS)->living, 110, 2, 5);
	assert_mapped(&mapped(&paths, "b", HELD_ANONYMOUS)->living, 140, 1, 6);
	assert_mapped(&mapped(&paths, "c", HELD_ANONYMOUS)->living, 0, 0, 0);
	assert_mapped(&mapped(&paths, "d", HELD_ANONYMOUS)->living, 900, 1, 8);
	held_maps__done(&maps);
	held_paths__done(&paths);
}

static void mappings_that_move(void **state)
{
	struct held_paths paths = { .max_bytes = 1 << 20 };
	struct held_maps maps = { 0 };
	struct mt_heap_map move = { .change = MT_HEAP_MREMAP };

	(void)state;
	change(&maps, &paths, (struct mt_heap_map){ .address = 1, .bytes = 2, .change = MT_HEAP_MMAP_FILE }, "a");
	change(&maps, &paths, (struct mt_heap_map){ .address = 50, .bytes = 2, .change = MT_HEAP_BRK }, "a");
	move = (struct mt_heap_map){
		.address = 10, .bytes = 4, .old_address = 1, .old_bytes = 2, .change = MT_HEAP_MREMAP
	};
	change(&maps, &paths, move, "m");
	/* one that is not known; one that grows where it is; and one whose numbers make no sense */
	move = (struct mt_heap_map){
		.address = 20, .bytes = 3, .old_address = 30, .old_bytes = 2, .change = MT_HEAP_MREMAP
	};
	change(&maps, &paths, move, "m");
	move = (struct mt_heap_map){
		.address = 20, .bytes = 5, .old_address = 20, .old_bytes = 3, .change = MT_HEAP_MREMAP
	};
	change(&maps, &paths, move, "m");
	change(&maps, &paths, (struct mt_heap_map){ .address = 60, .bytes = UINT64_MAX / 10 }, "x");
	held_maps__sum(&maps, 10);
	assert_mapped(&mapped(&paths, "a", HELD_FILE)->living, 0, 0, 0);
	assert_mapped(&mapped(&paths, "a", HELD_BREAK)->living, 20, 1, 0);
	assert_mapped(&mapped(&paths, "m", HELD_FILE)->living, 40, 1, 0);
	assert_mapped(&mapped(&paths, "m", HELD_UNKNOWN)->living, 50, 1, 0);
	assert_mapped(&mapped(&paths, "x", HELD_ANONYMOUS)->living, UINT64_MAX - 600, 1, 0);
	held_maps__done(&maps);
	held_paths__done(&paths);
}

static void mappings_that_end_with_their_process(void **state)
{
	struct held_paths paths = { .max_bytes = 1 << 20 };
	struct held_maps maps = { .age_ns = 5 };

	(void)state;
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 1, .address = 1, .bytes = 2 }, "a");
	change(&maps, &paths, (struct mt_heap_map){ .change = MT_HEAP_EXEC, .hdr.time_ns = 90 }, NULL);
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 91, .address = 5, .bytes = 3 }, "b");
	change(&maps, &paths, (struct mt_heap_map){ .hdr.time_ns = 96, .address = 8, .bytes = 4 }, "young");
	change(&maps, &paths, (struct mt_heap_map){ .change = MT_HEAP_EXIT, .hdr.time_ns = 100 }, NULL);
	held_maps__sum(&maps, 200);
	assert_mapped(&mapped(&paths, "a", HELD_ANONYMOUS)->ended, 0, 0, 0);
	assert_mapped(&mapped(&paths, "b", HELD_ANONYMOUS)->ended, 30, 1, 91);
	assert_mapped(&mapped(&paths, "b", HELD_ANONYMOUS)->living, 0, 0, 0);
	assert_mapped(&mapped(&paths, "young", HELD_ANONYMOUS)->ended, 0, 0, 0);
	held_maps__done(&maps);
	held_paths__done(&paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_by_process_life_and_chain),
		cmocka_unit_test(young_objects_are_left_out),
		cmocka_unit_test(paths_by_their_numbers),
		cmocka_unit_test(a_picture_replaces_the_one_before),
		cmocka_unit_test(what_finds_no_room_is_kept_apart),
		cmocka_unit_test(parts_of_mappings),
		cmocka_unit_test(mappings_that_move),
		cmocka_unit_test(mappings_that_end_with_their_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
