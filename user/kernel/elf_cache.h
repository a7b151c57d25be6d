/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Caches what mappings need of ELF files: a library is mapped by many processes, and perhaps ten thousand times by
 * one.
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
 * Fills in a mapping from its file: build id, vaddr, device and inode.  Takes over fd.  cache may be NULL: nothing is
 * kept.
 */
void elf_cache__describe(struct elf_cache *cache, int fd, struct mapping *mapping);
/* The same for a file that is already open. */
void elf_cache__describe_open(const struct elf_file *file, struct mapping *mapping);

#endif
