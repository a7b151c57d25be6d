/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads an ELF file: its build id, its segments, its functions.  The file is hostile: nothing in it is trusted,
 * nothing of it is mapped into memory (its owner may truncate it at any time), and the memory that it can make
 * memtrace allocate is bounded.
 */
#ifndef MEMTRACE_SYMBOLS_ELF_FILE_H
#define MEMTRACE_SYMBOLS_ELF_FILE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build_id.h"
#include "symtab.h"

struct elf_file {
	int fd; /* -1: an image in memory */
	Elf *elf;
	uint64_t dev, inode; /* as fstat(2) says */
};

/* A part of a file that is mapped to be executed. */
struct elf_segment {
	uint64_t offset, size; /* in the file, in bytes */
	uint64_t vaddr;	       /* the address that the file gives to offset */
};

/*
 * Opens a regular file for reading, on a file system that keeps files, and nothing else.  Whether a path names a
 * device, a FIFO, or a file of proc, sysfs, tracefs or the like (-EMEDIUMTYPE) is found without opening it. dir is
 * AT_FDCWD or a directory; in_root: that directory is the path's root, also for symbolic links.  A file descriptor or
 * -errno.  It may block where a file system does not answer.
 */
int open_regular(int dir, const char *path, bool in_root);

/* Takes fd, also on failure.  0, or -errno; -ENOEXEC if it is no ELF file. */
int elf_file__open(struct elf_file *file, int fd);
/* The image stays the caller's, and must live as long as the file. */
int elf_file__open_image(struct elf_file *file, char *image, size_t size);
void elf_file__close(struct elf_file *file);

/* false if it has none. */
bool elf_file__build_id(const struct elf_file *file, struct build_id *id);

/* Its executable segments, at most max; how many. */
size_t elf_file__segments(const struct elf_file *file, struct elf_segment *segments, size_t max);
/*
 * The address that the file gives to offset, if len bytes from there are mapped
 * to be executed; false if that is none of its segments.
 */
bool elf_segments__vaddr(const struct elf_segment *segments, size_t nr, uint64_t offset, uint64_t len, uint64_t *vaddr);

enum elf_symbols {
	ELF_SYMBOLS_NONE,
	ELF_SYMBOLS_STARTS,  /* no names, but where functions begin (function_starts.h) */
	ELF_SYMBOLS_DYNAMIC, /* only those that other files may use */
	ELF_SYMBOLS_MINI,    /* those, and what MiniDebugInfo has besides (mini_debug.h) */
	ELF_SYMBOLS_ALL,
};

/*
 * Adds the file's functions, by the file's own addresses: those of .symtab,
 * else those of .dynsym.  A table that is damaged or does not fit gives the
 * functions before that.
 */
enum elf_symbols elf_file__symbols(const struct elf_file *file, struct symtab *tab);

/*
 * Calls visit for each function of .symtab and of .dynsym that has code in the file: its name without a version, and
 * where the code begins, in bytes from the file's start.  The name is valid during the call only.  Which tables there
 * are.
 */
enum elf_symbols elf_file__visit_functions(const struct elf_file *file,
					   void (*visit)(void *ctx, const char *name, uint64_t offset), void *ctx);

/*
 * The bytes of the first section of that name; NULL: there is none, it is empty, or larger than max_size.  Valid as
 * long as the file is open.
 */
const char *elf_file__section(const struct elf_file *file, const char *name, size_t max_size, size_t *size);
/* Whether its numbers are in this machine's byte order. */
bool elf_file__is_our_order(const struct elf_file *file);

#endif
