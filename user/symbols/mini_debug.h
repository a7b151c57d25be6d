/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * MiniDebugInfo: an ELF file with the functions that .dynsym has not, compressed in a section of the program itself,
 * .gnu_debugdata (GDB's manual, "MiniDebugInfo").
 */
#ifndef MEMTRACE_SYMBOLS_MINI_DEBUG_H
#define MEMTRACE_SYMBOLS_MINI_DEBUG_H

#include "elf_file.h"

/* What it may take, whatever the section claims: packed, unpacked, and for the decoder, in bytes. */
#define MINI_DEBUG_PACKED   (16U << 20)
#define MINI_DEBUG_UNPACKED (64U << 20)
#define MINI_DEBUG_DECODER  (64U << 20)

/* Adds its functions.  false: there is none, it is damaged, or it is too large. */
bool mini_debug__add(const struct elf_file *file, struct symtab *tab);

#endif
