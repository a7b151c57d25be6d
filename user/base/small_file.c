// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int small_file__read_at(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);
	int err = len < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	buf[err ? 0 : len] = '\0';
	return err ? err : (int)len;
}

int small_file__read_line(const char *path, char *buf, size_t size)
{
	int len = small_file__read_at(AT_FDCWD, path, buf, size);

	if (len <= 0)
		return len ? len : -ENODATA;
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}
