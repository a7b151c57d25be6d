// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "dump_names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"

static int make_name(char *name, const char *base, unsigned int number)
{
	int len = number == 1 ? snprintf(name, NAME_MAX + 1, "%s", base) :
				snprintf(name, NAME_MAX + 1, "%s.%u", base, number);

	return len > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Only a file that is surely one of these is replaced. */
static bool is_own_recording(int dir, const char *name, const struct stat *st)
{
	char magic[sizeof(FORMAT_MAGIC) - 1];
	bool same;
	int fd;

	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink != 1)
		return false;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	same = read(fd, magic, sizeof(magic)) == sizeof(magic) && !memcmp(magic, FORMAT_MAGIC, sizeof(magic));
	close(fd);
	return same;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

int dump_names__next(int dir, const char *base, char *name)
{
	struct timespec oldest = { 0 };
	unsigned int number, oldest_number = 0;
	struct stat st;

	for (number = 1; number <= DUMP_FILES_MAX; number++) {
		int err = make_name(name, base, number);

		if (err)
			return err;
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
			return errno == ENOENT ? 0 : -errno;
		if (!is_own_recording(dir, name, &st) || (oldest_number && !is_older(&st.st_mtim, &oldest)))
			continue;
		oldest = st.st_mtim;
		oldest_number = number;
	}
	return oldest_number ? make_name(name, base, oldest_number) : -EEXIST;
}
