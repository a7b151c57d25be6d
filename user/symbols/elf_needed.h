/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The files that the dynamic linker maps beside a program or a library. */
#ifndef MEMTRACE_SYMBOLS_ELF_NEEDED_H
#define MEMTRACE_SYMBOLS_ELF_NEEDED_H

#include "elf_file.h"

enum elf_need {
	ELF_NEEDS_LIBRARY, /* DT_NEEDED: a name, or a path */
	ELF_NEEDS_PATH,	   /* DT_RPATH, DT_RUNPATH: directories, with ":" between */
	ELF_NEEDS_LINKER,  /* the path of the dynamic linker itself */
};

/*
 * Calls visit for each, in the file's order, with a text that is valid during the call only and may be anything.  Of a
 * file of another word size or byte order it finds nothing but the linker.
 */
void elf_file__visit_needed(const struct elf_file *file, void (*visit)(void *ctx, enum elf_need need, const char *text),
			    void *ctx);

#endif
