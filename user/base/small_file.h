/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Small files of the kernel, as text.  They come whole with the first read(2): another one might find that the task
 * is gone.
 */
#ifndef MEMTRACE_BASE_SMALL_FILE_H
#define MEMTRACE_BASE_SMALL_FILE_H

#include <stddef.h>

/*
 * What the file has, into size bytes of buf (at least 1), with a 0 behind it; what does not fit is cut.  path is
 * relative to the directory dir, or to the current one with AT_FDCWD.  The length, or -errno with "" in buf.
 */
int small_file__read_at(int dir, const char *path, char *buf, size_t size);
/* Its first line, without the newline.  0 or -errno with "" in buf; -ENODATA: the file is empty. */
int small_file__read_line(const char *path, char *buf, size_t size);

#endif
