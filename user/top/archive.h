/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Moments of a recording, in their order: packed, in bounded memory. */
#ifndef MEMTRACE_TOP_ARCHIVE_H
#define MEMTRACE_TOP_ARCHIVE_H

#include "moment.h"

#define TOP_ARCHIVE_BYTES (256UL << 20) /* packed; what comes later is left out */

struct top_archive;

struct top_archive *top_archive__new(void);	     /* NULL: no memory */
void top_archive__free(struct top_archive *archive); /* NULL is fine */
/* Copies a moment, which stays the caller's.  0; -ENOSPC: there is no room; -ENOMEM. */
int top_archive__add(struct top_archive *archive, const struct top_moment *moment);
size_t top_archive__nr(const struct top_archive *archive);
/* When the interval of moment i ended, boot time clock. */
uint64_t top_archive__time_ns(const struct top_archive *archive, size_t i);
/* The last one that ended at that time or before; 0: there is none. */
size_t top_archive__find(const struct top_archive *archive, uint64_t time_ns);
/* Moment i, as it was; what the moment had is freed.  0 or -ENOMEM. */
int top_archive__get(const struct top_archive *archive, size_t i, struct top_moment *moment);

#endif
