/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers that a file appears complete or not at all, that nothing is left
 * beside it, its mode, what is written directly, and each error's -errno.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/core/outfile.h"

static char dir[] = "/tmp/memtrace-test-XXXXXX";
static char place[64]; /* dir/metrics.prom */

static int make_dir(void **state)
{
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(place, sizeof(place), "%s/metrics.prom", dir);
	umask(022);
	return 0;
}

static int remove_dir(void **state)
{
	struct dirent *entry;
	DIR *open_dir = opendir(dir);

	while (open_dir && (entry = readdir(open_dir)))
		unlinkat(dirfd(open_dir), entry->d_name, 0);
	closedir(open_dir);
	return rmdir(dir);
}

/* Entries in dir, and in name the last one seen. */
static size_t count_entries(char *name)
{
	struct dirent *entry;
	DIR *open_dir = opendir(dir);
	size_t nr = 0;

	assert_non_null(open_dir);
	while ((entry = readdir(open_dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		nr++;
		if (name)
			strcpy(name, entry->d_name);
	}
	closedir(open_dir);
	return nr;
}

static void assert_content(const char *path, const char *expected)
{
	char text[4096];
	FILE *stream = fopen(path, "r");
	size_t len;

	assert_non_null(stream);
	len = fread(text, 1, sizeof(text) - 1, stream);
	text[len] = '\0';
	fclose(stream);
	assert_string_equal(text, expected);
}

static void put_content(const char *path, const char *text)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_commit(void **state)
{
	struct outfile file;
	char name[NAME_MAX + 1];

	assert_int_equal(outfile__open(&file, place), 0);
	fputs("new\n", file.stream);
	fflush(file.stream);
	assert_int_equal(access(place, F_OK), -1);
	assert_int_equal(count_entries(name), 1);
	assert_int_equal(name[0], '.');
	assert_string_not_equal(name + strlen(name) - 5, ".prom");
	assert_int_equal(outfile__commit(&file), 0);
	assert_null(file.stream);
	assert_content(place, "new\n");
	assert_int_equal(mode_of(place), 0644);
	assert_int_equal(count_entries(NULL), 1);
}

static void test_replace(void **state)
{
	struct outfile file;

	put_content(place, "old\n");
	chmod(place, 0600);
	assert_int_equal(outfile__open(&file, place), 0);
	fputs("new\n", file.stream);
	fflush(file.stream);
	assert_content(place, "old\n");
	assert_int_equal(outfile__commit(&file), 0);
	assert_content(place, "new\n");
	assert_int_equal(mode_of(place), 0644);
	assert_int_equal(count_entries(NULL), 1);
}

static void test_abort(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place), 0);
	fputs("new\n", file.stream);
	outfile__abort(&file);
	assert_null(file.stream);
	assert_int_equal(count_entries(NULL), 0);
	outfile__abort(&file);

	put_content(place, "old\n");
	assert_int_equal(outfile__open(&file, place), 0);
	fputs("new\n", file.stream);
	outfile__abort(&file);
	assert_content(place, "old\n");
	assert_int_equal(count_entries(NULL), 1);
}

static void test_mode(void **state)
{
	struct outfile file;

	umask(077);
	assert_int_equal(outfile__open(&file, place), 0);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(mode_of(place), 0600);
	assert_int_equal(outfile__open(&file, place), 0);
	assert_int_equal(outfile__share(&file), 0);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(mode_of(place), 0644);
	assert_int_equal(umask(022), 077);
}

/* Relative to the current directory, too. */
static void test_no_directory_part(void **state)
{
	struct outfile file;
	int here = open(".", O_RDONLY | O_DIRECTORY);

	assert_int_equal(chdir(dir), 0);
	assert_int_equal(outfile__open(&file, "metrics.prom"), 0);
	assert_int_equal(count_entries(NULL), 1);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_content(place, "");
}

static void test_link_stays(void **state)
{
	struct outfile file;
	struct stat st;
	char link[128];

	snprintf(link, sizeof(link), "%s/link", dir);
	put_content(place, "old\n");
	assert_int_equal(symlink("metrics.prom", link), 0);
	assert_int_equal(outfile__open(&file, link), 0);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(place, "new\n");
	assert_int_equal(count_entries(NULL), 2);
}

static void assert_open_fails(const char *path, int err)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, path), err);
	assert_null(file.stream);
	outfile__abort(&file);
	assert_int_equal(count_entries(NULL), 0);
}

static void test_bad_places(void **state)
{
	char path[NAME_MAX + 128];

	assert_open_fails(dir, -EISDIR);
	assert_open_fails("/dev/null/x", -ENOTDIR);
	assert_open_fails("", -ENOENT);
	snprintf(path, sizeof(path), "%s/none/x", dir);
	assert_open_fails(path, -ENOENT);
	snprintf(path, sizeof(path), "%s/none/", dir);
	assert_open_fails(path, -EISDIR);
	snprintf(path, sizeof(path), "%s/%0*d", dir, NAME_MAX + 1, 0);
	assert_open_fails(path, -ENAMETOOLONG);
}

/* As long as a name can be: the temporary one must not be longer. */
static void test_longest_name(void **state)
{
	struct outfile file;
	char path[NAME_MAX + 128];

	snprintf(path, sizeof(path), "%s/%0*d", dir, NAME_MAX, 0);
	assert_int_equal(outfile__open(&file, path), 0);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(count_entries(NULL), 1);
}

static void test_not_writable(void **state)
{
	uid_t uid = geteuid();

	/* Root may write anywhere. */
	if (!uid && seteuid(65534))
		skip();
	if (uid)
		chmod(dir, 0555);
	assert_int_equal(outfile__open(&(struct outfile){ 0 }, place), -EACCES);
	assert_int_equal(seteuid(uid), 0);
	chmod(dir, 0755);
	assert_int_equal(count_entries(NULL), 0);
}

static void test_full_device(void **state)
{
	struct outfile file;

	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(outfile__open(&file, "/dev/full"), 0);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__commit(&file), -ENOSPC);
	assert_null(file.stream);
}

/* A limit on file sizes stands for a full disk: the write fails in the same place. */
static void test_full_disk(void **state)
{
	struct rlimit old, small = { .rlim_cur = 8192, .rlim_max = RLIM_INFINITY };
	struct outfile file;
	int err;

	put_content(place, "old\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(outfile__open(&file, place), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 100000; i++)
		fputs("new\n", file.stream);
	err = outfile__commit(&file);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, -EFBIG);
	assert_content(place, "old\n");
	assert_int_equal(count_entries(NULL), 1);
}

/* Who wrote may know only that something failed. */
static void test_finish(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place), 0);
	assert_int_equal(outfile__finish(&file, -ENOMEM), -ENOMEM);
	assert_int_equal(count_entries(NULL), 0);
	assert_int_equal(outfile__open(&file, place), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_int_equal(count_entries(NULL), 1);
	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(outfile__open(&file, "/dev/full"), 0);
	fputs("new\n", file.stream);
	assert_int_equal(fflush(file.stream), EOF);
	assert_int_equal(outfile__finish(&file, -EIO), -ENOSPC);
}

static void test_fifo(void **state)
{
	struct outfile file;
	char text[16] = "";
	int reader;

	assert_int_equal(mkfifo(place, 0600), 0);
	reader = open(place, O_RDONLY | O_NONBLOCK);
	assert_int_equal(outfile__open(&file, place), 0);
	assert_null(file.temp);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(read(reader, text, sizeof(text)), 4);
	assert_string_equal(text, "new\n");
	close(reader);
	assert_int_equal(mode_of(place), 0600);
}

static void test_reader_left(void **state)
{
	struct outfile file;
	int reader;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo(place, 0600), 0);
	reader = open(place, O_RDONLY | O_NONBLOCK);
	assert_int_equal(outfile__open(&file, place), 0);
	close(reader);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__commit(&file), -EPIPE);
}

/* Our own standard output is not truncated, whatever it is called, and stays open. */
static void write_to_stdout(const char *path)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, path), 0);
	assert_null(file.temp);
	fputs("ours\n", file.stream);
	assert_int_equal(outfile__commit(&file), 0);
	assert_int_equal(write(STDOUT_FILENO, "after\n", 6), 6);
}

static void test_own_stdout(void **state)
{
	static const char *const paths[] = { NULL, "/dev/stdout", place };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd = open(place, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		int saved;

		fflush(stdout);
		saved = dup(STDOUT_FILENO);
		dup2(fd, STDOUT_FILENO);
		close(fd);
		assert_int_equal(write(STDOUT_FILENO, "before\n", 7), 7);
		write_to_stdout(paths[i]);
		dup2(saved, STDOUT_FILENO);
		close(saved);
		assert_content(place, "before\nours\nafter\n");
	}
}

static void test_closed_stdout(void **state)
{
	struct outfile file;
	int saved;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	close(STDOUT_FILENO);
	assert_int_equal(outfile__open(&file, NULL), -EBADF);
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_commit),	    IN_DIR(test_replace),	    IN_DIR(test_abort),
		IN_DIR(test_mode),	    IN_DIR(test_no_directory_part), IN_DIR(test_link_stays),
		IN_DIR(test_bad_places),    IN_DIR(test_longest_name),	    IN_DIR(test_not_writable),
		IN_DIR(test_full_device),   IN_DIR(test_full_disk),	    IN_DIR(test_finish),
		IN_DIR(test_fifo),	    IN_DIR(test_reader_left),	    IN_DIR(test_own_stdout),
		IN_DIR(test_closed_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
