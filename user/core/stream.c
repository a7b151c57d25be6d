/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "stream.h"

int stream__write(int fd, const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size) {
		n = write(fd, at, size);
		if (n >= 0) {
			at += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int stream__error(FILE *stream)
{
	return ferror(stream) ? -EIO : 0;
}

int stream__flush(FILE *stream)
{
	if (fflush(stream) != 0)
		return errno ? -errno : -EIO;
	return stream__error(stream);
}
