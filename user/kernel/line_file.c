// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "line_file.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* A line that is being put together. */
struct lines {
	char line[LINE_FILE_LINE];
	size_t len;
	void (*take)(void *ctx, char *line);
	void *ctx;
};

static void add(struct lines *lines, const char *text, size_t len)
{
	size_t room = sizeof(lines->line) - 1 - lines->len;

	len = len < room ? len : room;
	memcpy(lines->line + lines->len, text, len);
	lines->len += len;
}

static void end_line(struct lines *lines)
{
	lines->line[lines->len] = '\0';
	lines->take(lines->ctx, lines->line);
	lines->len = 0;
}

static void feed(struct lines *lines, const char *text, size_t len)
{
	const char *end = text + len, *newline;

	for (; (newline = memchr(text, '\n', end - text)); text = newline + 1) {
		add(lines, text, newline - text);
		end_line(lines);
	}
	add(lines, text, end - text);
}

void line_file__each_of(const char *text, size_t len, void (*take)(void *ctx, char *line), void *ctx)
{
	struct lines lines = { .take = take, .ctx = ctx };

	feed(&lines, text, len);
	if (lines.len)
		end_line(&lines);
}

int line_file__each(int fd, void (*take)(void *ctx, char *line), void *ctx)
{
	struct lines lines = { .take = take, .ctx = ctx };
	char buf[16 * 1024];
	off_t at = 0;
	ssize_t got;

	while (at < LINE_FILE_MAX && (got = pread(fd, buf, sizeof(buf), at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		feed(&lines, buf, got);
		at += got;
	}
	if (at >= LINE_FILE_MAX)
		return -EFBIG;
	if (lines.len)
		end_line(&lines);
	return 0;
}
