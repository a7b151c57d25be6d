/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Makes names from processes, cgroups and files harmless.  They may hold any bytes. */
#ifndef MEMTRACE_BASE_SANITISE_H
#define MEMTRACE_BASE_SANITISE_H

#include <stddef.h>

/*
 * One rule says which characters harm: control characters of C0 and C1, DEL; characters that are invisible (U+00AD,
 * U+200B, U+200C, U+2060 to U+206F, U+FEFF, tags), break lines (U+2028, U+2029) or change direction (U+061C,
 * U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069); bytes that are not UTF-8.  U+200D, which joins, is kept.
 *
 * For a terminal: harmful characters, and the backslash, become \xHH escapes of their bytes.  Writes at most size
 * bytes, NUL included (an escape or a character is never cut in two), and returns buf.
 */
char *sanitise_terminal(char *buf, size_t size, const char *text);

/*
 * For formats that escape the backslash on their own (labels of metrics): harmful characters become such escapes,
 * uncut, in memory that the caller frees; NULL if it ran out.
 */
char *sanitise_visible_dup(const char *text);

/*
 * Valid UTF-8 for formats that escape all else on their own (JSON): each byte that is not
 * part of a valid character becomes U+FFFD.  As sanitise_terminal().
 */
char *sanitise_utf8(char *buf, size_t size, const char *text);

/* The same, uncut, in memory that the caller frees; NULL if it ran out. */
char *sanitise_utf8_dup(const char *text);

/*
 * Columns that valid UTF-8 text takes on a terminal, whatever the locale (wcwidth; 1 for what it does not know,
 * as a terminal then shows a box).
 */
size_t text_width(const char *text);

/* Bytes of the longest beginning of text that takes at most width columns; *taken: the columns it takes. */
size_t text_prefix(const char *text, size_t width, size_t *taken);

#endif
