// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "message.h"

#include <stdlib.h>
#include <string.h>

static char *space(struct message *message, size_t size)
{
	size_t room = message->room ? message->room : 4096;
	char *bytes;

	if (size > MESSAGE_MAX - message->size)
		message->failed = true;
	if (message->failed)
		return NULL;
	while (message->size + size > room)
		room *= 2;
	if (room > message->room) {
		bytes = realloc(message->bytes, room);
		message->failed = !bytes;
		if (!bytes)
			return NULL;
		message->bytes = bytes;
		message->room = room;
	}
	message->size += size;
	return message->bytes + message->size - size;
}

void message__put_bytes(struct message *message, const void *bytes, size_t size)
{
	char *to = space(message, size);

	if (to && size)
		memcpy(to, bytes, size);
}

void message__put_u64(struct message *message, uint64_t value)
{
	message__put_bytes(message, &value, sizeof(value));
}

void message__put_string(struct message *message, const void *bytes, size_t size)
{
	message__put_u64(message, size);
	message__put_bytes(message, bytes, size);
}

void message__put_mapping(struct message *message, const struct mapping *mapping)
{
	message__put_u64(message, mapping->start);
	message__put_u64(message, mapping->end);
	message__put_u64(message, mapping->file_offset);
	message__put_u64(message, mapping->vaddr);
	message__put_u64(message, mapping->elf);
	message__put_u64(message, mapping->dev);
	message__put_u64(message, mapping->inode);
	message__put_string(message, mapping->build_id.bytes, mapping->build_id.len);
	message__put_string(message, mapping->path, strnlen(mapping->path, MESSAGE_PATH_SIZE - 1));
}

uint64_t message__get_u64(struct message_cursor *cursor)
{
	uint64_t value;

	if (cursor->failed || (size_t)(cursor->end - cursor->at) < sizeof(value)) {
		cursor->failed = true;
		return 0;
	}
	memcpy(&value, cursor->at, sizeof(value));
	cursor->at += sizeof(value);
	return value;
}

const char *message__get_string(struct message_cursor *cursor, size_t *size, size_t max)
{
	uint64_t len = message__get_u64(cursor);
	const char *at = cursor->at;

	cursor->failed |= len > max || len > (size_t)(cursor->end - cursor->at);
	*size = cursor->failed ? 0 : (size_t)len;
	if (cursor->failed)
		return "";
	cursor->at += len;
	return at;
}

void message__get_mapping(struct message_cursor *cursor, struct mapping *mapping, char *path)
{
	const char *text;
	size_t size;

	*mapping = (struct mapping){ .path = path };
	mapping->start = message__get_u64(cursor);
	mapping->end = message__get_u64(cursor);
	mapping->file_offset = message__get_u64(cursor);
	mapping->vaddr = message__get_u64(cursor);
	mapping->elf = message__get_u64(cursor);
	mapping->dev = message__get_u64(cursor);
	mapping->inode = message__get_u64(cursor);
	text = message__get_string(cursor, &size, BUILD_ID_MAX);
	memcpy(mapping->build_id.bytes, text, size);
	mapping->build_id.len = (uint8_t)size;
	text = message__get_string(cursor, &size, MESSAGE_PATH_SIZE - 1);
	memcpy(path, text, size);
	path[size] = '\0';
}
