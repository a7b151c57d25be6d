/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "stop.h"

/* Hidden, short enough for any directory, and never a name that ends in .prom. */
#define TEMP_NAME ".memtrace-XXXXXX"

/* Length of the directory part of path with its slash; 0 if it has none. */
static size_t dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/* The fd of our own standard output or error, if that is what st describes, else -1. */
static int own_stream(const struct stat *st)
{
	struct stat own;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (is_writable(fd) && !fstat(fd, &own) && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
			return fd;
	}
	return -1;
}

/* All or nothing: stdio takes a short write of a cookie for an error, and would forget which. */
static ssize_t write_all(void *cookie, const char *data, size_t size)
{
	struct outfile *file = cookie;

	if (!file->error)
		file->error = stop__write(file->fd, data, size);
	return file->error ? 0 : (ssize_t)size;
}

static int close_fd(void *cookie)
{
	struct outfile *file = cookie;

	return close(file->fd);
}

/* Takes fd over; or it is -1 and errno says why. */
static int stream_of(struct outfile *file, int fd)
{
	static const cookie_io_functions_t functions = { .write = write_all, .close = close_fd };
	int err;

	if (fd < 0)
		return -errno;
	file->fd = fd;
	file->stream = fopencookie(file, "w", functions);
	if (!file->stream) {
		err = -errno;
		close(fd);
		return err;
	}
	if (isatty(fd))
		setvbuf(file->stream, NULL, _IOLBF, 0);
	return 0;
}

/*
 * Not opened by name again if it is ours: that would truncate it or write over
 * what others write to it, and a socket cannot be opened at all.
 */
static int open_own(struct outfile *file, int fd)
{
	if (!is_writable(fd))
		return -EBADF;
	return stream_of(file, fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

static int set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0644 & ~mask) ? -errno : 0;
}

static int open_temp(struct outfile *file)
{
	int fd, err;

	fd = mkostemp(file->temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = set_mode(fd);
	if (err)
		close(fd);
	else
		err = stream_of(file, fd);
	if (err)
		unlink(file->temp);
	return err;
}

/* The place, behind symbolic links where it exists, so that a link stays one. */
static int find_place(struct outfile *file, const char *path, bool exists)
{
	size_t dir;

	file->place = exists ? realpath(path, NULL) : strdup(path);
	if (!file->place)
		return -errno;
	dir = dir_length(file->place);
	if (asprintf(&file->temp, "%.*s" TEMP_NAME, (int)dir, file->place) < 0) {
		file->temp = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void outfile__clear(struct outfile *file)
{
	free(file->temp);
	free(file->place);
	*file = (struct outfile){ 0 };
}

/* What find_place() cannot put a file on, though its directory may be writable. */
static int check_path(const char *path, const struct stat *st, bool exists)
{
	if (!*path)
		return -ENOENT;
	if (exists)
		return S_ISDIR(st->st_mode) ? -EISDIR : 0;
	if (path[strlen(path) - 1] == '/')
		return -EISDIR;
	return strlen(path + dir_length(path)) > NAME_MAX ? -ENAMETOOLONG : 0;
}

int outfile__open(struct outfile *file, const char *path)
{
	struct stat st = { 0 };
	bool exists;
	int err;

	*file = (struct outfile){ 0 };
	if (!path)
		return open_own(file, STDOUT_FILENO);
	exists = !stat(path, &st);
	if (!exists && errno != ENOENT)
		return -errno;
	if (exists && own_stream(&st) >= 0)
		return open_own(file, own_stream(&st));
	err = check_path(path, &st, exists);
	if (err)
		return err;
	if (exists && !S_ISREG(st.st_mode))
		return stream_of(file, open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
	err = find_place(file, path, exists);
	if (!err)
		err = open_temp(file);
	if (err)
		outfile__clear(file);
	return err;
}

int outfile__share(struct outfile *file)
{
	if (!file->temp)
		return 0;
	return fchmod(file->fd, 0644) ? -errno : 0;
}

int outfile__hide(struct outfile *file)
{
	return !file->temp || !fchmod(file->fd, 0600) ? 0 : -errno;
}

static int write_out(const struct outfile *file)
{
	if (fflush(file->stream) || ferror(file->stream))
		return file->error ? file->error : -EIO;
	return file->temp && fsync(file->fd) ? -errno : 0;
}

int outfile__commit(struct outfile *file)
{
	int err = write_out(file);

	if (fclose(file->stream) && !err)
		err = -errno;
	if (file->temp && !err && rename(file->temp, file->place))
		err = -errno;
	if (file->temp && err)
		unlink(file->temp);
	outfile__clear(file);
	return err;
}

int outfile__finish(struct outfile *file, int err)
{
	if (!err)
		return outfile__commit(file);
	if (file->error)
		err = file->error;
	outfile__abort(file);
	return err;
}

void outfile__abort(struct outfile *file)
{
	if (!file->stream)
		return;
	fclose(file->stream);
	if (file->temp)
		unlink(file->temp);
	outfile__clear(file);
}

static void report_in_directory(const char *path, int err)
{
	size_t len = dir_length(path);
	char *dir;

	dir = len ? strndup(path, len > 1 ? len - 1 : len) : strdup(".");
	if (!dir)
		log_error("cannot write '%s': %s", path, strerror(-err));
	else if (err == -ENOENT && access(dir, F_OK))
		log_error("cannot write '%s': there is no directory '%s'; create it, or name another", path, dir);
	else
		log_error("cannot write '%s': directory '%s': %s; choose one that you may write to", path, dir,
			  strerror(-err));
	free(dir);
}

void outfile__report_error(const char *path, int err)
{
	switch (err) {
	case -EPIPE:
	case -ECANCELED:
		break;
	case -ETIMEDOUT:
		log_error("%s: nobody reads it, and the run was ended; the output is cut there",
			  path ? path : "standard output");
		break;
	case -ENOENT:
	case -EACCES:
	case -EPERM:
	case -EROFS:
		if (path) {
			report_in_directory(path, err);
			break;
		}
		/* fallthrough */
	default:
		if (path)
			log_error("cannot write '%s': %s", path, strerror(-err));
		else
			log_error("cannot write to standard output: %s", strerror(-err));
	}
}

bool outfile__same(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       S_ISREG(x.st_mode);
}
