/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What mappings need of ELF files, kept: a library is mapped by many processes, and perhaps ten thousand times by one.
 */
#ifndef MEMTRACE_KERNEL_ELF_CACHE_H
#define MEMTRACE_KERNEL_ELF_CACHE_H

#include "../symbols/maps.h"
#include "../symbols/elf_file.h"

#define ELF_CACHE_SEGMENTS 8

struct elf_cache;

struct elf_cache *elf_cache__new(void); /* NULL if memory ran out */
void elf_cache__free(struct elf_cache *cache);
/*
 * Fills in what the file behind a mapping says: build id, vaddr, and which file it is.  fd: taken; cache may be
 * NULL: nothing is kept.
 */
void elf_cache__describe(struct elf_cache *cache, int fd, struct mapping *mapping);
/* The same of a file that is open already. */
void elf_cache__describe_open(const struct elf_file *file, struct mapping *mapping);

#endif
