// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ZSTD_LEVEL	    1
#define ZSTD_LEVEL_FOR_LONG 9

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define CHECKSUMS_COUNT 0 /* a fuzzer would get no further */
#else
#define CHECKSUMS_COUNT 1
#endif

static uint16_t check_of(const struct block_head *head)
{
	struct block_head without = *head;

	without.check = 0;
	without.crc = 0;
	return (uint16_t)crc32(crc32(0, NULL, 0), (const Bytef *)&without, sizeof(without));
}

static uint32_t crc_of(const struct block_head *head, const void *payload)
{
	struct block_head without = *head;
	uLong crc = crc32(0, NULL, 0);

	without.crc = 0;
	crc = crc32(crc, (const Bytef *)&without, sizeof(without));
	return (uint32_t)crc32(crc, payload, head->size);
}

/* Packed if that makes it smaller; the payload's size. */
static size_t fill_payload(ZSTD_CCtx *zstd, int level, struct block *block, size_t room, const void *raw, size_t size)
{
	uint8_t *to = block->bytes + sizeof(block->head);
	size_t packed = ZSTD_compressCCtx(zstd, to, room, raw, size, level);

	block->head.codec = CODEC_ZSTD;
	if (!ZSTD_isError(packed) && packed < size)
		return packed;
	block->head.codec = CODEC_NONE;
	memcpy(to, raw, size);
	return size;
}

static struct block *pack(ZSTD_CCtx *zstd, int level, enum block_kind kind, const void *raw, size_t size, uint32_t nr,
			  uint64_t end_ns)
{
	size_t room = ZSTD_compressBound(size);
	struct block *block, *fitting;

	if (size > BLOCK_MAX) {
		errno = EMSGSIZE;
		return NULL;
	}
	block = calloc(1, sizeof(*block) + sizeof(block->head) + room);
	if (!block)
		return NULL;
	block->head =
		(struct block_head){ .magic = BLOCK_MAGIC, .kind = kind, .raw_size = size, .nr = nr, .end_ns = end_ns };
	block->head.size = fill_payload(zstd, level, block, room, raw, size);
	block->head.check = check_of(&block->head);
	block->head.crc = crc_of(&block->head, block->bytes + sizeof(block->head));
	memcpy(block->bytes, &block->head, sizeof(block->head));
	block->size = sizeof(block->head) + block->head.size;
	/* it may be kept for long */
	fitting = realloc(block, sizeof(*block) + block->size);
	if (fitting)
		block = fitting;
	return block;
}

struct block *block__pack(ZSTD_CCtx *zstd, enum block_kind kind, const void *raw, size_t size, uint32_t nr,
			  uint64_t end_ns)
{
	return pack(zstd, ZSTD_LEVEL, kind, raw, size, nr, end_ns);
}

struct block *block__pack_for_long(ZSTD_CCtx *zstd, enum block_kind kind, const void *raw, size_t size, uint32_t nr,
				   uint64_t end_ns)
{
	return pack(zstd, ZSTD_LEVEL_FOR_LONG, kind, raw, size, nr, end_ns);
}

const char *block_head__check(const struct block_head *head)
{
	if (head->magic != BLOCK_MAGIC)
		return "no block begins where one should";
	if (CHECKSUMS_COUNT && head->check != check_of(head))
		return "a block's head is damaged: its checksum differs";
	if (head->size > BLOCK_MAX || head->raw_size > BLOCK_MAX)
		return "a block claims to be larger than blocks can be";
	if (head->kind != BLOCK_DATA && head->kind <= BLOCK_END && head->raw_size > BLOCK_JSON_MAX)
		return "a block that describes the recording claims to be larger than such can be";
	if (head->codec == CODEC_NONE && head->size != head->raw_size)
		return "a block's sizes contradict each other";
	if (head->codec > CODEC_ZSTD)
		return "a block is packed in a way that is not known";
	return NULL;
}

int block__unpack(ZSTD_DCtx *zstd, const struct block_head *head, const void *payload, void **raw, const char **why)
{
	size_t size;

	*raw = NULL;
	*why = "a block is damaged: its checksum differs";
	if (CHECKSUMS_COUNT && crc_of(head, payload) != head->crc)
		return -EBADMSG;
	*raw = malloc(head->raw_size + 1); /* not NULL for none */
	if (!*raw)
		return -ENOMEM;
	if (head->codec == CODEC_NONE) {
		memcpy(*raw, payload, head->raw_size);
		return 0;
	}
	size = ZSTD_decompressDCtx(zstd, *raw, head->raw_size, payload, head->size);
	if (!ZSTD_isError(size) && size == head->raw_size)
		return 0;
	*why = "a block cannot be unpacked";
	free(*raw);
	*raw = NULL;
	return -EBADMSG;
}
