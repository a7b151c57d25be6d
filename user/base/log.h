/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Messages for people, on stderr: "memtrace: ...", one line each, printed once, where the user's request is known. */
#ifndef MEMTRACE_BASE_LOG_H
#define MEMTRACE_BASE_LOG_H

#include <stdbool.h>

/* Exit codes; see docs/design.md. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,       /* something went wrong while running */
	EXIT_USAGE = 2,	       /* the request itself was wrong */
	EXIT_NOT_ATTACHED = 3, /* nothing could be attached */
};

void log__set_verbose(bool verbose);

/* Control characters and invalid UTF-8 in the message are escaped: names in it may be hostile. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* only when verbose */

/*
 * Messages go there in place of standard error, made harmless, without "memtrace: " and the end of the line; note: one
 * that is no warning and no error.  NULL: to standard error again.
 */
void log__divert(void (*line)(void *ctx, bool note, const char *text), void *ctx);

#endif
