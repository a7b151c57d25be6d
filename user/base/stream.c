/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "stop.h"
#include "stream.h"

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

/* A cookie is its file descriptor. */
static ssize_t read_some(void *cookie, char *data, size_t size)
{
	ssize_t len = stop__read((int)(intptr_t)cookie, data, size);

	if (len >= 0)
		return len;
	errno = (int)-len;
	return -1;
}

static int close_input(void *cookie)
{
	return close((int)(intptr_t)cookie);
}

int stream__open_input(FILE **stream, const char *path)
{
	static const cookie_io_functions_t functions = { .read = read_some, .close = close_input };
	int fd = strcmp(path, "-") ? stop__open_file(path, O_RDONLY | O_CLOEXEC, 0) :
				     fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int err;

	*stream = NULL;
	if (fd < 0)
		return strcmp(path, "-") ? fd : -errno;
	*stream = fopencookie((void *)(intptr_t)fd, "r", functions);
	if (*stream)
		return 0;
	err = -errno;
	close(fd);
	return err;
}
