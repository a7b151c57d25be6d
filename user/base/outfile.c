/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "log.h"
#include "stop.h"

#define TEMP_TRIES 8 /* hidden names to try when others are taken */

static const struct {
	mode_t mode;
	bool exact;  /* whatever the umask says */
	bool synced; /* on the disk before it has its name */
	bool grows;
} kinds[] = {
	[OUTFILE_REPORT] = { .mode = 0644, .synced = true },
	[OUTFILE_SHARED] = { .mode = 0644, .exact = true },
	[OUTFILE_DUMP] = { .mode = 0600, .synced = true },
	[OUTFILE_RECORDING] = { .mode = 0600, .grows = true },
};

bool outfile__is_direct(const struct outfile *file)
{
	return file->place.kind != PLACE_FILE;
}

bool outfile__is_stdout(const struct outfile *file)
{
	return file->is_open && file->place.kind == PLACE_OWN && file->place.fd == STDOUT_FILENO;
}

/* Hidden, short enough for any directory, never a name that ends in .prom; the first one is always the same. */
static void name_temp(struct outfile *file, unsigned int number)
{
	unsigned int other = 0;

	if (!number || getrandom(&other, sizeof(other), GRND_NONBLOCK) < 0)
		snprintf(file->temp, sizeof(file->temp), ".memtrace-%016" PRIx64, file->key);
	else
		snprintf(file->temp, sizeof(file->temp), ".memtrace-%016" PRIx64 "-%08x", file->key, other);
}

static void remove_temp(struct outfile *file)
{
	if (file->temp[0])
		unlinkat(file->place.dir, file->temp, 0);
	file->temp[0] = '\0';
}

/* Removes what a writer of this name left when it was killed, on file systems where files must have a name. */
static void remove_stale(struct outfile *file)
{
	struct stat st;

	name_temp(file, 0);
	if (!file->lock || fstatat(file->place.dir, file->temp, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		file->temp[0] = '\0';
	remove_temp(file);
}

static int open_named(struct outfile *file)
{
	int fd = -1;

	for (unsigned int i = 0; fd < 0 && i < TEMP_TRIES; i++) {
		name_temp(file, i);
		fd = openat(file->place.dir, file->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    kinds[file->kind].mode);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		file->temp[0] = '\0';
	return fd;
}

/* O_TMPFILE is not known to every file system (overlayfs before 6.1, NFS). */
static int open_new(struct outfile *file)
{
	mode_t mode = kinds[file->kind].mode;
	int fd, err = place__check_dir(&file->place);

	if (err)
		return err;
	fd = openat(file->place.dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_named(file);
	file->fd = fd;
	if (fd < 0 || (kinds[file->kind].exact && fchmod(fd, mode)))
		return -errno;
	return 0;
}

/* Without waiting: a FIFO without a reader, or a line without a carrier, would block open(2) forever. */
static int open_device(struct outfile *file)
{
	struct place *place = &file->place;
	struct stat st;

	file->fd = openat(place->dir, place->name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (file->fd < 0 && errno == ENXIO && S_ISFIFO(place->st.st_mode)) {
		place__refuse(place, "this FIFO has no reader; start its reader first");
		return -ENXIO;
	}
	if (file->fd < 0 || fstat(file->fd, &st))
		return -errno;
	if (st.st_dev != place->st.st_dev || st.st_ino != place->st.st_ino)
		return place__refuse(place, "it is being replaced by something else");
	return 0;
}

static int open_fd(struct outfile *file)
{
	if (file->place.kind == PLACE_FILE)
		return open_new(file);
	if (file->place.kind == PLACE_DEVICE)
		return open_device(file);
	file->fd = fcntl(file->place.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return file->fd < 0 ? -errno : 0;
}

/* All or nothing: stdio treats a short write of a cookie as an error, and would forget which error it was. */
static ssize_t write_cookie(void *cookie, const char *data, size_t size)
{
	return outfile__write(cookie, data, size) ? 0 : (ssize_t)size;
}

static int open_stream(struct outfile *file)
{
	static const cookie_io_functions_t functions = { .write = write_cookie };

	file->error = 0;
	file->stream = fopencookie(file, "w", functions);
	if (!file->stream)
		return -ENOMEM;
	if (isatty(file->fd))
		setvbuf(file->stream, NULL, _IOLBF, 0);
	return 0;
}

/* The buffer is discarded: nothing is written after an error. */
static void close_stream(struct outfile *file)
{
	if (!file->error)
		file->error = -ECANCELED;
	if (file->stream)
		fclose(file->stream);
	file->stream = NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget(struct outfile *file)
{
	close_stream(file);
	remove_temp(file);
	close_fd(&file->fd);
	file->named = false;
}

int outfile__begin(struct outfile *file)
{
	int err;

	file->bytes = 0;
	if (file->stream)
		return 0;
	file->place.why[0] = '\0';
	err = file->fd < 0 ? open_fd(file) : 0;
	if (!err)
		err = open_stream(file);
	if (err)
		forget(file);
	return err;
}

int outfile__begin_as(struct outfile *file, const char *name)
{
	if (outfile__is_direct(file))
		return outfile__begin(file);
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	outfile__drop(file);
	strcpy(file->place.name, name);
	return outfile__begin(file);
}

static int take_lock(struct outfile *file)
{
	pid_t holder = 0;
	int err;

	file->key = place__key(&file->place);
	err = file_lock__take(&file->lock, file->place.dir, file->key, &holder);
	if (err != -EBUSY)
		return err;
	if (holder == getpid())
		return place__refuse(&file->place, "another option names the same file; expected another one");
	if (!holder)
		return place__refuse(&file->place, "a process of another pid namespace is writing it already");
	return place__refuse(&file->place, "process %d is writing it already; stop that, or name another file", holder);
}

int outfile__open(struct outfile *file, const char *path, enum outfile_kind kind)
{
	int err;

	*file = (struct outfile){ .path = path, .kind = kind, .fd = -1, .put_fd = -1, .is_open = true };
	err = place__find(&file->place, path);
	if (!err && !outfile__is_direct(file)) {
		err = take_lock(file);
		if (!err)
			remove_stale(file);
	}
	if (!err)
		err = outfile__begin(file);
	if (err)
		outfile__close(file);
	return err;
}

/* As root by the descriptor itself, else by its name in /proc. */
static int link_fd(int fd, int dir, const char *name)
{
	char path[32];

	if (!linkat(fd, "", dir, name, AT_EMPTY_PATH))
		return 0;
	if (errno != ENOENT && errno != EPERM)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* A link replaces nothing, so a file without a name gets a hidden one first. */
static int link_temp(struct outfile *file)
{
	int err = -EEXIST;

	for (unsigned int i = 0; err == -EEXIST && i < TEMP_TRIES; i++) {
		name_temp(file, i);
		err = link_fd(file->fd, file->place.dir, file->temp);
	}
	if (err)
		file->temp[0] = '\0';
	return err;
}

static int rename_temp(struct outfile *file)
{
	int dir = file->place.dir;

	if (renameat(dir, file->temp, dir, file->place.name))
		return -errno;
	file->temp[0] = '\0';
	return 0;
}

/* Is this the file that was put last? */
static bool is_put(const struct outfile *file, const struct stat *st)
{
	struct stat put;

	return file->put_fd >= 0 && !fstat(file->put_fd, &put) && st->st_dev == put.st_dev && st->st_ino == put.st_ino;
}

/*
 * As at the start; but the file that was put last is memtrace's own, whatever owner a file system reports (NFS
 * without root's rights).
 */
static int look_again(struct outfile *file)
{
	struct place *place = &file->place;
	int err = place__check_dir(place);

	if (err)
		return err;
	if (!fstatat(place->dir, place->name, &place->st, AT_SYMLINK_NOFOLLOW) && is_put(file, &place->st))
		return 0;
	return place__look(place);
}

static int give_name(struct outfile *file)
{
	int err = look_again(file);

	if (err)
		return err;
	if (outfile__is_direct(file)) {
		file->place.kind = PLACE_FILE;
		return place__refuse(&file->place, "it has become a device or a FIFO");
	}
	if (!file->temp[0] && !file->place.st.st_mode)
		return link_fd(file->fd, file->place.dir, file->place.name);
	err = file->temp[0] ? 0 : link_temp(file);
	return err ? err : rename_temp(file);
}

static int name_it(struct outfile *file)
{
	int err = file->named ? 0 : give_name(file);

	file->named |= !err;
	return err;
}

int outfile__write(struct outfile *file, const void *data, size_t size)
{
	if (file->error)
		return file->error;
	file->error = stop__write(file->fd, data, size);
	/* an older file stays until there is a first block of the new one */
	if (!file->error && kinds[file->kind].grows && !outfile__is_direct(file))
		file->error = name_it(file);
	if (!file->error)
		file->bytes += size;
	return file->error;
}

/* Finds errors that some file systems (NFS) report only at close(2), while the descriptor stays open. */
static int flush_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 || close(copy) ? -errno : 0;
}

static int write_out(struct outfile *file)
{
	if (fflush(file->stream) || ferror(file->stream))
		return file->error ? file->error : -EIO;
	if (file->error)
		return file->error;
	if (outfile__is_direct(file) || !kinds[file->kind].synced)
		return flush_fd(file->fd);
	return fsync(file->fd) ? -errno : 0;
}

/* A file that grows may have been removed meanwhile, with or without its directory. */
static int check_name(struct outfile *file)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return -errno;
	if (st.st_nlink)
		return 0;
	place__refuse(&file->place, "it was removed while it was written");
	return -ENOENT;
}

static int put(struct outfile *file)
{
	int err = write_out(file);

	if (err || outfile__is_direct(file))
		return err;
	err = name_it(file);
	if (!err && kinds[file->kind].grows)
		err = check_name(file);
	if (err)
		return err;
	close_fd(&file->put_fd);
	file->put_fd = file->fd;
	file->fd = -1;
	forget(file);
	return 0;
}

int outfile__put(struct outfile *file, int err)
{
	if (!err)
		err = put(file);
	else if (file->error)
		err = file->error;
	if (err)
		outfile__drop(file);
	return err;
}

void outfile__drop(struct outfile *file)
{
	if (!file->is_open)
		return;
	if (!outfile__is_direct(file))
		forget(file);
	else
		close_stream(file);
}

int outfile__remove(struct outfile *file)
{
	struct stat st;
	int dir = file->place.dir, err;

	if (outfile__is_direct(file))
		return 0;
	err = place__check_dir(&file->place);
	if (err)
		return err;
	if (fstatat(dir, file->place.name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!is_put(file, &st))
		return 1;
	return unlinkat(dir, file->place.name, 0) ? -errno : 0;
}

void outfile__close(struct outfile *file)
{
	if (!file->is_open)
		return;
	forget(file);
	file_lock__release(file->lock);
	file->lock = NULL;
	close_fd(&file->put_fd);
	place__close(&file->place);
	file->is_open = false;
}

int outfile__finish(struct outfile *file, int err)
{
	err = outfile__put(file, err);
	outfile__close(file);
	return err;
}

/* Length of the directory part of path with its slash; 0 if it has none. */
static size_t dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
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

/* NULL: no message, because the reader left or the rest is not wanted. */
static const char *reason_of(int err)
{
	if (err == -EPIPE || err == -ECANCELED)
		return NULL;
	if (err == -ETIMEDOUT)
		return "its reader does not read, and the run was ended; the output is cut there";
	return strerror(-err);
}

void outfile__report_stdout(int err)
{
	const char *reason = reason_of(err);

	if (reason)
		log_error("cannot write to standard output: %s", reason);
}

void outfile__report(const struct outfile *file, int err)
{
	const char *path = file->path;

	if (!path || !strcmp(path, "-"))
		outfile__report_stdout(err);
	else if (file->place.why[0])
		log_error("cannot write '%s': %s", path, file->place.why);
	else if (err == -ENOENT || err == -EACCES || err == -EPERM || err == -EROFS)
		report_in_directory(path, err);
	else if (reason_of(err))
		log_error("cannot write '%s': %s", path, reason_of(err));
}

int outfile__exit_code(const struct outfile *file)
{
	return file->place.why[0] ? EXIT_USAGE : EXIT_FAILED;
}

char *outfile__shown(const struct outfile *file)
{
	char dir[PATH_MAX], link[32], *shown = NULL;
	ssize_t len = -1;

	if (outfile__is_direct(file))
		return strdup(file->path ? file->path : "-");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->place.dir);
	len = readlink(link, dir, sizeof(dir));
	if (len < 0)
		return strdup(file->place.name);
	return asprintf(&shown, "%.*s/%s", (int)len, dir, file->place.name) < 0 ? NULL : shown;
}

bool outfile__same(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       S_ISREG(x.st_mode);
}
