/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Numbers and strings as bytes, between memtrace and the process that reads names for it.  What that one
 * says is as hostile as the files that it has read: nothing is taken that is not there.
 */
#ifndef MEMTRACE_SYMBOLS_MESSAGE_H
#define MEMTRACE_SYMBOLS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps.h"

/* One that is written; it ends, with failed set, where memory does or it would be longer than MESSAGE_MAX. */
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

/* One that is read.  Behind its end all is 0 and "", and failed is set. */
struct message_cursor {
	const char *at, *end;
	bool failed;
};

uint64_t message__get_u64(struct message_cursor *cursor);
/* The bytes where they lie, of which there are at most max: more fails. */
const char *message__get_string(struct message_cursor *cursor, size_t *size, size_t max);
/* Its path is written to path, which has MESSAGE_PATH_SIZE bytes. */
#define MESSAGE_PATH_SIZE 4097
void message__get_mapping(struct message_cursor *cursor, struct mapping *mapping, char *path);

#endif
