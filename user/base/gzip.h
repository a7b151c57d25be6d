/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Compresses into a stream (RFC 1952), as the bytes come.  The same bytes give the same file: it has no time and no
 * name. */
#ifndef MEMTRACE_BASE_GZIP_H
#define MEMTRACE_BASE_GZIP_H

#include <stddef.h>
#include <stdio.h>

struct gzip;

/* stream is borrowed.  NULL: no memory. */
struct gzip *gzip__new(FILE *stream);
/* 0 or -ENOMEM.  Errors of the stream are the stream's to tell. */
int gzip__write(struct gzip *gzip, const void *data, size_t size);
/* Writes what is left and the end.  0 or -ENOMEM. */
int gzip__finish(struct gzip *gzip);
void gzip__free(struct gzip *gzip); /* NULL is fine */

#endif
