/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Numbers and strings as bytes, between memtrace and the process that reads names for it.  Answers are as hostile as
 * the files that they were read from: nothing is read beyond what is there.
 */
#ifndef MEMTRACE_SYMBOLS_MESSAGE_H
#define MEMTRACE_SYMBOLS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps.h"

/*
 * A message being written.  When memory runs out, or it would be longer than MESSAGE_MAX, failed is set and it ends
 * there.
 */
#define MESSAGE_MAX (4U << 20)

struct message {
	char *bytes; /* owned: free(3) */
	size_t size, room;
	bool failed;
};

void message__put_bytes(struct message *message, const void *bytes, size_t size);
void message__put_u64(struct message *message, uint64_t value);
void message__put_string(struct message *message, const void *bytes, size_t size);
void message__put_mapping(struct message *message, const struct mapping *mapping);

/* A message being read.  Beyond its end every value is 0 or "", and failed is set. */
struct message_cursor {
	const char *at, *end;
	bool failed;
};

uint64_t message__get_u64(struct message_cursor *cursor);
/* The bytes in place, at most max; more is a failure. */
const char *message__get_string(struct message_cursor *cursor, size_t *size, size_t max);
/* Its path is written to path, which has MESSAGE_PATH_SIZE bytes. */
#define MESSAGE_PATH_SIZE 4097
void message__get_mapping(struct message_cursor *cursor, struct mapping *mapping, char *path);

#endif
