// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kept.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STAMP_LEN 15	     /* 20261128T031244 */
#define SIZE_MOST (64 << 20) /* of one file */

bool kept__is_report(const char *name, const char *prefix)
{
	static const char shape[] = "ddddddddTdddddd";
	size_t len = strlen(prefix), i;

	if (strncmp(name, prefix, len) || strlen(name) >= KEEPER_NAME_MAX)
		return false;
	for (i = 0; i < STAMP_LEN; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)name[len + i]) : name[len + i] != 'T')
			return false;
	return strrchr(name, '.') != NULL;
}

static uint64_t time_of(const char *stamp)
{
	struct tm tm = { 0 };
	time_t seconds;

	if (sscanf(stamp, "%4d%2d%2dT%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	return seconds > 0 ? (uint64_t)seconds : 0;
}

static bool is_trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && (st->st_uid == geteuid() || !st->st_uid);
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Finds its name; "": none. */
static void find(struct kept *kept, DIR *stream, const struct kept_request *request)
{
	size_t len = strlen(request->prefix);
	struct timespec written = { 0 };
	const struct dirent *d;
	struct stat st;
	int order;

	while ((d = readdir(stream))) {
		if (!kept__is_report(d->d_name, request->prefix) || strcmp(strrchr(d->d_name, '.'), request->ending) ||
		    (request->wanted && !request->wanted(d->d_name)))
			continue;
		order = kept->name[0] ? strncmp(d->d_name + len, kept->name + len, STAMP_LEN) : 1;
		if (order < 0 || fstatat(dirfd(stream), d->d_name, &st, AT_SYMLINK_NOFOLLOW) || !is_trusted(&st) ||
		    (!order && !is_later(&st.st_mtim, &written)))
			continue;
		snprintf(kept->name, sizeof(kept->name), "%s", d->d_name);
		written = st.st_mtim;
	}
}

static int read_all(struct kept *kept, int fd)
{
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st))
		return -errno;
	if (!is_trusted(&st) || st.st_size > SIZE_MOST)
		return -EFBIG;
	kept->data = malloc((size_t)st.st_size + 1);
	if (!kept->data)
		return -ENOMEM;
	while (kept->size < (size_t)st.st_size) {
		len = read(fd, kept->data + kept->size, (size_t)st.st_size - kept->size);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (!len)
			break;
		kept->size += (size_t)len;
	}
	kept->data[kept->size] = '\0';
	return 0;
}

int kept__newest(struct kept *kept, const char *dir, const struct kept_request *request)
{
	DIR *stream = opendir(dir);
	int fd, err;

	memset(kept, 0, sizeof(*kept));
	if (!stream)
		return -errno;
	find(kept, stream, request);
	fd = kept->name[0] ? openat(dirfd(stream), kept->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	err = !kept->name[0] ? -ENOENT : fd < 0 ? -errno : read_all(kept, fd);
	kept->wall_s = kept->name[0] ? time_of(kept->name + strlen(request->prefix)) : 0;
	if (fd >= 0)
		close(fd);
	closedir(stream);
	return err;
}

void kept__done(struct kept *kept)
{
	free(kept->data);
	kept->data = NULL;
}
