/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Files that say what memtrace does: nobody but root and its user may have written them. */
#ifndef MEMTRACE_BASE_OWNED_FILE_H
#define MEMTRACE_BASE_OWNED_FILE_H

#include <stddef.h>

#define OWNED_FILE_WHY 160

/*
 * Reads a regular file of at most max bytes that belongs to root or to the effective user, and that neither its group
 * nor others may write to.  Links are followed: what counts is the file.  0, and text, with a 0 behind it, is the
 * caller's; else -errno, with the reason in why for people; *text is then NULL.
 */
int owned_file__read(const char *path, size_t max, char **text, size_t *size, char why[OWNED_FILE_WHY]);

#endif
