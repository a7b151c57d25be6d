// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/stop.h"

/* Reads from a stream: 1: all bytes; 0: it ended before; -errno. */
static int read_all(struct reader *reader, void *to, size_t size)
{
	size_t got;

	errno = 0;
	got = fread(to, 1, size, reader->stream);
	reader->next += got;
	if (got == size)
		return 1;
	if (ferror(reader->stream))
		return errno ? -errno : -EIO;
	return 0;
}

static int bad(struct reader *reader, const char *why)
{
	snprintf(reader->why, sizeof(reader->why), "%s", why);
	reader->state = READER_DAMAGED;
	return -EBADMSG;
}

static int read_file_head(struct reader *reader)
{
	struct file_head head;
	int got = read_all(reader, &head, sizeof(head));

	if (got < 0)
		return got;
	if (!got || memcmp(head.magic, FORMAT_MAGIC, sizeof(head.magic)))
		return bad(reader, "it does not begin like a recording of memtrace");
	if (head.major == FORMAT_MAJOR)
		return 0;
	bad(reader, "");
	snprintf(reader->why, sizeof(reader->why),
		 "it has version %u.%u of the format; this memtrace reads version %u only", head.major, head.minor,
		 (unsigned int)FORMAT_MAJOR);
	return -EBADMSG;
}

static int read_payload(struct reader *reader, const struct block_head *head)
{
	void *payload;

	if (head->size > reader->payload_room || !reader->payload) {
		payload = realloc(reader->payload, head->size + 1);
		if (!payload)
			return -ENOMEM;
		reader->payload = payload;
		reader->payload_room = head->size;
	}
	return read_all(reader, reader->payload, head->size);
}

/* The next block, unpacked into reader->raw: 1; 0: there is none, or no whole one; -errno. */
static int read_block(struct reader *reader, struct block_head *head)
{
	const char *why;
	int got, err;

	reader->offset = reader->next;
	got = read_all(reader, head, sizeof(*head));
	free(reader->raw);
	reader->raw = NULL;
	if (got > 0) {
		why = block_head__check(head);
		if (why)
			return bad(reader, why);
		got = read_payload(reader, head);
	}
	if (got <= 0) {
		if (!got)
			reader->state = READER_CUT_OFF;
		return got;
	}
	err = block__unpack(reader->zstd, head, reader->payload, &reader->raw, &why);
	if (err == -EBADMSG)
		return bad(reader, why);
	if (err)
		return err;
	reader->nr_blocks++;
	return 1;
}

static int parse_json(struct reader *reader, const struct block_head *head, json_t **json)
{
	json_error_t error;

	json_decref(*json);
	*json = json_loadb(reader->raw, head->raw_size, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(*json))
		return 0;
	json_decref(*json);
	*json = NULL;
	return bad(reader, "a block that describes the recording is no JSON object");
}

static int read_head(struct reader *reader)
{
	struct block_head head;
	int err = read_block(reader, &head);

	if (err < 0)
		return err;
	if (!err)
		return bad(reader, "it ends before its first block does");
	if (head.kind != BLOCK_HEAD)
		return bad(reader, "its first block does not describe it");
	err = parse_json(reader, &head, &reader->head);
	if (err)
		return err;
	err = layouts__read(&reader->layouts, json_object_get(reader->head, "records"), &reader->own, reader->why,
			    sizeof(reader->why));
	if (err == -EBADMSG)
		reader->state = READER_DAMAGED;
	return err;
}

int reader__open(struct reader *reader, FILE *stream)
{
	int err;

	memset(reader, 0, sizeof(*reader));
	reader->stream = stream;
	reader->zstd = ZSTD_createDCtx();
	if (!reader->zstd)
		return -ENOMEM;
	err = layouts__own(&reader->own);
	if (!err)
		err = layouts__add_older(&reader->own);
	if (!err)
		err = layouts__add_digest(&reader->own);
	if (!err)
		err = read_file_head(reader);
	if (!err)
		err = read_head(reader);
	if (!err)
		err = decoder__init(&reader->decoder, &reader->layouts);
	return err;
}

void reader__close(struct reader *reader)
{
	decoder__free(&reader->decoder);
	layouts__free(&reader->layouts);
	layouts__free(&reader->own);
	json_decref(reader->head);
	json_decref(reader->end);
	ZSTD_freeDCtx(reader->zstd);
	free(reader->payload);
	free(reader->raw);
	memset(reader, 0, sizeof(*reader));
}

void reader__on_definitions(struct reader *reader, const struct definitions *definitions)
{
	reader->decoder.definitions = *definitions;
}

/* Where the digest's block begins, which stands before the end; -1: there is none. */
static off_t find_digest(struct reader *reader)
{
	off_t found = -1, at = (off_t)reader->next;
	struct block_head head;

	for (; fread(&head, sizeof(head), 1, reader->stream) == 1 && !block_head__check(&head);
	     at += (off_t)(sizeof(head) + head.size)) {
		if (head.kind == BLOCK_END)
			return found;
		found = head.kind == BLOCK_DIGEST ? at : -1;
		if (fseeko(reader->stream, head.size, SEEK_CUR))
			break;
	}
	return -1;
}

/* Whether that block can be read; nothing else is changed. */
static bool is_whole(struct reader *reader, off_t at)
{
	const struct reader before = *reader;
	struct block_head head;
	bool whole = !fseeko(reader->stream, at, SEEK_SET) && read_block(reader, &head) > 0;

	reader->state = before.state;
	reader->offset = before.offset;
	reader->next = before.next;
	reader->nr_blocks = before.nr_blocks;
	return whole;
}

int reader__to_digest(struct reader *reader)
{
	off_t from = ftello(reader->stream), at = from < 0 ? -1 : find_digest(reader);

	if (from < 0)
		return 0;
	if (at >= 0 && !is_whole(reader, at))
		at = -1;
	if (fseeko(reader->stream, at < 0 ? from : at, SEEK_SET))
		return -errno;
	if (at < 0)
		return 0;
	reader->next = (uint64_t)at;
	reader->in_digest = true;
	return 1;
}

/* Goes on to the next block: 1: one of records; 0: the end; -errno. */
static int next_block(struct reader *reader)
{
	enum block_kind wanted = reader->in_digest ? BLOCK_DIGEST : BLOCK_DATA;
	struct block_head head;
	int got;

	do {
		got = read_block(reader, &head);
		if (got <= 0)
			return got;
		if (head.kind == BLOCK_HEAD)
			return bad(reader, "another recording begins before this one ends");
		reader->end_ns = head.end_ns > reader->end_ns ? head.end_ns : reader->end_ns;
		if (head.kind == BLOCK_END) {
			got = parse_json(reader, &head, &reader->end);
			if (!got)
				reader->state = READER_COMPLETE;
			return got;
		}
	} while (head.kind != wanted); /* others are of a later minor version, or a digest: skipped */
	decoder__start(&reader->decoder, reader->raw, head.raw_size);
	return 1;
}

int reader__next(struct reader *reader, const void **record)
{
	int got = 0;

	while (reader->state == READER_READING) {
		got = stop__asked() ? -ECANCELED : decoder__next(&reader->decoder, record);
		if (got == -EBADMSG)
			bad(reader, reader->decoder.why);
		if (!got)
			got = next_block(reader);
		else if (got != -EBADMSG)
			return got;
		if (got < 0)
			break;
	}
	return got == -EBADMSG || got > 0 ? 0 : got;
}
