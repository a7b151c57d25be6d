// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mini_debug.h"

#include <lzma.h>
#include <stdlib.h>

#define FIRST_SIZE 65536

struct image {
	char *bytes;
	size_t size;
};

/* Twice the room, up to the bound; false: that is reached, or there is no memory. */
static bool grow(struct image *image, size_t *room)
{
	size_t more = *room ? 2 * *room : FIRST_SIZE;
	char *bytes;

	if (*room >= MINI_DEBUG_UNPACKED)
		return false;
	bytes = realloc(image->bytes, more);
	if (!bytes)
		return false;
	image->bytes = bytes;
	*room = more;
	return true;
}

/* Memory is taken as bytes come, not as the section says how many will. */
static bool unpack(const char *packed, size_t size, struct image *image)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret got = lzma_stream_decoder(&stream, MINI_DEBUG_DECODER, 0);
	size_t room = 0;

	stream.next_in = (const uint8_t *)packed;
	stream.avail_in = size;
	while (got == LZMA_OK && grow(image, &room)) {
		stream.next_out = (uint8_t *)image->bytes + image->size;
		stream.avail_out = room - image->size;
		got = lzma_code(&stream, LZMA_FINISH);
		image->size = room - stream.avail_out;
		if (got == LZMA_OK && stream.avail_out)
			break; /* it wants more bytes than there are */
	}
	lzma_end(&stream);
	return got == LZMA_STREAM_END;
}

bool mini_debug__add(const struct elf_file *file, struct symtab *tab)
{
	struct image image = { 0 };
	struct elf_file inner;
	size_t size;
	const char *packed = elf_file__section(file, ".gnu_debugdata", MINI_DEBUG_PACKED, &size);
	bool any = false;

	if (packed && unpack(packed, size, &image) && !elf_file__open_image(&inner, image.bytes, image.size)) {
		any = elf_file__symbols(&inner, tab) != ELF_SYMBOLS_NONE;
		elf_file__close(&inner);
	}
	free(image.bytes);
	return any;
}
