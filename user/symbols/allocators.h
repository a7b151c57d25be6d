/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Functions of memory allocators in an ELF file: glibc's, musl's, jemalloc's, tcmalloc's, mimalloc's, or others'. */
#ifndef MEMTRACE_SYMBOLS_ALLOCATORS_H
#define MEMTRACE_SYMBOLS_ALLOCATORS_H

#include <stddef.h>
#include <stdint.h>

#include "elf_file.h"

/* Which arguments say what: the first is 1. */
enum allocator_form {
	ALLOCATOR_FIRST,	/* (size) */
	ALLOCATOR_SECOND,	/* (other, size) */
	ALLOCATOR_PRODUCT,	/* (number, size) */
	ALLOCATOR_MOVE,		/* (address, size) */
	ALLOCATOR_MOVE_PRODUCT, /* (address, number, size) */
	ALLOCATOR_STORE,	/* (where the address is stored, alignment, size) */
	ALLOCATOR_FREE,		/* (address) */
	NR_ALLOCATOR_FORMS
};

struct allocator_function {
	enum allocator_form form;
	uint64_t offset;  /* of its code, in bytes from the file's start */
	const char *name; /* the table's */
};

#define MAX_ALLOCATOR_FUNCTIONS 96

struct allocator {
	struct allocator_function functions[MAX_ALLOCATOR_FUNCTIONS]; /* each code once */
	size_t nr;
	enum elf_symbols symbols; /* that the file has */
};

/*
 * Finds the functions of a file.  prefix: those that begin with it are taken for malloc, free and so on with it, and no
 * others; NULL: all that the table knows.
 */
void allocator__find(struct allocator *allocator, const struct elf_file *file, const char *prefix);

#endif
