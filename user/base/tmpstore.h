/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Keeps bytes that are seldom read out of memory: they are appended to an unlinked file in $TMPDIR, or else
 * in /tmp.  If there is no such directory, or it is full, they stay in memory.
 */
#ifndef MEMTRACE_BASE_TMPSTORE_H
#define MEMTRACE_BASE_TMPSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tmpstore {
	size_t longest;	  /* piece that is read at once */
	int fd;		  /* -1: none yet, or none can be made */
	bool in_memory;	  /* the file failed: the tail grows instead */
	uint64_t flushed; /* bytes in the file; the tail begins here */
	uint8_t *tail;
	size_t tail_len, tail_cap;
	uint8_t *window; /* of the file, as read last */
	uint64_t window_at;
	size_t window_len;
};

/* longest: bytes of the longest piece that will be read. */
void tmpstore__init(struct tmpstore *s, size_t longest);
void tmpstore__free(struct tmpstore *s);
uint64_t tmpstore__size(const struct tmpstore *s);

/* Appends bytes, which stay in one piece; 0 or -ENOMEM. */
int tmpstore__append(struct tmpstore *s, const void *data, size_t size);
/*
 * The bytes at that offset, valid until the next call: the whole of a piece that begins there, with *size bytes up to
 * where what was read ends.  0 or -errno.
 */
int tmpstore__read(struct tmpstore *s, uint64_t at, const uint8_t **data, size_t *size);
/* Overwrites one byte; 0 or -errno. */
int tmpstore__poke(struct tmpstore *s, uint64_t at, uint8_t byte);
/* Forgets all bytes; the file stays open for the next ones. */
void tmpstore__reset(struct tmpstore *s);

#endif
