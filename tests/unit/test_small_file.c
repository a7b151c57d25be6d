/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers small_file.h: what is read, what is cut, and that a failure leaves an empty text. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/base/small_file.h"

struct place {
	char dir[64];
	char file[80];
	int fd; /* of the directory */
};

static int set_up(void **state)
{
	static struct place place;

	strcpy(place.dir, "/tmp/memtrace-small-file-XXXXXX");
	if (!mkdtemp(place.dir))
		return -1;
	snprintf(place.file, sizeof(place.file), "%s/file", place.dir);
	place.fd = open(place.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &place;
	return place.fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	close(place->fd);
	unlink(place->file);
	return rmdir(place->dir);
}

static void put(const struct place *place, const char *text, size_t len)
{
	FILE *f = fopen(place->file, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void a_file_of_a_directory(void **state)
{
	const struct place *place = *state;
	char buf[8] = "unset..";

	put(place, "a\0b\n", 4);
	assert_int_equal(small_file__read_at(place->fd, "file", buf, sizeof(buf)), 4);
	assert_memory_equal(buf, "a\0b\n", 5);
	assert_int_equal(small_file__read_at(AT_FDCWD, place->file, buf, sizeof(buf)), 4);
}

/* The 0 behind it has its place in buf too: AddressSanitizer sees a write beyond it. */
static void what_does_not_fit_is_cut(void **state)
{
	const struct place *place = *state;
	char buf[4];

	put(place, "1234", 4);
	assert_int_equal(small_file__read_at(place->fd, "file", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "123");
	assert_int_equal(small_file__read_line(place->file, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "123");
	assert_int_equal(small_file__read_at(place->fd, "file", buf, 1), 0);
	assert_string_equal(buf, "");
}

static void the_first_line(void **state)
{
	const struct place *place = *state;
	char buf[16];

	put(place, "0-3\n4-7\n", 8);
	assert_int_equal(small_file__read_line(place->file, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "0-3");
	put(place, "\n4-7\n", 5);
	assert_int_equal(small_file__read_line(place->file, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
}

static void failures_leave_an_empty_text(void **state)
{
	const struct place *place = *state;
	char buf[16] = "before";

	assert_int_equal(small_file__read_at(place->fd, "none", buf, sizeof(buf)), -ENOENT);
	assert_string_equal(buf, "");
	strcpy(buf, "before");
	assert_int_equal(small_file__read_line(place->dir, buf, sizeof(buf)), -EISDIR);
	assert_string_equal(buf, "");
	put(place, "", 0);
	strcpy(buf, "before");
	assert_int_equal(small_file__read_line(place->file, buf, sizeof(buf)), -ENODATA);
	assert_string_equal(buf, "");
}

static int nr_open(void)
{
	int fd, nr = 0;

	for (fd = 0; fd < 64; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

static void nothing_stays_open(void **state)
{
	const struct place *place = *state;
	int before = nr_open();
	char buf[16];

	put(place, "x", 1);
	small_file__read_at(place->fd, "file", buf, sizeof(buf));
	small_file__read_line(place->dir, buf, sizeof(buf));
	assert_int_equal(nr_open(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_of_a_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_first_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failures_leave_an_empty_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_stays_open, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
