/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers which links, files and FIFOs are followed or taken over, by whom and in whose directory,
 * and that what is refused is refused with the reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/base/place.h"

#define NOBODY 65534
#define OTHER  12345

static char dir[] = "/tmp/memtrace-test-XXXXXX";

/* In turns; each is a path below dir. */
static const char *in_dir(const char *name)
{
	static char paths[4][192];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(strrchr(dir, '-') + 1, "XXXXXX");
	umask(022);
	return mkdtemp(dir) && !chmod(dir, 0755) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void put_file(const char *path, uid_t owner)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, owner, -1), 0);
	close(fd);
}

static void put_dir(const char *path, uid_t owner, mode_t mode)
{
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(chown(path, owner, -1), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void put_link(const char *target, const char *path, uid_t owner)
{
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(lchown(path, owner, -1), 0);
}

/* why: a part of the reason; NULL: it is found. */
static void assert_found(const char *path, const char *why)
{
	struct place place;
	int err = place__find(&place, path);

	if (!why && place.why[0])
		fail_msg("%s: %s", path, place.why);
	assert_int_equal(err, why ? -EPERM : 0);
	if (why && !strstr(place.why, why))
		fail_msg("%s: '%s' does not say '%s'", path, place.why, why);
	place__close(&place);
}

static void need_root(void)
{
	if (geteuid())
		skip();
}

/* A link at the end of a path, and one on the way, in directories of all kinds. */
static void links(void **state)
{
	static const struct {
		uid_t owner, link_owner;
		mode_t mode;
		bool followed;
	} cases[] = {
		{ 0, 0, 0755, true },	    { 0, NOBODY, 0755, true },	   { 0, 0, 0700, true },
		{ 0, 0, 01777, false },	    { 0, 0, 01755, false },	   { 0, NOBODY, 01777, false },
		{ 0, 0, 0777, false },	    { 0, 0, 0775, false },	   { NOBODY, NOBODY, 0755, false },
		{ NOBODY, 0, 0755, false }, { OTHER, OTHER, 0700, false },
	};

	(void)state;
	need_root();
	put_dir(in_dir("real"), 0, 0755);
	put_file(in_dir("real/file"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why = cases[i].followed ? NULL : "symbolic link";
		char name[16];

		snprintf(name, sizeof(name), "case%zu", i);
		put_dir(in_dir(name), cases[i].owner, cases[i].mode);
		assert_int_equal(chdir(in_dir(name)), 0);
		put_link("../real/file", "link", cases[i].link_owner);
		put_link("../real/none", "dangling", cases[i].link_owner);
		put_link("../real", "dir", cases[i].link_owner);
		assert_found("link", why);
		assert_found("dangling", why);
		assert_found("dir/file", why);
		assert_found("dir/none", why);
		assert_found("../real/file", NULL);
		snprintf(name, sizeof(name), "case%zu/link", i);
		assert_found(in_dir(name), why);
		assert_int_equal(chdir("/"), 0);
	}
}

/* Where a link leads to is the place: the link is not touched. */
static void place_behind_links(void **state)
{
	struct place place;
	struct stat st, real;

	(void)state;
	assert_int_equal(mkdir(in_dir("real"), 0755), 0);
	assert_int_equal(symlink("real", in_dir("a")), 0);
	assert_int_equal(symlink("a/../a/./new", in_dir("b")), 0);
	assert_int_equal(symlink(in_dir("b"), in_dir("c")), 0);
	assert_int_equal(place__find(&place, in_dir("c")), 0);
	assert_string_equal(place.name, "new");
	assert_int_equal(place.st.st_mode, 0);
	assert_int_equal(fstat(place.dir, &st), 0);
	assert_int_equal(stat(in_dir("real"), &real), 0);
	assert_int_equal(st.st_ino, real.st_ino);
	place__close(&place);
	assert_int_equal(symlink("loop", in_dir("loop")), 0);
	assert_int_equal(place__find(&place, in_dir("loop")), -ELOOP);
	assert_int_equal(symlink("real/", in_dir("slash")), 0);
	assert_int_equal(place__find(&place, in_dir("slash")), -EISDIR);
}

static void files(void **state)
{
	(void)state;
	need_root();
	put_file(in_dir("own"), 0);
	assert_found(in_dir("own"), NULL);
	assert_int_equal(link(in_dir("own"), in_dir("second")), 0);
	assert_found(in_dir("own"), "2 names");
	put_file(in_dir("foreign"), OTHER);
	assert_found(in_dir("foreign"), "user 12345");
	/* nor is root's file taken by a user who may write the directory */
	put_dir(in_dir("nobodys"), NOBODY, 0755);
	put_file(in_dir("nobodys/roots"), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_found(in_dir("nobodys/roots"), "user 0");
	assert_found(in_dir("nobodys/new"), NULL);
	assert_int_equal(seteuid(0), 0);
}

static void fifos(void **state)
{
	(void)state;
	need_root();
	put_dir(in_dir("sticky"), 0, 01777);
	assert_int_equal(mkfifo(in_dir("sticky/own"), 0600), 0);
	assert_found(in_dir("sticky/own"), NULL);
	assert_int_equal(mkfifo(in_dir("sticky/foreign"), 0666), 0);
	assert_int_equal(chown(in_dir("sticky/foreign"), OTHER, -1), 0);
	assert_found(in_dir("sticky/foreign"), "FIFO of user 12345");
	assert_int_equal(mkfifo(in_dir("foreign"), 0666), 0);
	assert_int_equal(chown(in_dir("foreign"), OTHER, -1), 0);
	assert_found(in_dir("foreign"), NULL);
}

/* The text of a link in /proc/PID is a name for something else than what has that name here. */
static void links_of_proc(void **state)
{
	char path[64];

	(void)state;
	assert_found("/proc/self/root/tmp/x", "/proc link");
	assert_found("/proc/self/cwd/x", "/proc link");
	snprintf(path, sizeof(path), "/proc/%d/fd/0", getppid());
	assert_found(path, "/proc link");
	assert_int_equal(symlink(path, in_dir("link")), 0);
	assert_found(in_dir("link"), "/proc link");
}

static void standard_output(void **state)
{
	static const char *const names[] = { NULL, "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
	struct place place;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(place__find(&place, names[i]), 0);
		assert_int_equal(place.kind, PLACE_OWN);
		assert_int_equal(place.fd, STDOUT_FILENO);
		place__close(&place);
	}
	assert_int_equal(place__find(&place, "/dev/fd/999999"), -EBADF);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(place__find(&place, "./-"), 0);
	assert_int_equal(place.kind, PLACE_FILE);
	place__close(&place);
	assert_int_equal(chdir("/"), 0);
}

static void names_have_keys(void **state)
{
	struct place a, b;

	(void)state;
	assert_int_equal(place__find(&a, in_dir("a")), 0);
	assert_int_equal(place__find(&b, in_dir("b")), 0);
	assert_true(place__key(&a) != place__key(&b));
	assert_true(place__key(&a) <= INT64_MAX);
	place__close(&a);
	place__close(&b);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(links),	       IN_DIR(place_behind_links), IN_DIR(files),	    IN_DIR(fifos),
		IN_DIR(links_of_proc), IN_DIR(standard_output),	   IN_DIR(names_have_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
