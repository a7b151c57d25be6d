// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers cache_files.h: names of files, the newest of each, in bounded room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/cache_files.h"

static void put(struct cache_files *files, uint64_t inode, uint32_t generation, const char *path)
{
	struct mt_cache_file record = {
		.inode = inode, .device_major = 8, .device_minor = 1, .generation = generation
	};

	memcpy(record.path, path, strnlen(path, sizeof(record.path)));
	cache_files__add(files, &record);
}

static const char *name_of(struct cache_files *files, uint64_t inode, uint32_t generation)
{
	/* what is between the members says nothing of the file */
	const struct mt_cache_by_file_key key = {
		.inode = inode, .device_major = 8, .device_minor = 1, .generation = generation, .pad = 0xffffffff
	};
	const struct mt_cache_file *file = cache_files__find(files, &key);

	return file ? file->path : NULL;
}

static void the_newest_name_counts(void **state)
{
	struct cache_files files = { NULL };

	(void)state;
	assert_null(name_of(&files, 7, 1));
	put(&files, 7, 1, "/staging/#7");
	put(&files, 7, 1, "/upper/table");
	assert_string_equal(name_of(&files, 7, 1), "/upper/table");
	cache_files__done(&files);
}

/* An inode's number is given to another file once it is free. */
static void a_later_file_of_that_number_is_another_one(void **state)
{
	struct cache_files files = { NULL };

	(void)state;
	put(&files, 7, 1, "/first");
	put(&files, 7, 2, "/second");
	assert_string_equal(name_of(&files, 7, 1), "/first");
	assert_string_equal(name_of(&files, 7, 2), "/second");
	assert_null(name_of(&files, 7, 3));
	assert_null(name_of(&files, 8, 1));
	cache_files__done(&files);
}

/* As of a recording that others made. */
static void a_path_without_an_end_gets_one(void **state)
{
	struct cache_files files = { NULL };
	char longest[MT_FILE_PATH_LEN + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	put(&files, 7, 1, longest);
	assert_int_equal(strlen(name_of(&files, 7, 1)), MT_FILE_PATH_LEN - 1);
	cache_files__done(&files);
}

static void room_is_bounded(void **state)
{
	struct cache_files files = { NULL };
	uint64_t inode;

	(void)state;
	for (inode = 1; inode <= CACHE_FILES_MAX + 10; inode++)
		put(&files, inode, 1, "/many");
	assert_string_equal(name_of(&files, CACHE_FILES_MAX, 1), "/many");
	assert_null(name_of(&files, CACHE_FILES_MAX + 1, 1));
	/* those that have room can still change */
	put(&files, 1, 1, "/renamed");
	assert_string_equal(name_of(&files, 1, 1), "/renamed");
	cache_files__done(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_name_counts),
		cmocka_unit_test(a_later_file_of_that_number_is_another_one),
		cmocka_unit_test(a_path_without_an_end_gets_one),
		cmocka_unit_test(room_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
