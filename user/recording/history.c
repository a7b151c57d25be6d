// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "history_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SEC	     1000000000ULL
#define SEGMENT_NAME "segment" /* what the directory's lock is about; there is no such file */
/* A segment is the unit that goes: a small part of all. */
#define SEGMENTS_OF_TIME 24
#define SEGMENT_MIN_NS	 (60 * SEC)
#define SEGMENT_MAX_NS	 (1800 * SEC)
#define SEGMENTS_OF_SIZE 32
/* A clock that is wrong for a while must not cost all: so many go for their age when one begins. */
#define TOO_OLD_AT_ONCE 2
#define ROOM_TO_GO_ON	(4ULL << 20) /* bytes that a disk has which is not full any more */

static int make_dir(const char *path)
{
	struct place place;
	int err = place__find(&place, path);

	if (err == -EISDIR)
		return 0;
	if (!err && (place.kind != PLACE_FILE || place.st.st_mode))
		err = -ENOTDIR;
	if (!err && mkdirat(place.dir, place.name, 0700))
		err = errno == EEXIST ? 0 : -errno;
	place__close(&place);
	return err;
}

static int check_dir(struct place *place)
{
	struct stat st;

	if (fstat(place->dir, &st))
		return -errno;
	if (st.st_uid != geteuid())
		return place__refuse(place, "the directory belongs to user %u; expected one of your own", st.st_uid);
	if (st.st_mode & 077)
		return place__refuse(place, "the directory has mode %04o; expected 0700: only its owner may look in",
				     st.st_mode & 07777);
	return 0;
}

/* "DIR" without slashes behind it; NULL: no memory. */
static char *trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

static int open_in(struct outfile *file, const char *path)
{
	char *name;
	int err = make_dir(path);

	if (err)
		return err;
	if (asprintf(&name, "%s/" SEGMENT_NAME, path) < 0)
		return -ENOMEM;
	err = outfile__open(file, name, OUTFILE_RECORDING);
	free(name);
	return err;
}

int history__open(struct outfile *file, const char *path)
{
	char *dir = trimmed(path);
	int err;

	*file = (struct outfile){ .fd = -1, .put_fd = -1, .place = { .dir = -1 } };
	if (!dir)
		return -ENOMEM;
	err = open_in(file, dir);
	free(dir);
	file->path = path;
	if (!err)
		err = check_dir(&file->place);
	if (err)
		return err;
	outfile__drop(file);
	return 0;
}

int history__init(struct history *history, struct outfile *file, const struct history_limits *limits)
{
	int fd = openat(file->place.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	*history = (struct history){ .file = file, .limits = *limits, .number = 1 };
	history->dir = fd < 0 ? NULL : fdopendir(fd);
	if (!history->dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	rewrite__clean(history->dir);
	err = segments__read(&history->closed, history->dir, true);
	if (!err && history->closed.nr)
		history->number = history->closed.list[history->closed.nr - 1].number + 1;
	return err;
}

void history__free(struct history *history)
{
	if (history->dir)
		closedir(history->dir);
	history->dir = NULL;
	rewrite__free(history->rewrite);
	history->rewrite = NULL;
	segments__free(&history->closed);
}

static void stop_thinning(struct history *history)
{
	rewrite__free(history->rewrite);
	history->rewrite = NULL;
}

void history__remove_first(struct history *history)
{
	if (history->rewrite && history->closed.list[0].number == history->rewritten)
		stop_thinning(history);
	unlinkat(history->file->place.dir, history->closed.list[0].name, 0);
	segments__drop(&history->closed, 1);
}

/* A segment ended when the next one began. */
static void remove_too_old(struct history *history, uint64_t wall_ns)
{
	const struct segments *closed = &history->closed;
	int left = TOO_OLD_AT_ONCE;

	while (left-- && closed->nr > 1 && closed->list[1].wall_s * SEC + history->limits.keep_ns < wall_ns)
		history__remove_first(history);
}

int history__begin(struct history *history, uint64_t now_ns, uint64_t wall_ns)
{
	struct segment next;
	int err;

	remove_too_old(history, wall_ns);
	if (!segment__name(&next, wall_ns / SEC, history->number))
		return -EOVERFLOW;
	err = outfile__begin_as(history->file, next.name);
	if (err)
		return err;
	history->current = next;
	history->began_ns = now_ns;
	history->start_bytes = 0;
	history->number++;
	history->of_run++;
	return 0;
}

/* Of the segment that is written again, beside the old one. */
static uint64_t thinned_takes(const struct history *history)
{
	return history->rewrite ? rewrite__takes(history->rewrite) : 0;
}

static bool make_room(struct history *history, size_t size)
{
	uint64_t takes = segment__takes(history->file->bytes + size);

	if (takes > history->limits.max_bytes)
		return false;
	while (history->closed.nr && history->closed.bytes + thinned_takes(history) + takes > history->limits.max_bytes)
		history__remove_first(history);
	return true;
}

int history__write(struct history *history, const void *data, size_t size)
{
	return make_room(history, size) ? outfile__write(history->file, data, size) : -ENOSPC;
}

void history__begun(struct history *history)
{
	history->start_bytes = history->file->bytes;
}

static uint64_t between(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

/* What a segment begins with is a part of it, and should not be most of it. */
bool history__is_due(const struct history *history, uint64_t now_ns)
{
	uint64_t segment_ns = between(history->limits.keep_ns / SEGMENTS_OF_TIME, SEGMENT_MIN_NS, SEGMENT_MAX_NS);
	uint64_t bytes = history->limits.max_bytes / SEGMENTS_OF_SIZE;

	if (now_ns >= history->began_ns + segment_ns)
		return true;
	return history->file->bytes >= bytes && history->file->bytes >= 4 * history->start_bytes;
}

/* It may have been cut off in the middle of a block: what it takes is what the file has. */
static int keep_current(struct history *history)
{
	struct stat st;
	int err = 0;

	if (history->current.name[0] &&
	    !fstatat(history->file->place.dir, history->current.name, &st, AT_SYMLINK_NOFOLLOW)) {
		history->current.bytes = segment__takes((uint64_t)st.st_size);
		err = segments__add(&history->closed, &history->current);
	}
	history->current.name[0] = '\0';
	return err;
}

int history__end(struct history *history, int err)
{
	int kept;

	err = outfile__put(history->file, err);
	kept = keep_current(history);
	return err ? err : kept;
}

void history__drop(struct history *history)
{
	bool named = history->file->named;

	outfile__drop(history->file);
	if (named && history->current.name[0])
		unlinkat(history->file->place.dir, history->current.name, 0);
	if (history->current.name[0])
		history->of_run--;
	history->current.name[0] = '\0';
}

bool history__has_room(const struct history *history)
{
	struct statvfs fs;

	return fstatvfs(history->file->place.dir, &fs) || (uint64_t)fs.f_bavail * fs.f_frsize >= ROOM_TO_GO_ON;
}
