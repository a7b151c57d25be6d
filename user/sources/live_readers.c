// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "live_readers.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#define TURN_OVER (-EAGAIN)

static int watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int readers__open(struct readers *readers)
{
	memset(readers, 0, sizeof(*readers));
	readers->open = true;
	readers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	readers->more_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (readers->epoll_fd < 0 || readers->more_fd < 0)
		return -errno;
	return watch(readers->epoll_fd, readers->more_fd);
}

/* A record takes whole words and one before it (kernel/bpf/ringbuf.c). */
static int on_record(void *ctx, void *data, size_t size)
{
	struct ring_reader *reader = ctx;

	reader->record(reader->ctx, data, size);
	reader->left -= (int64_t)((size + 7) / 8 * 8 + 8);
	return reader->left > 0 ? 0 : TURN_OVER;
}

int readers__add(struct readers *readers, int map_fd, void (*record)(void *ctx, void *data, size_t size), void *ctx)
{
	struct ring_reader *reader = &readers->list[readers->nr];

	reader->record = record;
	reader->ctx = ctx;
	reader->buffer = ring_buffer__new(map_fd, on_record, reader, NULL);
	if (!reader->buffer)
		return -errno;
	readers->nr++;
	return watch(readers->epoll_fd, ring_buffer__epoll_fd(reader->buffer));
}

int readers__watch(struct readers *readers, int fd)
{
	return watch(readers->epoll_fd, fd);
}

void readers__close(struct readers *readers)
{
	while (readers->nr)
		ring_buffer__free(readers->list[--readers->nr].buffer);
	if (!readers->open)
		return;
	close(readers->more_fd);
	close(readers->epoll_fd);
	readers->open = false;
}

int readers__fd(const struct readers *readers)
{
	return readers->epoll_fd;
}

/* One turn of each ring; 1 if any has more, 0, or -errno. */
static int take_turns(struct readers *readers)
{
	int more = 0, n;
	size_t i;

	for (i = 0; i < readers->nr; i++) {
		readers->list[i].left = READ_BATCH_BYTES;
		n = ring_buffer__consume(readers->list[i].buffer);
		if (n < 0 && n != TURN_OVER)
			return n;
		more |= n == TURN_OVER;
	}
	return more;
}

int readers__read(struct readers *readers, uint64_t bytes)
{
	uint64_t turns = bytes / READ_BATCH_BYTES + 1, one = 1, count;
	int more;

	if (read(readers->more_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	do
		more = take_turns(readers);
	while (more > 0 && --turns);
	readers->more = more > 0;
	if (more > 0 && write(readers->more_fd, &one, sizeof(one)) < 0)
		return -errno;
	return more < 0 ? more : 0;
}
