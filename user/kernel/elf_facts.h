/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What mappings need of ELF files, kept: a library is mapped by many processes, and perhaps ten thousand times by one.
 */
#ifndef MEMTRACE_KERNEL_ELF_FACTS_H
#define MEMTRACE_KERNEL_ELF_FACTS_H

#include "../symbols/maps.h"
#include "../symbols/elf_file.h"

#define ELF_FACTS_SEGMENTS 8

struct elf_facts;

struct elf_facts *elf_facts__new(void); /* NULL if memory ran out */
void elf_facts__free(struct elf_facts *facts);
/*
 * Fills in what the file behind a mapping says: build id, vaddr, and which file it is.  fd: taken; facts may be
 * NULL: nothing is kept.
 */
void elf_facts__describe(struct elf_facts *facts, int fd, struct mapping *mapping);
/* The same of a file that is open already. */
void elf_facts__describe_open(const struct elf_file *file, struct mapping *mapping);

#endif
