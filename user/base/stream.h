/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A stream's errors as -errno: stdio remembers that one happened, not which.  And streams that are read. */
#ifndef MEMTRACE_BASE_STREAM_H
#define MEMTRACE_BASE_STREAM_H

#include <stdio.h>

/* 0, or -EIO if anything that was written to it so far went wrong. */
int stream__error(FILE *stream);
/* Hands on what is buffered; 0, or -errno of that, or as above. */
int stream__flush(FILE *stream);

/*
 * For reading a file, a pipe or, by the name "-", standard input, until its end or
 * that of the run: then errno is ECANCELED.  0 or -errno.
 */
int stream__open_input(FILE **stream, const char *path);

#endif
