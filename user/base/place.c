/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MAX_LINKS     40 /* as the kernel's MAXSYMLINKS */
#define PROC_ROOT_INO 1	 /* of procfs: its links "self" and others are text */

struct walk {
	struct place *place;
	char *path; /* owned: what is left to walk is its end */
	char *at;
	unsigned int links;
};

int place__refuse(struct place *place, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(place->why, sizeof(place->why), fmt, args);
	va_end(args);
	return -EPERM;
}

static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The fd of our own standard output or error, if that is what st describes, else -1. */
static int own_stream(const struct stat *st)
{
	struct stat own;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (is_writable(fd) && !fstat(fd, &own) && is_same(&own, st))
			return fd;
	}
	return -1;
}

/*
 * It is not opened by name again: that would truncate it or overwrite what others write to it, and a socket cannot be
 * opened at all.  Descriptors that memtrace itself opened have FD_CLOEXEC; those that it inherited do not.
 */
static int take_fd(struct place *place, int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || flags & FD_CLOEXEC || !is_writable(fd))
		return -EBADF;
	place->kind = PLACE_OWN;
	place->fd = fd;
	return fstat(fd, &place->st) ? -errno : 0;
}

/* The descriptor of this process that a name like /dev/fd/N or /dev/stdout stands for, or -1. */
static int own_number(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		size_t len = strlen(dirs[i]), digits;

		if (strncmp(path, dirs[i], len))
			continue;
		digits = strspn(path + len, "0123456789");
		if (digits && digits < 10 && !path[len + digits])
			return atoi(path + len);
	}
	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	return strcmp(path, "/dev/stderr") ? -1 : STDERR_FILENO;
}

/* May only root and the caller write to this directory? */
static bool is_trusted(const struct stat *dir)
{
	return (dir->st_uid == 0 || dir->st_uid == geteuid()) && !(dir->st_mode & (S_ISVTX | S_IWGRP | S_IWOTH));
}

/* A link below /proc/PID leads to an object of a process; its text is only a name for that. */
static bool is_magic(const struct place *place, const struct stat *dir)
{
	struct statfs fs;

	return !fstatfs(place->dir, &fs) && fs.f_type == PROC_SUPER_MAGIC && dir->st_ino != PROC_ROOT_INO;
}

static int check_link(struct place *place)
{
	struct stat dir;

	if (fstat(place->dir, &dir))
		return -errno;
	if (is_magic(place, &dir))
		return place__refuse(place,
				     "'%s' is a /proc link to a file or directory of a process; name that itself",
				     place->name);
	if (!is_trusted(&dir))
		return place__refuse(place,
				     "'%s' is a symbolic link in a directory that others may write to; name its target",
				     place->name);
	return 0;
}

static int descend(struct place *place, int dir)
{
	if (dir < 0)
		return -errno;
	if (place->dir >= 0)
		close(place->dir);
	place->dir = dir;
	return 0;
}

static int start(struct walk *walk, char *path)
{
	free(walk->path);
	walk->path = walk->at = path;
	if (!path)
		return -ENOMEM;
	if (*path == '/')
		return descend(walk->place, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (walk->place->dir >= 0)
		return 0;
	return descend(walk->place, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int follow(struct walk *walk, int link)
{
	char target[PATH_MAX], *path;
	int err = check_link(walk->place);
	ssize_t len;

	if (err)
		return err;
	if (++walk->links > MAX_LINKS)
		return -ELOOP;
	len = readlinkat(link, "", target, sizeof(target));
	if (len <= 0 || (size_t)len == sizeof(target))
		return len < 0 ? -errno : -ENAMETOOLONG;
	if (asprintf(&path, "%.*s%s", (int)len, target, walk->at) < 0)
		return -ENOMEM;
	err = start(walk, path);
	if (!err && own_number(path) >= 0)
		err = take_fd(walk->place, own_number(path));
	return err;
}

/* The next name of the path; false: it is too long. */
static bool take_name(struct walk *walk)
{
	size_t len;

	walk->at += strspn(walk->at, "/");
	len = strcspn(walk->at, "/");
	if (len > NAME_MAX)
		return false;
	memcpy(walk->place->name, walk->at, len);
	walk->place->name[len] = '\0';
	walk->at += len;
	return true;
}

/* Takes fd over: a link, a directory on the way, or the end of it, where *found is set. */
static int enter(struct walk *walk, int fd, bool *found)
{
	struct stat st;
	int err;

	err = fstat(fd, &st) ? -errno : 0;
	if (!err && S_ISLNK(st.st_mode)) {
		err = follow(walk, fd);
	} else if (!err && !*walk->at) {
		*found = true;
	} else if (!err) {
		err = S_ISDIR(st.st_mode) ? descend(walk->place, fd) : -ENOTDIR;
		if (!err)
			return 0;
	}
	close(fd);
	return err;
}

static int step(struct walk *walk, bool *found)
{
	int fd;

	if (!take_name(walk))
		return -ENAMETOOLONG;
	if (!walk->place->name[0])
		return -EISDIR;
	fd = openat(walk->place->dir, walk->place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return enter(walk, fd, found);
	*found = errno == ENOENT && !*walk->at;
	return *found ? 0 : -errno;
}

static int check_file(struct place *place)
{
	const struct stat *st = &place->st;

	if (st->st_uid != geteuid())
		return place__refuse(place, "it belongs to user %u; remove it, or name another file", st->st_uid);
	if (st->st_nlink > 1)
		return place__refuse(place, "it has %lu names (hard links); remove it, or name another file",
				     (unsigned long)st->st_nlink);
	return 0;
}

/* Only root can make devices; anyone can make FIFOs. */
static int check_device(struct place *place)
{
	struct stat dir;

	if (S_ISSOCK(place->st.st_mode))
		return place__refuse(place, "it is a socket; expected a file, a FIFO or a device");
	if (fstat(place->dir, &dir))
		return -errno;
	if (S_ISFIFO(place->st.st_mode) && place->st.st_uid != geteuid() && !is_trusted(&dir))
		return place__refuse(place, "it is a FIFO of user %u in a directory that others may write to",
				     place->st.st_uid);
	return 0;
}

int place__look(struct place *place)
{
	struct stat *st = &place->st;

	if (fstatat(place->dir, place->name, st, AT_SYMLINK_NOFOLLOW)) {
		memset(st, 0, sizeof(*st));
		place->kind = PLACE_FILE;
		return errno == ENOENT ? 0 : -errno;
	}
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (S_ISLNK(st->st_mode))
		return place__refuse(place, "it has become a symbolic link");
	place->kind = S_ISREG(st->st_mode) ? PLACE_FILE : PLACE_DEVICE;
	return place->kind == PLACE_FILE ? check_file(place) : check_device(place);
}

/* A file that the shell opened for memtrace may be written, whoever owns it. */
static int look_first(struct place *place)
{
	struct stat st;

	if (!fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) && own_stream(&st) >= 0)
		return take_fd(place, own_stream(&st));
	return place__look(place);
}

static int walk_path(struct place *place, const char *path)
{
	struct walk walk = { .place = place };
	bool found = false;
	int err = start(&walk, strdup(path));

	while (!err && !found && place->kind != PLACE_OWN)
		err = step(&walk, &found);
	free(walk.path);
	return err || !found ? err : look_first(place);
}

int place__find(struct place *place, const char *path)
{
	int err;

	*place = (struct place){ .dir = -1, .fd = -1 };
	if (!path || !strcmp(path, "-"))
		return take_fd(place, STDOUT_FILENO);
	if (own_number(path) >= 0)
		return take_fd(place, own_number(path));
	if (!*path)
		return -ENOENT;
	if (path[strlen(path) - 1] == '/')
		return -EISDIR;
	err = walk_path(place, path);
	if (err)
		place__close(place);
	return err;
}

int place__check_dir(struct place *place)
{
	struct stat dir;

	if (fstat(place->dir, &dir))
		return -errno;
	if (dir.st_nlink)
		return 0;
	place__refuse(place, "its directory was removed");
	return -ENOENT;
}

/* FNV-1a: no keyed hash is needed, because the user who chooses the name also writes the file. */
uint64_t place__key(const struct place *place)
{
	uint64_t key = 0xcbf29ce484222325;

	for (const char *at = place->name; *at; at++)
		key = (key ^ (unsigned char)*at) * 0x100000001b3;
	return key >> 1;
}

void place__close(struct place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	place->dir = -1;
}
