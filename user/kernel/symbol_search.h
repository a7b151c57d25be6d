/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where the functions of a mapping's file are found: in the file itself, in a copy of it, in its separate debug file.
 * Wherever that lies, it counts only if its build id is the mapping's.  Of a file without a build id its debug file
 * counts by the checksum that the file names (debug_link.h).
 */
#ifndef MEMTRACE_KERNEL_SYMBOL_SEARCH_H
#define MEMTRACE_KERNEL_SYMBOL_SEARCH_H

#include "../symbols/inlined.h"
#include "../symbols/symtab.h"
#include "proc_maps.h"

struct symbol_search {
	const char *dir; /* where else to look, as symbols.h says; NULL: nowhere */
	struct maps_access access;
	size_t max_bytes; /* of the table */
	size_t max_debug; /* of debugging information; 0: it is not wanted */
};

/* What is found, owned by the caller. */
struct symbol_source {
	struct symtab *tab;	 /* the best table; NULL: none */
	struct inlined *inlined; /* of the file with that table; NULL: it has no debugging information */
};

struct symbol_source symbol_search__read(const struct symbol_search *search, const struct mapping *mapping);

#endif
