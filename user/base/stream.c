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

/* A pipe cannot. */
static int seek_input(void *cookie, off64_t *offset, int whence)
{
	off64_t at = lseek64((int)(intptr_t)cookie, *offset, whence);

	if (at < 0)
		return -1;
	*offset = at;
	return 0;
}

int stream__open_input(FILE **stream, const char *path)
{
	static const cookie_io_functions_t functions = { .read = read_some, .seek = seek_input, .close = close_input };
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
