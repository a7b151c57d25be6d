/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which functions the compiler put into others, of a file that has debugging information (DWARF's
 * DW_TAG_inlined_subroutine).  The file is hostile; nothing of it is mapped into memory, and none that it names is
 * opened.  Reading may take long: it belongs into the process apart.
 */
#ifndef MEMTRACE_SYMBOLS_INLINED_H
#define MEMTRACE_SYMBOLS_INLINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_file.h"

/* The most that the debugging information of a file may take, unpacked, in bytes. */
#define INLINED_MAX_BYTES (128U << 20)
/* The most functions at an address: the innermost ones. */
#define INLINED_MAX_NESTED 16

struct inlined;

/* At an address: that many names, one behind the other, each with its NUL; the innermost first; as in the file. */
struct inlined_names {
	size_t nr;
	const char *names;
};

/*
 * Takes over the file if it has debugging information of its code, and at most max_bytes of it, INLINED_MAX_BYTES
 * or less.  Else NULL, and the file stays open.
 */
struct inlined *inlined__new(struct elf_file *file, size_t max_bytes);
void inlined__free(struct inlined *inlined); /* NULL is fine */
/* What it may take of memory, about; it never changes. */
size_t inlined__bytes(const struct inlined *inlined);
/*
 * The functions that are inlined at an address of the file's own.  None also if finding them takes longer than 0.1 s;
 * after three such addresses the file is left alone.  Valid until inlined__trim() or inlined__free().
 */
struct inlined_names inlined__find(struct inlined *inlined, uint64_t vaddr);
/* Forgets what was found, if that is much. */
void inlined__trim(struct inlined *inlined);

#endif
