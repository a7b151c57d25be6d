/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The functions of the running kernel and its modules, from /proc/kallsyms. */
#ifndef MEMTRACE_SYMBOLS_KALLSYMS_H
#define MEMTRACE_SYMBOLS_KALLSYMS_H

#include "symtab.h"

/*
 * Reads the functions of a file like /proc/kallsyms into a new table: 0 or
 * -errno, with NULL; -EACCES if the kernel shows every address as 0.  BPF
 * programs that are loaded later are not in it.
 */
int kallsyms__read(const char *path, struct symtab **tab);

#endif
