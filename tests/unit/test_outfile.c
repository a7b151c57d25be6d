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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/base/outfile.h"

static bool no_tmpfile; /* a file system that has no files without a name */
static mode_t widest;	/* mode of the last file that was made, before the umask */

/* In place of the C library's. */
int openat(int at, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = widest = va_arg(args, mode_t);
	va_end(args);
	if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, at, path, flags, mode);
}

static char dir[] = "/tmp/memtrace-test-XXXXXX";
static char place[64]; /* dir/metrics.prom */

static int make_dir(void **state)
{
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(place, sizeof(place), "%s/metrics.prom", dir);
	umask(022);
	no_tmpfile = false;
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

/* Where files can be without a name, nothing is there until it is complete: SIGKILL can leave nothing. */
static void test_complete(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	fflush(file.stream);
	assert_int_equal(count_entries(NULL), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_null(file.stream);
	assert_content(place, "new\n");
	assert_int_equal(mode_of(place), 0644);
	assert_int_equal(count_entries(NULL), 1);
}

/* Elsewhere it has a hidden name that no collector reads. */
static void test_hidden_name(void **state)
{
	struct outfile file;
	char name[NAME_MAX + 1];

	no_tmpfile = true;
	put_content(place, "old\n");
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	assert_int_equal(count_entries(NULL), 2);
	assert_int_equal(unlink(place), 0);
	assert_int_equal(count_entries(name), 1);
	assert_int_equal(name[0], '.');
	assert_string_not_equal(name + strlen(name) - 5, ".prom");
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_content(place, "new\n");
	assert_int_equal(count_entries(NULL), 1);
}

/* The hidden name of a writer that was killed goes when the next one starts; another's stays, and is no obstacle. */
static void test_stale_name(void **state)
{
	struct outfile file;
	char hidden[128], name[NAME_MAX + 1];

	no_tmpfile = true;
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_int_equal(count_entries(name), 1);
	outfile__close(&file);
	assert_int_equal(count_entries(NULL), 0);
	snprintf(hidden, sizeof(hidden), "%s/%s", dir, name);
	put_content(hidden, "of a dead one\n");
	no_tmpfile = false;
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_int_equal(count_entries(NULL), 0);
	outfile__close(&file);

	if (geteuid())
		skip();
	put_content(hidden, "another's\n");
	assert_int_equal(chown(hidden, 65534, 65534), 0);
	put_content(place, "old\n");
	for (int i = 0; i < 2; i++) {
		no_tmpfile = i;
		assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
		assert_int_equal(outfile__finish(&file, 0), 0);
		assert_content(place, "");
		assert_content(hidden, "another's\n");
		assert_int_equal(count_entries(NULL), 2);
	}
}

static void test_replace(void **state)
{
	struct outfile file;

	put_content(place, "old\n");
	chmod(place, 0600);
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	fflush(file.stream);
	assert_content(place, "old\n");
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_content(place, "new\n");
	assert_int_equal(mode_of(place), 0644);
	assert_int_equal(count_entries(NULL), 1);
}

static void test_abort(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	outfile__close(&file);
	assert_null(file.stream);
	assert_int_equal(count_entries(NULL), 0);
	outfile__close(&file);

	put_content(place, "old\n");
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	outfile__close(&file);
	assert_content(place, "old\n");
	assert_int_equal(count_entries(NULL), 1);
}

/* From its first byte on, also while it has only a hidden name. */
static void test_modes(void **state)
{
	static const struct {
		enum outfile_kind kind;
		mode_t mask, mode;
	} cases[] = {
		{ OUTFILE_REPORT, 022, 0644 }, { OUTFILE_REPORT, 077, 0600 },	 { OUTFILE_SHARED, 077, 0644 },
		{ OUTFILE_DUMP, 022, 0600 },   { OUTFILE_RECORDING, 022, 0600 }, { OUTFILE_RECORDING, 0, 0600 },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct outfile file;
		struct stat st;

		no_tmpfile = i % 2;
		umask(cases[i / 2].mask);
		assert_int_equal(outfile__open(&file, place, cases[i / 2].kind), 0);
		assert_int_equal(fstat(file.fd, &st), 0);
		assert_int_equal(st.st_mode & 07777, cases[i / 2].mode);
		assert_int_equal(widest & ~cases[i / 2].mask & ~cases[i / 2].mode, 0);
		assert_int_equal(outfile__write(&file, "x", 1), 0);
		assert_int_equal(outfile__finish(&file, 0), 0);
		assert_int_equal(mode_of(place), cases[i / 2].mode);
		assert_int_equal(umask(022), cases[i / 2].mask);
	}
}

/* Relative to the current directory, too. */
static void test_no_directory_part(void **state)
{
	struct outfile file;
	int here = open(".", O_RDONLY | O_DIRECTORY);

	assert_int_equal(chdir(dir), 0);
	assert_int_equal(outfile__open(&file, "metrics.prom", OUTFILE_REPORT), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
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
	assert_int_equal(outfile__open(&file, link, OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(place, "new\n");
	assert_int_equal(count_entries(NULL), 2);
}

static void assert_open_fails(const char *path, int err)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, path, OUTFILE_REPORT), err);
	assert_null(file.stream);
	outfile__close(&file);
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
	assert_int_equal(outfile__open(&file, path, OUTFILE_REPORT), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
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
	assert_int_equal(outfile__open(&(struct outfile){ 0 }, place, OUTFILE_REPORT), -EACCES);
	assert_int_equal(seteuid(uid), 0);
	chmod(dir, 0755);
	assert_int_equal(count_entries(NULL), 0);
}

static void test_full_device(void **state)
{
	struct outfile file;

	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(outfile__open(&file, "/dev/full", OUTFILE_REPORT), 0);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__finish(&file, 0), -ENOSPC);
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
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 100000; i++)
		fputs("new\n", file.stream);
	err = outfile__finish(&file, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, -EFBIG);
	assert_content(place, "old\n");
	assert_int_equal(count_entries(NULL), 1);
}

/* Who wrote may know only that something failed. */
static void test_finish(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_int_equal(outfile__finish(&file, -ENOMEM), -ENOMEM);
	assert_int_equal(count_entries(NULL), 0);
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_int_equal(count_entries(NULL), 1);
	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(outfile__open(&file, "/dev/full", OUTFILE_REPORT), 0);
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
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	assert_true(outfile__is_direct(&file));
	fputs("new\n", file.stream);
	assert_int_equal(outfile__finish(&file, 0), 0);
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
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), 0);
	close(reader);
	fputs("new\n", file.stream);
	assert_int_equal(outfile__finish(&file, 0), -EPIPE);
}

/* Our own standard output is not truncated, whatever it is called, and stays open. */
static void write_to_stdout(const char *path)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, path, OUTFILE_REPORT), 0);
	assert_true(outfile__is_direct(&file));
	fputs("ours\n", file.stream);
	assert_int_equal(outfile__finish(&file, 0), 0);
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
	assert_int_equal(outfile__open(&file, NULL, OUTFILE_REPORT), -EBADF);
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

/* A FIFO that nobody reads would keep open(2) for ever. */
static void test_fifo_without_reader(void **state)
{
	struct outfile file;

	assert_int_equal(mkfifo(place, 0600), 0);
	assert_int_equal(outfile__open(&file, place, OUTFILE_REPORT), -ENXIO);
	assert_string_not_equal(file.place.why, "");
	assert_int_equal(count_entries(NULL), 1);
}

/* What is written as it is is neither replaced nor removed, and goes on after a failure. */
static void test_device(void **state)
{
	struct outfile file;
	struct stat before, after;

	if (mknod(place, S_IFCHR | 0600, 1 << 8 | 7)) /* full */
		skip();
	assert_int_equal(stat(place, &before), 0);
	if (outfile__open(&file, place, OUTFILE_SHARED))
		skip(); /* a mount without devices */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(outfile__begin(&file), 0);
		fputs("new\n", file.stream);
		assert_int_equal(outfile__put(&file, 0), -ENOSPC);
	}
	assert_int_equal(outfile__remove(&file), 0);
	outfile__close(&file);
	assert_int_equal(stat(place, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_rdev, before.st_rdev);
	assert_int_equal(after.st_mode, before.st_mode);
}

/* A descriptor that memtrace was given, under each of its names; one that it made itself is none. */
static void test_given_fd(void **state)
{
	int given = open(place, O_WRONLY | O_CREAT, 0644), own = fcntl(given, F_DUPFD_CLOEXEC, 10);
	const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/" };
	char path[64], link_path[128];
	struct outfile file;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s%d", dirs[i], given);
		assert_int_equal(outfile__open(&file, path, OUTFILE_SHARED), 0);
		fputs("x", file.stream);
		assert_int_equal(outfile__put(&file, 0), 0);
		assert_int_equal(outfile__remove(&file), 0);
		outfile__close(&file);
	}
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(outfile__open(&file, link_path, OUTFILE_SHARED), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
	assert_content(place, "xxx");
	snprintf(path, sizeof(path), "/dev/fd/%d", own);
	assert_int_equal(outfile__open(&file, path, OUTFILE_SHARED), -EBADF);
	close(own);
	close(given);
}

/* A file that grows is there from its first bytes on; an older one stays until then. */
static void test_growing(void **state)
{
	struct outfile file;

	for (int i = 0; i < 2; i++) {
		no_tmpfile = i;
		put_content(place, "a longer old one\n");
		assert_int_equal(outfile__open(&file, place, OUTFILE_RECORDING), 0);
		assert_content(place, "a longer old one\n");
		assert_int_equal(outfile__write(&file, "a", 1), 0);
		assert_content(place, "a");
		assert_int_equal(outfile__write(&file, "b", 1), 0);
		assert_content(place, "ab");
		assert_int_equal(file.bytes, 2);
		/* what is cut off stays */
		outfile__close(&file);
		assert_content(place, "ab");
		assert_int_equal(count_entries(NULL), 1);
	}
}

static void test_growing_in_vain(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_RECORDING), 0);
	outfile__close(&file);
	assert_int_equal(count_entries(NULL), 0);
	put_content(place, "old\n");
	assert_int_equal(outfile__open(&file, place, OUTFILE_RECORDING), 0);
	outfile__close(&file);
	assert_content(place, "old\n");
}

static void test_growing_removed(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_RECORDING), 0);
	assert_int_equal(outfile__write(&file, "a", 1), 0);
	assert_int_equal(unlink(place), 0);
	assert_int_equal(outfile__write(&file, "b", 1), 0);
	assert_int_equal(outfile__finish(&file, 0), -ENOENT);
	assert_int_equal(count_entries(NULL), 0);
}

static void write_text(struct outfile *file, const char *text)
{
	assert_int_equal(outfile__begin(file), 0);
	fputs(text, file->stream);
	assert_int_equal(outfile__put(file, 0), 0);
}

/* Only what was put there, and what was put there last. */
static void test_remove(void **state)
{
	struct outfile file;

	assert_int_equal(outfile__open(&file, place, OUTFILE_SHARED), 0);
	write_text(&file, "1\n");
	write_text(&file, "2\n");
	assert_content(place, "2\n");
	assert_int_equal(outfile__remove(&file), 0);
	assert_int_equal(count_entries(NULL), 0);
	assert_int_equal(outfile__remove(&file), 0);
	write_text(&file, "3\n");
	assert_int_equal(unlink(place), 0);
	put_content(place, "another's\n");
	assert_int_equal(outfile__remove(&file), 1);
	assert_content(place, "another's\n");
	outfile__close(&file);
}

/* What was put there may seem to be another's (NFS without root's rights), or have been linked: it is replaced. */
static void test_put_is_ours(void **state)
{
	struct outfile file;
	char other[128];

	if (geteuid())
		skip();
	snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(outfile__open(&file, place, OUTFILE_SHARED), 0);
	write_text(&file, "1\n");
	assert_int_equal(chown(place, 65534, 65534), 0);
	assert_int_equal(link(place, other), 0);
	write_text(&file, "2\n");
	assert_content(place, "2\n");
	assert_content(other, "1\n");
	assert_int_equal(outfile__remove(&file), 0);
	outfile__close(&file);
}

/* A link stays, and what it leads to is what is removed. */
static void test_remove_behind_link(void **state)
{
	struct outfile file;
	char path[128], name[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/link", dir);
	put_content(place, "old\n");
	assert_int_equal(symlink("metrics.prom", path), 0);
	assert_int_equal(outfile__open(&file, path, OUTFILE_SHARED), 0);
	write_text(&file, "new\n");
	assert_content(place, "new\n");
	assert_int_equal(outfile__remove(&file), 0);
	outfile__close(&file);
	assert_int_equal(count_entries(name), 1);
	assert_string_equal(name, "link");
}

/* Whatever is put there between two texts is judged as at the start. */
static void test_planted_meanwhile(void **state)
{
	struct outfile file;
	char other[128];

	snprintf(other, sizeof(other), "%s/other", dir);
	put_content(other, "precious\n");
	assert_int_equal(outfile__open(&file, place, OUTFILE_SHARED), 0);
	write_text(&file, "1\n");
	for (int i = 0; i < 4; i++) {
		unlink(place);
		if (i == 0)
			assert_int_equal(symlink("other", place), 0);
		else if (i == 1)
			assert_int_equal(mkfifo(place, 0600), 0);
		else if (i == 2)
			assert_int_equal(link(other, place), 0);
		else
			assert_int_equal(mkdir(place, 0700), 0);
		assert_int_equal(outfile__begin(&file), 0);
		fputs("2\n", file.stream);
		assert_int_equal(outfile__put(&file, 0), i < 3 ? -EPERM : -EISDIR);
		assert_int_equal(outfile__remove(&file), 1);
		assert_content(other, "precious\n");
		assert_int_equal(count_entries(NULL), 2);
	}
	assert_int_equal(rmdir(place), 0);
	write_text(&file, "3\n");
	assert_content(place, "3\n");
	outfile__close(&file);
}

/* The directory is found once: another one of its name is not it. */
static void test_directory_gone(void **state)
{
	struct outfile file, growing;
	char sub[128], path[192], second[192];

	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(path, sizeof(path), "%s/x", sub);
	snprintf(second, sizeof(second), "%s/y", sub);
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_int_equal(outfile__open(&file, path, OUTFILE_SHARED), 0);
	assert_int_equal(outfile__open(&growing, second, OUTFILE_RECORDING), 0);
	write_text(&file, "1\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_int_equal(outfile__begin(&file), -ENOENT);
	assert_int_equal(outfile__remove(&file), -ENOENT);
	assert_int_equal(outfile__write(&growing, "x", 1), -ENOENT);
	outfile__close(&file);
	outfile__close(&growing);
	assert_int_equal(rmdir(sub), 0);
}

static void test_another_name(void **state)
{
	struct outfile file;
	char second[128], *shown;

	snprintf(second, sizeof(second), "%s.2", place);
	assert_int_equal(outfile__open(&file, place, OUTFILE_DUMP), 0);
	write_text(&file, "1\n");
	assert_int_equal(outfile__begin_as(&file, "metrics.prom.2"), 0);
	write_text(&file, "2\n");
	assert_content(place, "1\n");
	assert_content(second, "2\n");
	shown = outfile__shown(&file);
	assert_string_equal(shown, second);
	free(shown);
	outfile__close(&file);
}

/* Another process, which opens place each time that it is told to, and says what came of it. */
struct rival {
	pid_t pid;
	int ask, answer;
};

struct rival_answer {
	int err;
	char why[128];
};

static void be_rival(int ask, int answer)
{
	struct rival_answer said;
	struct outfile file;
	char byte;

	while (read(ask, &byte, 1) == 1) {
		said.err = outfile__open(&file, place, OUTFILE_SHARED);
		snprintf(said.why, sizeof(said.why), "%s", file.place.why);
		outfile__close(&file);
		if (write(answer, &said, sizeof(said)) != sizeof(said))
			_exit(1);
	}
	_exit(0);
}

static struct rival rival__start(void)
{
	int ask[2], answer[2];
	struct rival rival;

	assert_int_equal(pipe(ask), 0);
	assert_int_equal(pipe(answer), 0);
	rival = (struct rival){ .pid = fork(), .ask = ask[1], .answer = answer[0] };
	if (!rival.pid) {
		close(ask[1]);
		be_rival(ask[0], answer[1]);
	}
	close(ask[0]);
	close(answer[1]);
	return rival;
}

static struct rival_answer rival__try(struct rival *rival)
{
	struct rival_answer said;

	assert_int_equal(write(rival->ask, "x", 1), 1);
	assert_int_equal(read(rival->answer, &said, sizeof(said)), sizeof(said));
	return said;
}

static void rival__end(struct rival *rival)
{
	int status;

	close(rival->ask);
	close(rival->answer);
	assert_int_equal(waitpid(rival->pid, &status, 0), rival->pid);
	assert_int_equal(status, 0);
}

static void assert_refused(struct rival *rival)
{
	struct rival_answer said = rival__try(rival);
	char pid[32];

	snprintf(pid, sizeof(pid), "process %d ", getpid());
	assert_int_equal(said.err, -EPERM);
	assert_non_null(strstr(said.why, pid));
}

static void test_second_writer(void **state)
{
	struct rival rival = rival__start();
	struct outfile file, neighbour, again;
	char path[128];

	assert_int_equal(rival__try(&rival).err, 0);
	assert_int_equal(outfile__open(&file, place, OUTFILE_SHARED), 0);
	for (int i = 0; i < 3; i++) {
		assert_refused(&rival);
		write_text(&file, "1\n"); /* the lock survives that */
	}
	/* another file in that directory is no second writer, and its end does not end the lock */
	snprintf(path, sizeof(path), "%s/other", dir);
	assert_int_equal(outfile__open(&neighbour, path, OUTFILE_REPORT), 0);
	outfile__close(&neighbour);
	assert_refused(&rival);
	/* nor may one process have it twice */
	assert_int_equal(outfile__open(&again, place, OUTFILE_REPORT), -EPERM);
	assert_refused(&rival);
	outfile__close(&file);
	assert_int_equal(rival__try(&rival).err, 0);
	rival__end(&rival);
}

/* A user who may only read the directory cannot keep anybody from writing there. */
static void test_lock_of_another_user(void **state)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int pipe_fds[2], status;
	struct outfile file;
	char byte;
	pid_t pid;

	if (geteuid())
		skip();
	chmod(dir, 0755);
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (!pid) {
		int fd = setuid(65534) ? -1 : open(dir, O_RDONLY | O_DIRECTORY);

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* also if the test fails */
		byte = fcntl(fd, F_SETLK, &lock) || fcntl(fd, F_OFD_SETLK, &lock) ? 'n' : 'y';
		if (write(pipe_fds[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(outfile__open(&file, place, OUTFILE_SHARED), 0);
	assert_int_equal(outfile__finish(&file, 0), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_complete),
		IN_DIR(test_hidden_name),
		IN_DIR(test_stale_name),
		IN_DIR(test_replace),
		IN_DIR(test_abort),
		IN_DIR(test_modes),
		IN_DIR(test_no_directory_part),
		IN_DIR(test_link_stays),
		IN_DIR(test_bad_places),
		IN_DIR(test_longest_name),
		IN_DIR(test_not_writable),
		IN_DIR(test_full_device),
		IN_DIR(test_full_disk),
		IN_DIR(test_finish),
		IN_DIR(test_fifo),
		IN_DIR(test_fifo_without_reader),
		IN_DIR(test_device),
		IN_DIR(test_given_fd),
		IN_DIR(test_growing),
		IN_DIR(test_growing_in_vain),
		IN_DIR(test_growing_removed),
		IN_DIR(test_remove),
		IN_DIR(test_put_is_ours),
		IN_DIR(test_remove_behind_link),
		IN_DIR(test_planted_meanwhile),
		IN_DIR(test_directory_gone),
		IN_DIR(test_another_name),
		IN_DIR(test_second_writer),
		IN_DIR(test_lock_of_another_user),
		IN_DIR(test_reader_left),
		IN_DIR(test_own_stdout),
		IN_DIR(test_closed_stdout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
