// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "owned_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check(int fd, char *why)
{
	struct stat st;

	if (fstat(fd, &st)) {
		snprintf(why, OWNED_FILE_WHY, "%s", strerror(errno));
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, OWNED_FILE_WHY, "expected a regular file");
		return -EINVAL;
	}
	if (st.st_uid && st.st_uid != geteuid()) {
		snprintf(why, OWNED_FILE_WHY, "belongs to the user with id %u; expected a file of %s", st.st_uid,
			 geteuid() ? "root's or your own" : "root's");
		return -EPERM;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, OWNED_FILE_WHY,
			 "others than its owner may write to it (mode %04o); expected 0644 or less",
			 st.st_mode & 07777);
		return -EPERM;
	}
	return 0;
}

/* One byte more than fits shows that there is more. */
static int read_all(int fd, size_t max, char *text, size_t *size, char *why)
{
	ssize_t len = 1;

	for (*size = 0; len > 0 && *size <= max; *size += len) {
		len = read(fd, text + *size, max + 1 - *size);
		if (len < 0) {
			snprintf(why, OWNED_FILE_WHY, "%s", strerror(errno));
			return -errno;
		}
	}
	if (*size <= max)
		return 0;
	snprintf(why, OWNED_FILE_WHY, "too large; expected at most %zu bytes", max);
	return -EFBIG;
}

int owned_file__read(const char *path, size_t max, char **text, size_t *size, char why[OWNED_FILE_WHY])
{
	/* a FIFO would wait for a writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	*text = NULL;
	if (fd < 0) {
		err = -errno;
		snprintf(why, OWNED_FILE_WHY, "%s", strerror(errno));
		return err;
	}
	err = check(fd, why);
	if (!err) {
		*text = malloc(max + 2);
		err = *text ? read_all(fd, max, *text, size, why) : -ENOMEM;
	}
	close(fd);
	if (!err) {
		(*text)[*size] = '\0';
		return 0;
	}
	if (err == -ENOMEM)
		snprintf(why, OWNED_FILE_WHY, "out of memory");
	free(*text);
	*text = NULL;
	return err;
}
