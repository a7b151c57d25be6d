/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Names for the addresses of stacks.  A user address is looked up in the process's mappings, and then in the symbol
 * table of the file behind it, or of a copy of that file or of its separate debug file: wherever that lies, it
 * counts only if its build id is the mapping's.
 *
 * Tables are read when first needed, and kept; the least recently used are dropped.  They take at most the bytes
 * that symbols__new() was given.
 */
#ifndef MEMTRACE_KERNEL_SYMBOLS_H
#define MEMTRACE_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../symbols/maps.h"
#include "../symbols/stack.h"
#include "../symbols/symtab.h"
#include "elf_cache.h"
#include "jit_file.h"

/* Enough for a hundred programs, or for one browser. */
#define SYMBOLS_MAX_BYTES (128 * 1024 * 1024)

struct symbols;

/*
 * dir: where else to look for files, as DIR/.build-id/xx/yyyy.debug, DIR/.build-id/xx/yyyy, DIR/PATH, DIR/NAME, the
 * name of a debug file that the file itself says, or as a client of debuginfod keeps them, DIR/xxyyyy/debuginfo;
 * NULL: $MEMTRACE_SYMBOLS, if it is set.  NULL if memory ran out.
 */
struct symbols *symbols__new(const char *dir, size_t max_bytes);
void symbols__free(struct symbols *symbols);
size_t symbols__bytes(const struct symbols *symbols); /* what tables of files take now */

/* What is known of files so far; NULL if memory ran out. */
struct elf_cache *symbols__elf_cache(struct symbols *symbols);
/* Their call frame information; NULL if memory ran out. */
struct cfi_files *symbols__cfi_files(struct symbols *symbols);

/* Files that are read later have no inlined functions. */
void symbols__without_inlined(struct symbols *symbols);

/* The processes through which files are opened in the next calls, besides the one that has the mappings. */
void symbols__through(struct symbols *symbols, const uint32_t *pids, size_t nr);

/*
 * The process whose chains come in the next calls, for the names of what it made at run time; of the pid 0 there are
 * none.
 */
void symbols__of_process(struct symbols *symbols, const struct jit_process *process);

/*
 * Fills in a frame for each address of a user stack, the leaf first.  maps may
 * be NULL: nothing but addresses is known.  What the frames point to is valid
 * until the next call, and as long as maps is unchanged.
 */
void symbols__user(struct symbols *symbols, const struct proc_maps *maps, const uint64_t *addresses, size_t nr,
		   struct stack_frame *frames);

/*
 * The symbol that holds a kernel address; false if none is known.  The kernel's own symbols are read at the first
 * call.  What it points to is valid until symbols__free().
 */
bool symbols__find_kernel(struct symbols *symbols, uint64_t address, struct symbol *symbol);

/* One sentence on why kernel addresses have no names; NULL if they have, or if none was looked up yet. */
const char *symbols__kernel_why(const struct symbols *symbols);

#endif
