// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/units.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, what a read gives at most */
#define KERNEL_MAX 7	/* the highest priority that only the kernel itself can give a message */

/* By enum oom_constraint. */
static const char *const constraints[] = { "NONE", "CPUSET", "MEMORY_POLICY", "MEMCG" };

/* Where a text begins for the last time; NULL: nowhere. */
static const char *find_last(const char *text, const char *what)
{
	const char *last = NULL, *at = text;

	while ((at = strstr(at, what)))
		last = at++;
	return last;
}

static bool read_constraint(struct oom_line *line, const char *text)
{
	size_t len = strcspn(text, ",\n"), i;

	for (i = 0; i < sizeof(constraints) / sizeof(*constraints); i++) {
		if (strlen(constraints[i]) != len || strncmp(constraints[i], text, len))
			continue;
		line->constraint = (int32_t)i;
		return true;
	}
	return false;
}

/* The victim's name stands before its id, so the last one is the id. */
static bool read_pid(struct oom_line *line, const char *text)
{
	const char *at = find_last(text, ",pid=");
	char number[16];
	uint64_t pid;

	if (!at)
		return false;
	at += strlen(",pid=");
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(at, ","), at);
	if (parse_uint(number, 1, UINT32_MAX, &pid))
		return false;
	line->pid = (uint32_t)pid;
	return true;
}

static void read_limit(struct oom_line *line, const char *text)
{
	const char *at = strstr(text, ",oom_memcg="), *end = find_last(text, ",task_memcg=");

	if (!at || !end)
		return;
	at += strlen(",oom_memcg=");
	if (end > at && (size_t)(end - at) < sizeof(line->limit))
		memcpy(line->limit, at, (size_t)(end - at));
}

bool oom_line__parse(struct oom_line *line, const char *record)
{
	static const char begin[] = "oom-kill:constraint=CONSTRAINT_";
	const char *text = strchr(record, ';');

	memset(line, 0, sizeof(*line));
	if (!text || strtoul(record, NULL, 10) > KERNEL_MAX)
		return false;
	text++;
	if (strncmp(text, begin, strlen(begin)))
		return false;
	text += strlen(begin);
	if (!read_constraint(line, text) || !read_pid(line, text))
		return false;
	read_limit(line, text);
	return true;
}

void oom_log__open(struct oom_log *log)
{
	log->nr = 0;
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd >= 0)
		lseek(log->fd, 0, SEEK_END);
}

void oom_log__close(struct oom_log *log)
{
	if (log->fd > 0)
		close(log->fd);
}

/* A record a read; EPIPE: some were overwritten before they were read. */
static void read_new(struct oom_log *log)
{
	char record[RECORD_MAX + 1];
	ssize_t len;

	while (log->fd > 0) {
		len = read(log->fd, record, RECORD_MAX);
		if (len < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (len <= 0)
			break;
		record[len] = '\0';
		log->nr += oom_line__parse(&log->kills[log->nr % OOM_LOG_KILLS], record);
	}
}

const struct oom_line *oom_log__find(struct oom_log *log, uint32_t pid, uint32_t tid)
{
	unsigned int i;

	read_new(log);
	for (i = 1; i <= OOM_LOG_KILLS && i <= log->nr; i++) {
		const struct oom_line *line = &log->kills[(log->nr - i) % OOM_LOG_KILLS];

		if (line->pid == pid || line->pid == tid)
			return line;
	}
	return NULL;
}
