/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Files of the kernel line by line, however long they are: zoneinfo of many CPUs, slabinfo, vmallocinfo. */
#ifndef MEMTRACE_KERNEL_LINE_FILE_H
#define MEMTRACE_KERNEL_LINE_FILE_H

#include <stddef.h>

#define LINE_FILE_LINE 1024		  /* bytes of a line, with the 0 behind it; what is longer is cut there */
#define LINE_FILE_MAX  (32 * 1024 * 1024) /* bytes of a file */

/*
 * Calls take for each line of what fd has, from its begin, without the newline; the line is take's to change, and is
 * gone after the call.  0; -EFBIG: the file goes on after LINE_FILE_MAX; or another -errno.  What came before an error
 * was taken.
 */
int line_file__each(int fd, void (*take)(void *ctx, char *line), void *ctx);
/* The same for a text. */
void line_file__each_of(const char *text, size_t len, void (*take)(void *ctx, char *line), void *ctx);

#endif
