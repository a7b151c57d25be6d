/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers whose files are read, what else is refused with which reason, and that all of a file comes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/base/owned_file.h"

#define OTHER 12345
#define MAX   10

static char dir[] = "/tmp/memtrace-test-XXXXXX";
static char file[64], other[64];

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(file);
	unlink(other);
	return rmdir(dir);
}

static void write_file(const char *text, mode_t mode)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	assert_int_equal(chmod(file, mode), 0);
}

static void refused(const char *path, int err, const char *reason)
{
	char why[OWNED_FILE_WHY] = "", *text = (char *)1;
	size_t size;

	assert_int_equal(owned_file__read(path, MAX, &text, &size, why), err);
	assert_null(text);
	if (!strstr(why, reason))
		fail_msg("%s", why);
}

static void read_whole(const char *path, const char *content)
{
	char why[OWNED_FILE_WHY] = "", *text;
	size_t size;

	if (owned_file__read(path, MAX, &text, &size, why))
		fail_msg("%s", why);
	assert_int_equal(size, strlen(content));
	assert_string_equal(text, content);
	free(text);
}

static void all_of_a_file_is_read(void **state)
{
	(void)state;
	write_file("0123456789", 0644);
	read_whole(file, "0123456789");
	write_file("", 0400);
	read_whole(file, "");
	write_file("0123456789a", 0644);
	refused(file, -EFBIG, "at most 10 bytes");
}

static void others_may_not_write_to_it(void **state)
{
	(void)state;
	write_file("a", 0664);
	refused(file, -EPERM, "mode 0664");
	write_file("a", 0646);
	refused(file, -EPERM, "mode 0646");
	if (geteuid())
		return;
	write_file("a", 0644);
	assert_int_equal(chown(file, OTHER, 0), 0);
	refused(file, -EPERM, "belongs to the user with id 12345; expected a file of root's");
	/* the user itself, and root's file for any user */
	assert_int_equal(chmod(dir, 0755) | seteuid(OTHER), 0);
	read_whole(file, "a");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(file, 0, 0) | seteuid(OTHER), 0);
	read_whole(file, "a");
	assert_int_equal(seteuid(0), 0);
}

static void only_regular_files_are_read(void **state)
{
	(void)state;
	refused(dir, -EINVAL, "regular file");
	refused("/dev/null", -EINVAL, "regular file");
	assert_int_equal(mkfifo(other, 0600), 0);
	refused(other, -EINVAL, "regular file");
	unlink(other);
	refused(other, -ENOENT, "No such file");
	/* of a link the file counts */
	write_file("a", 0644);
	assert_int_equal(symlink("file", other), 0);
	read_whole(other, "a");
	write_file("a", 0666);
	refused(other, -EPERM, "mode 0666");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_file_is_read),
		cmocka_unit_test(others_may_not_write_to_it),
		cmocka_unit_test(only_regular_files_are_read),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
