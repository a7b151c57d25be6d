// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/stop.h"

static int open_path(struct recfile *file, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	file->made = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd;
}

int recfile__open(struct recfile *file, const char *path)
{
	*file = (struct recfile){ .path = path };
	file->fd = strcmp(path, "-") ? open_path(file, path) : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return file->fd < 0 ? -errno : 0;
}

/* What an older file held goes; a pipe or a device has nothing to cut. */
static int begin(struct recfile *file)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) && strcmp(file->path, "-") && ftruncate(file->fd, 0))
		return -errno;
	file->begun = true;
	return 0;
}

int recfile__write(struct recfile *file, const void *data, size_t size)
{
	int err = file->begun ? 0 : begin(file);

	if (!err)
		err = stop__write(file->fd, data, size);
	if (!err)
		file->bytes += size;
	return err;
}

int recfile__close(struct recfile *file)
{
	int err = 0;

	if (file->fd < 0)
		return 0;
	if (file->made && !file->begun)
		unlink(file->path);
	if (close(file->fd))
		err = -errno;
	file->fd = -1;
	return err;
}
