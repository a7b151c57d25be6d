// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../user/base/keeper.h"

static char dir[64];

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_keeper.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int end(void **state)
{
	DIR *stream = opendir(dir);
	struct dirent *d;

	(void)state;
	while (stream && (d = readdir(stream)))
		unlink(path_of(d->d_name));
	if (stream)
		closedir(stream);
	rmdir(dir);
	return 0;
}

static struct keeper *open_keeper(uint64_t max_reports, uint64_t max_bytes)
{
	const struct keeper_request request = {
		.dir = dir, .prefix = "oom-", .max_reports = max_reports, .max_bytes = max_bytes
	};
	struct keeper *keeper;

	assert_int_equal(keeper__open(&keeper, &request), 0);
	return keeper;
}

static void put(struct keeper *keeper, const char *name, const char *text)
{
	assert_true(keeper__put(keeper, name, strdup(text), strlen(text)));
}

static void touch(const char *name)
{
	int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* The names that are there, sorted. */
static const char *names(void)
{
	static char text[4096];
	struct dirent **list;
	int nr = scandir(dir, &list, NULL, alphasort), i;

	text[0] = '\0';
	for (i = 0; i < nr; i++) {
		if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, ".."))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return text;
}

static void files_are_there_when_it_is_closed(void **state)
{
	struct keeper *keeper = open_keeper(10, 1 << 20);
	char text[16] = "";
	struct stat st;
	FILE *file;

	(void)state;
	put(keeper, "oom-20260101T000000-a-1.txt", "hello");
	put(keeper, "oom-20260101T000000-a-1.json", "{}");
	keeper__close(keeper);
	assert_string_equal(names(), "oom-20260101T000000-a-1.json oom-20260101T000000-a-1.txt ");
	assert_int_equal(stat(path_of("oom-20260101T000000-a-1.txt"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	file = fopen(path_of("oom-20260101T000000-a-1.txt"), "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "hello");
}

/* A report is all files that differ in their ending alone. */
static void the_oldest_reports_go(void **state)
{
	struct keeper *keeper = open_keeper(2, 1 << 20);

	(void)state;
	touch("oom-20200101T000000-old-1.txt");
	touch("oom-20200101T000000-old-1.json");
	touch("oom-20200101T000000-old-1.rec");
	touch("oom-20200202T000000-old-2.txt");
	touch("oom-20200303T000000-old-3.txt");
	touch("oom-2020010T000000-short-1.txt");
	touch("oom-20200101T000000"); /* no ending */
	touch("notes.txt");
	put(keeper, "oom-20260101T000000-a-1.txt", "x");
	keeper__close(keeper);
	assert_string_equal(names(), "notes.txt oom-20200101T000000 oom-2020010T000000-short-1.txt "
				     "oom-20200303T000000-old-3.txt oom-20260101T000000-a-1.txt ");
}

static void too_many_bytes_go_with_their_reports(void **state)
{
	struct keeper *keeper = open_keeper(100, 10);

	(void)state;
	put(keeper, "oom-20260101T000000-a-1.txt", "123456");
	put(keeper, "oom-20260102T000000-a-2.txt", "123456");
	put(keeper, "oom-20260103T000000-a-3.txt", "1234567890123456");
	keeper__close(keeper);
	/* the newest stays though it alone is too large */
	assert_string_equal(names(), "oom-20260103T000000-a-3.txt ");
}

/* By their names these are from the future: what is written now stays all the same, and so does the newest by name. */
static void a_clock_that_was_set_back(void **state)
{
	struct keeper *keeper = open_keeper(2, 1 << 20);

	(void)state;
	touch("oom-20260101T000000-a-1.txt");
	touch("oom-20260202T000000-a-2.txt");
	put(keeper, "oom-20250101T000000-b-1.txt", "x");
	put(keeper, "oom-20250101T000000-b-1.json", "x");
	keeper__finish(keeper);
	assert_string_equal(names(), "oom-20250101T000000-b-1.json oom-20250101T000000-b-1.txt "
				     "oom-20260202T000000-a-2.txt ");
	keeper__close(keeper);
	keeper = open_keeper(2, 1 << 20);
	put(keeper, "oom-20240101T000000-c-1.txt", "x");
	keeper__close(keeper);
	assert_string_equal(names(), "oom-20240101T000000-c-1.txt oom-20260202T000000-a-2.txt ");
	keeper = open_keeper(1, 1 << 20);
	put(keeper, "oom-20230101T000000-d-1.txt", "x");
	keeper__close(keeper);
	assert_string_equal(names(), "oom-20230101T000000-d-1.txt oom-20260202T000000-a-2.txt ");
}

static void a_name_that_is_taken_is_left_alone(void **state)
{
	struct keeper *keeper = open_keeper(10, 1 << 20);
	char target[128];
	struct stat st;

	(void)state;
	snprintf(target, sizeof(target), "%s", path_of("target"));
	touch("target");
	assert_int_equal(symlink(target, path_of("oom-20260101T000000-a-1.txt")), 0);
	put(keeper, "oom-20260101T000000-a-1.txt", "new");
	put(keeper, "oom-20260101T000000-a-1.txt", "newer");
	keeper__close(keeper);
	assert_string_equal(names(), "oom-20260101T000000-a-1-2.txt oom-20260101T000000-a-1-3.txt "
				     "oom-20260101T000000-a-1.txt target ");
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(lstat(path_of("oom-20260101T000000-a-1.txt"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void what_cannot_be_written_is_told(void **state)
{
	struct keeper *keeper = open_keeper(10, 1 << 20);
	char name[KEEPER_NAME_MAX];
	int err;

	(void)state;
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(symlink("/proc/1/no/such", dir), 0);
	put(keeper, "oom-20260101T000000-a-1.txt", "new");
	keeper__finish(keeper);
	assert_int_equal(keeper__failures(keeper, &err, name), 1);
	assert_true(err < 0);
	assert_string_equal(name, "oom-20260101T000000-a-1.txt");
	assert_int_equal(keeper__failures(keeper, &err, name), 0);
	keeper__close(keeper);
	unlink(dir);
}

/* A disk that hangs would otherwise have memory filled with what waits for it. */
static void what_waits_is_bounded(void **state)
{
	struct keeper *keeper = open_keeper(10, 1 << 20);
	size_t size = KEEPER_WAITING;

	(void)state;
	assert_int_equal(keeper__waiting(keeper), 0);
	assert_false(keeper__put(keeper, "oom-20260101T000000-a-1.rec", calloc(1, size + 1), size + 1));
	assert_int_equal(keeper__waiting(keeper), 0);
	assert_true(keeper__put(keeper, "oom-20260101T000000-a-1.rec", calloc(1, size), size));
	keeper__finish(keeper);
	assert_int_equal(keeper__waiting(keeper), 0);
	/* its thread has ended: what is put now waits for ever */
	assert_true(keeper__put(keeper, "oom-20260101T000001-a-1.rec", calloc(1, size - 1), size - 1));
	assert_int_equal(keeper__waiting(keeper), size - 1);
	assert_false(keeper__put(keeper, "oom-20260101T000002-a-1.txt", strdup("xx"), 2));
	assert_true(keeper__put(keeper, "oom-20260101T000002-a-1.txt", strdup("x"), 1));
	keeper__close(keeper);
}

static void a_directory_that_is_none(void **state)
{
	struct keeper_request request = { .dir = path_of("file"), .prefix = "oom-", .max_reports = 1, .max_bytes = 1 };
	struct keeper *keeper;

	(void)state;
	touch("file");
	assert_int_equal(keeper__open(&keeper, &request), -ENOTDIR);
	keeper__close(keeper);
	request.dir = path_of("no/such");
	assert_int_equal(keeper__open(&keeper, &request), -ENOENT);
	keeper__close(keeper);
	keeper__close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_there_when_it_is_closed, begin, end),
		cmocka_unit_test_setup_teardown(the_oldest_reports_go, begin, end),
		cmocka_unit_test_setup_teardown(too_many_bytes_go_with_their_reports, begin, end),
		cmocka_unit_test_setup_teardown(a_clock_that_was_set_back, begin, end),
		cmocka_unit_test_setup_teardown(a_name_that_is_taken_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, begin, end),
		cmocka_unit_test_setup_teardown(what_waits_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_is_none, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
