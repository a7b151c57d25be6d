// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (64 * 1024) /* /proc/vmstat has 5 */

static bool is_named(const char *names, const char *name, size_t len)
{
	const char *at, *end;
	size_t word;

	for (at = names; *at; at = end + strspn(end, " ")) {
		end = at + strcspn(at, " ");
		word = end - at;
		if (at[word - 1] == '*' ? len >= word - 1 && !memcmp(at, name, word - 1) :
					  len == word && !memcmp(at, name, len))
			return true;
	}
	return false;
}

static void take_line(const char *line, size_t len, struct counter_sum *sums, size_t nr)
{
	const char *space = memchr(line, ' ', len);
	char *end;
	uint64_t value;
	size_t i;

	if (!space || space == line)
		return;
	value = strtoull(space + 1, &end, 10);
	if (end == space + 1)
		return;
	for (i = 0; i < nr; i++) {
		if (!is_named(sums[i].names, line, space - line))
			continue;
		sums[i].found = true;
		sums[i].sum += value;
	}
}

void counters__parse(const char *text, struct counter_sum *sums, size_t nr)
{
	const char *line, *end;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		take_line(line, end - line, sums, nr);
	}
}

static int read_whole(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t got;
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (got = read(fd, buf + len, size - 1 - len)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			break;
		}
		len += got;
	}
	buf[len] = '\0';
	close(fd);
	return err;
}

int counters__read(const char *path, struct counter_sum *sums, size_t nr)
{
	char buf[FILE_MAX_BYTES];
	int err = read_whole(path, buf, sizeof(buf));

	if (!err)
		counters__parse(buf, sums, nr);
	return err;
}

int counters__read_one(const char *path, uint64_t *value)
{
	char buf[32], *end;
	int err = read_whole(path, buf, sizeof(buf));

	if (err)
		return err;
	*value = strtoull(buf, &end, 10);
	return end == buf ? -EINVAL : 0;
}
