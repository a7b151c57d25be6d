/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What memory was wanted for, in plain words, by the kernel's functions in a call path. */
#ifndef MEMTRACE_COUNT_MEMORY_KINDS_H
#define MEMTRACE_COUNT_MEMORY_KINDS_H

#include <stddef.h>

#define MEMORY_KIND_MAX 128

/*
 * The kind of a path of functions, the root first, with ";" between and "_[k]" behind the kernel's: that of the
 * function nearest to the leaf that memory_kinds.def has.  If it has none of them: "other: " and the kernel's function
 * at the leaf, or, of a fault outside of the kernel, that the program touched the page; without functions of the kernel
 * "unknown". The text is in buf (MEMORY_KIND_MAX bytes) or static.
 */
const char *memory_kind__of(const char *path, char *buf);
/* How many bytes of such a path, with or without the marks, are left without the allocator's functions at its leaf. */
size_t memory_kind__wanting(const char *path);

#endif
