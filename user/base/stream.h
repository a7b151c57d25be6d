/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A stream's errors as -errno: stdio only remembers that one happened.  Also streams that are read. */
#ifndef MEMTRACE_BASE_STREAM_H
#define MEMTRACE_BASE_STREAM_H

#include <stdio.h>

/* 0, or -EIO if any write to it failed so far. */
int stream__error(FILE *stream);
/* Flushes the buffer; 0, or -errno of that, or as above. */
int stream__flush(FILE *stream);

/*
 * Opens a file, a pipe or, by the name "-", standard input for reading.  It ends with the input, or with the run:
 * then errno is ECANCELED. 0 or -errno.
 */
int stream__open_input(FILE **stream, const char *path);

#endif
