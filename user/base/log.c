/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sanitise.h"
#include "stop.h"

/* Longer messages are cut; a name in one is at most a path. */
#define MAX_MESSAGE 8192

static bool be_verbose;

static struct {
	void (*line)(void *ctx, bool note, const char *text);
	void *ctx;
} diverted;

void log__divert(void (*line)(void *ctx, bool note, const char *text), void *ctx)
{
	diverted.line = line;
	diverted.ctx = ctx;
}

void log__set_verbose(bool verbose)
{
	be_verbose = verbose;
}

/*
 * Levels of syslog(3), which the journal takes from lines that begin with them (sd-daemon(3)).  Only if standard error
 * is the journal, which JOURNAL_STREAM says by device and inode.
 */
enum level { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_NOTE = 6, LEVEL_DEBUG = 7 };

static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &dev, &ino) != 2 || fstat(STDERR_FILENO, &st))
		return false;
	return st.st_dev == dev && st.st_ino == ino;
}

/* One write a line, so that lines of several threads or processes do not mix; errno survives. */
static void log_line(enum level level, const char *kind, const char *fmt, va_list args)
{
	char message[MAX_MESSAGE], safe[2 * MAX_MESSAGE], line[2 * MAX_MESSAGE + 64], prefix[16] = "";
	int saved = errno, len;

	if (is_journal())
		snprintf(prefix, sizeof(prefix), "<%d>", (int)level);

	vsnprintf(message, sizeof(message), fmt, args);
	if (diverted.line) {
		snprintf(line, sizeof(line), "%s%s", kind, sanitise_terminal(safe, sizeof(safe), message));
		diverted.line(diverted.ctx, level > LEVEL_WARNING, line);
		errno = saved;
		return;
	}
	len = snprintf(line, sizeof(line), "%smemtrace: %s%s\n", prefix, kind,
		       sanitise_terminal(safe, sizeof(safe), message));
	stop__write(STDERR_FILENO, line, (size_t)len);
	errno = saved;
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LEVEL_ERROR, "", fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LEVEL_WARNING, "warning: ", fmt, args);
	va_end(args);
}

void log_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LEVEL_NOTE, "", fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	if (!be_verbose)
		return;
	va_start(args, fmt);
	log_line(LEVEL_DEBUG, "debug: ", fmt, args);
	va_end(args);
}
