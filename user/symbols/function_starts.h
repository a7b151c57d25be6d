/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where the functions of an ELF file begin, also of one without symbols: the index of its call frame information
 * (.eh_frame_hdr, which programs with exceptions and most others keep) has each.
 */
#ifndef MEMTRACE_SYMBOLS_FUNCTION_STARTS_H
#define MEMTRACE_SYMBOLS_FUNCTION_STARTS_H

#include "elf_file.h"

/*
 * Adds functions that tab has no name for, as "NAME@0x1234", where they begin by the file's own addresses.  name: of
 * the file, any bytes.  How many: of an index that is damaged, that is written in a way linkers do not use, or that
 * does not fit, fewer or none.
 */
size_t function_starts__add(const struct elf_file *file, const char *name, struct symtab *tab);

#endif
