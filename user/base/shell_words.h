/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A command line as somebody would type it. */
#ifndef MEMTRACE_BASE_SHELL_WORDS_H
#define MEMTRACE_BASE_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * arguments: of a command, len bytes, each argument with a 0 behind it.  Writes them to buf (size bytes, NUL included)
 * as words of a POSIX shell: those with other characters than letters, digits and a few that mean nothing are in single
 * quotes.  False, with "" in buf, if they do not fit or there are none.
 */
bool shell_words(char *buf, size_t size, const char *arguments, size_t len);

#endif
