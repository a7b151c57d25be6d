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

#include "../../user/base/kept.h"

static char dir[64];

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_kept.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static const char *path_of(const char *name)
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

static void has(const char *name, const char *text, time_t written)
{
	const struct timespec times[2] = { { .tv_sec = written }, { .tv_sec = written } };
	int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_false(futimens(fd, times));
	close(fd);
}

static void newest_is(const char *ending, const char *name, const char *text, uint64_t wall_s)
{
	struct kept kept;

	assert_int_equal(kept__newest(&kept, dir, &(struct kept_request){ "oom-", ending, NULL }), 0);
	assert_string_equal(kept.name, name);
	assert_string_equal(kept.data, text);
	assert_int_equal(kept.size, strlen(text));
	assert_int_equal(kept.wall_s, wall_s);
	kept__done(&kept);
}

static void nothing_is_there(const char *ending)
{
	struct kept kept;

	assert_int_equal(kept__newest(&kept, dir, &(struct kept_request){ "oom-", ending, NULL }), -ENOENT);
	kept__done(&kept);
}

static void the_latest_time_of_a_name(void **state)
{
	(void)state;
	has("oom-20261128T031244-a-1.json", "old", 9000);
	has("oom-20261128T031245-a-2.json", "new", 1000);
	has("oom-20261128T031246-a-3.txt", "text", 1000);
	newest_is(".json", "oom-20261128T031245-a-2.json", "new", 1795835565);
	newest_is(".txt", "oom-20261128T031246-a-3.txt", "text", 1795835566);
	nothing_is_there(".rec");
}

static void of_one_second_the_one_written_last(void **state)
{
	(void)state;
	has("oom-20261128T031245-b-2.json", "second", 2000);
	has("oom-20261128T031245-c-1.json", "first", 1000);
	has("oom-20261128T031245-a-3.json", "third", 3000);
	newest_is(".json", "oom-20261128T031245-a-3.json", "third", 1795835565);
}

static void what_others_may_have_planted(void **state)
{
	char linked[256];

	(void)state;
	has("secret", "secret", 1000);
	assert_false(symlink("secret", path_of("oom-20270101T000000-a-1.json")));
	assert_false(mkfifo(path_of("oom-20270101T000001-a-1.json"), 0600));
	assert_false(mkdir(path_of("oom-20270101T000002-a-1.json"), 0700));
	has("oom-20270101T00000x-a-1.json", "no time", 1000);
	has("other-20270101T000003-a-1.json", "no report", 1000);
	/* another name of a file that somebody else keeps */
	has("oom-20270101T000004-a-1.json", "linked", 1000);
	strcpy(linked, path_of("oom-20270101T000004-a-1.json"));
	assert_false(link(linked, path_of("twice")));
	nothing_is_there(".json");
	has("oom-20260101T000000-a-1.json", "ours", 1000);
	newest_is(".json", "oom-20260101T000000-a-1.json", "ours", 1767225600);
	rmdir(path_of("oom-20270101T000002-a-1.json"));
}

static void a_directory_that_is_not_there(void **state)
{
	struct kept kept;

	(void)state;
	assert_int_equal(kept__newest(&kept, path_of("none"), &(struct kept_request){ "oom-", ".json", NULL }),
			 -ENOENT);
	kept__done(&kept);
	has("file", "", 0);
	assert_int_equal(kept__newest(&kept, path_of("file"), &(struct kept_request){ "oom-", ".json", NULL }),
			 -ENOTDIR);
	kept__done(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_latest_time_of_a_name, begin, end),
		cmocka_unit_test_setup_teardown(of_one_second_the_one_written_last, begin, end),
		cmocka_unit_test_setup_teardown(what_others_may_have_planted, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_is_not_there, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
