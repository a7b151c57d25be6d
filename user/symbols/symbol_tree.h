/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Functions by address that arrive one by one, between look-ups: those of a recording.  A table that is sorted again
 * before each look-up (symtab.h) would take quadratic time.
 */
#ifndef MEMTRACE_SYMBOLS_SYMBOL_TREE_H
#define MEMTRACE_SYMBOLS_SYMBOL_TREE_H

#include "symtab.h"

struct symbol_tree;

/* Takes at most max_bytes of memory.  NULL if there is none. */
struct symbol_tree *symbol_tree__new(size_t max_bytes);
void symbol_tree__free(struct symbol_tree *tree); /* NULL is fine */
/* Adds a copy; the first one at an address stays.  0; -E2BIG if the tree is full: it is left out; -EINVAL if it is
 * empty; -ENOMEM. */
int symbol_tree__add(struct symbol_tree *tree, const struct symbol *symbol);
/* The last symbol that begins at the address or below, if it holds the address.  Its strings are the tree's, until it
 * is freed. */
bool symbol_tree__find(const struct symbol_tree *tree, uint64_t address, struct symbol *symbol);

#endif
