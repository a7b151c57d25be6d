/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "sanitise.h"
#include "stop.h"

/* Longer messages are cut; a name in one is at most a path. */
#define MAX_MESSAGE 8192

static bool be_verbose;

void log__set_verbose(bool verbose)
{
	be_verbose = verbose;
}

/* One write a line, so that lines of several threads or processes do not mix; errno survives. */
static void log_line(const char *level, const char *fmt, va_list args)
{
	char message[MAX_MESSAGE], safe[2 * MAX_MESSAGE], line[2 * MAX_MESSAGE + 64];
	int saved = errno, len;

	vsnprintf(message, sizeof(message), fmt, args);
	len = snprintf(line, sizeof(line), "memtrace: %s%s\n", level, sanitise_terminal(safe, sizeof(safe), message));
	stop__write(STDERR_FILENO, line, (size_t)len);
	errno = saved;
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("warning: ", fmt, args);
	va_end(args);
}

void log_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	if (!be_verbose)
		return;
	va_start(args, fmt);
	log_line("debug: ", fmt, args);
	va_end(args);
}
