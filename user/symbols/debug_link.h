/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What an ELF file says about the file that was split off it, by its section .gnu_debuglink: a name and a checksum
 * (GDB's manual, "Separate Debug Files").  Both are hostile.
 */
#ifndef MEMTRACE_SYMBOLS_DEBUG_LINK_H
#define MEMTRACE_SYMBOLS_DEBUG_LINK_H

#include "elf_file.h"

#define DEBUG_LINK_NAME_MAX 255

struct debug_link {
	char name[DEBUG_LINK_NAME_MAX + 1]; /* of a file, without any directory; "": there is none */
	uint32_t crc;			    /* of all its bytes */
};

/* false, and an empty name, if it names none, or more than a file. */
bool debug_link__read(const struct elf_file *file, struct debug_link *link);
/* Whether the file's bytes have that checksum.  What is larger than 1 GiB has not. */
bool debug_link__matches(const struct debug_link *link, const struct elf_file *file);

#endif
