/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads several rings in turns, so that one that fills faster than it is read keeps neither the others
 * waiting nor the caller forever.
 */
#ifndef MEMTRACE_SOURCES_LIVE_READERS_H
#define MEMTRACE_SOURCES_LIVE_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../model/rings.h"

#define READ_BATCH_BYTES (256 * 1024) /* a turn; some ten milliseconds of printing */

struct ring_buffer;

struct ring_reader {
	struct ring_buffer *buffer;
	void (*record)(void *ctx, void *data, size_t size);
	void *ctx;
	int64_t left; /* bytes of this turn */
};

struct readers {
	struct ring_reader list[RINGS_MAX];
	size_t nr;
	bool open;
	int epoll_fd;
	int more_fd; /* an eventfd: readable while the last call left something */
	bool more;   /* the last call left something */
};

/* 0 or -errno; readers__close() in any case, also of zeroed ones that were never opened. */
int readers__open(struct readers *readers);
/* The first that is added is the first in each turn.  The descriptor stays the caller's. */
int readers__add(struct readers *readers, int map_fd, void (*record)(void *ctx, void *data, size_t size), void *ctx);
/* Another descriptor that wakes the reader when it is readable; -EINVAL and others of epoll_ctl(2). */
int readers__watch(struct readers *readers, int fd);
void readers__close(struct readers *readers);

/* Polls readable when records wait. */
int readers__fd(const struct readers *readers);
/* Delivers what waits, up to that many bytes of each ring; 0 or -errno. */
int readers__read(struct readers *readers, uint64_t bytes);

#endif
