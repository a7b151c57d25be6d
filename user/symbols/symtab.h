/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Functions by address: those of one ELF file, or of the kernel. */
#ifndef MEMTRACE_SYMBOLS_SYMTAB_H
#define MEMTRACE_SYMBOLS_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	uint64_t start, end; /* addresses, end excluded */
	const char *name;    /* as in the file: any bytes; C++ names are mangled */
	const char *module;  /* of the kernel, without brackets; "" elsewhere */
};

/* A name is cut after this many bytes. */
#define SYMBOL_NAME_MAX 1023

struct symtab;

/* The table takes at most that many bytes of memory.  NULL if there is none. */
struct symtab *symtab__new(size_t max_bytes);
void symtab__free(struct symtab *tab);

/* Adds a copy.  0; -E2BIG if the table is full (the symbol is left out); -ENOMEM. */
int symtab__add(struct symtab *tab, uint64_t start, uint64_t size, const char *name, const char *module);

/* The same for one whose size is unknown: it ends where the next one begins, and after max_size bytes at the latest. */
int symtab__add_unsized(struct symtab *tab, uint64_t start, uint64_t max_size, const char *name, const char *module);

/*
 * The same for a function that is known to begin there and not what it is called: name stands for it.  Where a symbol
 * with a name of its own begins, or one that has a size goes on, it is left out.
 */
int symtab__add_unnamed(struct symtab *tab, uint64_t start, uint64_t max_size, const char *name);

/*
 * The symbol that holds the address; false if none does.  If an address has several names, the plainest is taken:
 * malloc, not __libc_malloc.  Its strings belong to the table, valid until symtab__add().
 */
bool symtab__find(struct symtab *tab, uint64_t address, struct symbol *symbol);

size_t symtab__count(struct symtab *tab); /* addresses that have a name */
size_t symtab__bytes(const struct symtab *tab);

#endif
