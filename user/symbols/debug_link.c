// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "debug_link.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_SECTION 4096
#define MAX_FILE    (1L << 30)

/* The name, its NUL, padding to 4 bytes, then the checksum in the file's byte order. */
bool debug_link__read(const struct elf_file *file, struct debug_link *link)
{
	size_t size, len, at;
	const char *bytes = elf_file__section(file, ".gnu_debuglink", MAX_SECTION, &size);

	*link = (struct debug_link){ 0 };
	len = bytes ? strnlen(bytes, size) : 0;
	at = (len + 4) / 4 * 4;
	if (!len || len > DEBUG_LINK_NAME_MAX || at + sizeof(link->crc) > size || memchr(bytes, '/', len) ||
	    !strncmp(bytes, "..", len) || !strncmp(bytes, ".", len))
		return false;
	memcpy(&link->crc, bytes + at, sizeof(link->crc));
	if (!elf_file__is_our_order(file))
		link->crc = __builtin_bswap32(link->crc);
	memcpy(link->name, bytes, len);
	return true;
}

bool debug_link__matches(const struct debug_link *link, const struct elf_file *file)
{
	unsigned char bytes[65536];
	uLong crc = crc32(0, NULL, 0);
	struct stat st;
	off_t at = 0;
	ssize_t got;

	if (!link->name[0] || fstat(file->fd, &st) || st.st_size > MAX_FILE)
		return false;
	while (at <= MAX_FILE && (got = pread(file->fd, bytes, sizeof(bytes), at)) > 0) {
		crc = crc32(crc, bytes, (uInt)got);
		at += got;
	}
	return at <= MAX_FILE && crc == link->crc;
}
