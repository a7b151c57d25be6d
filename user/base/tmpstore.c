// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tmpstore.h"

#define TAIL_SIZE    32768
#define WINDOW_LEAST 4096

void tmpstore__init(struct tmpstore *s, size_t longest)
{
	*s = (struct tmpstore){ .fd = -1, .longest = longest };
}

void tmpstore__free(struct tmpstore *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->tail);
	free(s->window);
	tmpstore__init(s, s->longest);
}

uint64_t tmpstore__size(const struct tmpstore *s)
{
	return s->flushed + s->tail_len;
}

/* O_TMPFILE is not known to every filesystem (overlayfs before 6.1, NFS). */
static int open_unlinked(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0 || (size_t)snprintf(path, sizeof(path), "%s/memtrace.XXXXXX", dir) >= sizeof(path))
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int open_file(void)
{
	const char *dir = secure_getenv("TMPDIR");

	return open_unlinked(dir && *dir ? dir : P_tmpdir);
}

static int write_all(int fd, const uint8_t *data, size_t size, uint64_t at)
{
	ssize_t n;

	while (size) {
		n = pwrite(fd, data, size, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

/* Moves the tail to the file.  On failure it stays: a partial write is not counted. */
static void flush(struct tmpstore *s)
{
	if (s->fd < 0)
		s->fd = open_file();
	if (s->fd < 0 || write_all(s->fd, s->tail, s->tail_len, s->flushed)) {
		s->in_memory = true;
		return;
	}
	s->flushed += s->tail_len;
	s->tail_len = 0;
}

static int grow_tail(struct tmpstore *s, size_t need)
{
	size_t cap = s->tail_cap ? s->tail_cap + s->tail_cap / 2 : TAIL_SIZE;
	uint8_t *tail;

	if (need <= s->tail_cap)
		return 0;
	if (cap < need)
		cap = need;
	tail = realloc(s->tail, cap);
	if (!tail)
		return -ENOMEM;
	s->tail = tail;
	s->tail_cap = cap;
	return 0;
}

int tmpstore__append(struct tmpstore *s, const void *data, size_t size)
{
	int err;

	if (s->tail_len && s->tail_len + size > TAIL_SIZE && !s->in_memory)
		flush(s);
	err = grow_tail(s, s->tail_len + size);
	if (err)
		return err;
	memcpy(s->tail + s->tail_len, data, size);
	s->tail_len += size;
	return 0;
}

/* Some pieces of the longest, so that most reads find theirs in it. */
static size_t window_size(const struct tmpstore *s)
{
	return s->longest > WINDOW_LEAST / 4 ? 4 * s->longest : WINDOW_LEAST;
}

static int fill_window(struct tmpstore *s, uint64_t at)
{
	ssize_t n;

	if (!s->window)
		s->window = malloc(window_size(s));
	if (!s->window)
		return -ENOMEM;
	s->window_len = 0;
	do {
		n = pread(s->fd, s->window, window_size(s), (off_t)at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	s->window_at = at;
	s->window_len = (size_t)n;
	return 0;
}

/*
 * A window that ends too early is read anew from at on, so that a piece which
 * straddles its end is whole.
 */
static int read_file(struct tmpstore *s, uint64_t at, const uint8_t **data, size_t *size)
{
	bool inside = at >= s->window_at && at < s->window_at + s->window_len;
	int err = 0;

	if (!inside || s->window_at + s->window_len - at < s->longest)
		err = fill_window(s, at);
	if (err)
		return err;
	*data = s->window + (at - s->window_at);
	*size = s->window_len - (size_t)(at - s->window_at);
	return 0;
}

int tmpstore__read(struct tmpstore *s, uint64_t at, const uint8_t **data, size_t *size)
{
	if (at < s->flushed)
		return read_file(s, at, data, size);
	if (at > tmpstore__size(s))
		return -EINVAL;
	*data = s->tail + (at - s->flushed);
	*size = s->tail_len - (size_t)(at - s->flushed);
	return 0;
}

int tmpstore__poke(struct tmpstore *s, uint64_t at, uint8_t byte)
{
	if (at >= tmpstore__size(s))
		return -EINVAL;
	if (at >= s->flushed) {
		s->tail[at - s->flushed] = byte;
		return 0;
	}
	s->window_len = 0;
	return write_all(s->fd, &byte, 1, at);
}

/* A tail that grew in memory is freed, and a file that failed is tried again. */
void tmpstore__reset(struct tmpstore *s)
{
	if (s->fd >= 0 && s->flushed && ftruncate(s->fd, 0)) {
		close(s->fd);
		s->fd = -1;
	}
	if (s->tail_cap > TAIL_SIZE) {
		free(s->tail);
		s->tail = NULL;
		s->tail_cap = 0;
	}
	s->in_memory = false;
	s->flushed = 0;
	s->tail_len = 0;
	s->window_len = 0;
}
