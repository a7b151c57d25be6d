// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "role_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(char *why, const char *what)
{
	snprintf(why, ROLES_WHY, "%s", what);
	return -EBADMSG;
}

/* Who may write to it decides what root's reports say. */
static int check(int fd, char *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return refuse(why, "is no regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, ROLES_WHY, "belongs to user %u; expected root", st.st_uid);
		return -EBADMSG;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(why, "others than its owner may write to it; expected mode 0644 or less");
	if (st.st_size > ROLES_MAX_BYTES) {
		snprintf(why, ROLES_WHY, "has more than %d bytes", ROLES_MAX_BYTES);
		return -EBADMSG;
	}
	return 0;
}

/* It may grow meanwhile: what is behind the limit is not read. */
static int read_all(int fd, char *buf, size_t *len)
{
	ssize_t got = 1;

	for (*len = 0; got && *len < ROLES_MAX_BYTES; *len += (size_t)got) {
		got = read(fd, buf + *len, ROLES_MAX_BYTES - *len);
		if (got < 0)
			return -errno;
	}
	return 0;
}

static int add_file(struct roles *roles, int fd, char *why)
{
	char *text = malloc(ROLES_MAX_BYTES);
	size_t len;
	int err = text ? check(fd, why) : -ENOMEM;

	if (!err)
		err = read_all(fd, text, &len);
	if (!err)
		err = roles__add(roles, text, len, why);
	free(text);
	return err;
}

int role_rules__read(struct roles *roles, const char *path, char why[ROLES_WHY])
{
	/* O_NONBLOCK: a FIFO, which is refused, must not keep it waiting */
	int fd = open(path ? path : ROLE_RULES_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	why[0] = '\0';
	if (fd < 0 && !path && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	err = fd < 0 ? -errno : add_file(roles, fd, why);
	if (err && !why[0])
		snprintf(why, ROLES_WHY, "%s", strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}
