/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A stream's errors as -errno, for outputs: stdio remembers that one happened, not which. */
#ifndef MEMTRACE_CORE_STREAM_H
#define MEMTRACE_CORE_STREAM_H

#include <stdio.h>

/* All of it, also where the descriptor does not block; 0 or -errno. */
int stream__write(int fd, const void *data, size_t size);
/* 0, or -EIO if anything that was written to it so far went wrong. */
int stream__error(FILE *stream);
/* Hands on what is buffered; 0, or -errno of that, or as above. */
int stream__flush(FILE *stream);

#endif
