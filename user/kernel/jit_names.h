/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Functions that a just-in-time compiler made.  A JVM, node and others can write them to /tmp/perf-PID.map: lines of
 * start and size, in hexadecimal, and a name (Linux, tools/perf/Documentation/jit-interface.txt).
 */
#ifndef MEMTRACE_KERNEL_JIT_NAMES_H
#define MEMTRACE_KERNEL_JIT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "../symbols/symtab.h"
#include "jit_file.h"

struct jit_names;

/* Tables take at most that many bytes.  NULL if there is no memory. */
struct jit_names *jit_names__new(size_t max_bytes);
void jit_names__free(struct jit_names *names); /* NULL is fine */

/*
 * The functions of a process, in its own addresses, from the file that jit_file__open() finds.  A file that has changed
 * is read again, but not all the time.  NULL: there are none.
 * Valid until the next call.
 */
struct symtab *jit_names__of(struct jit_names *names, const struct jit_process *of, const uint32_t *through, size_t nr);

/* Reads lines of a file into a table; of several functions at one address the last one counts.  Lines that are none are
 * left out.  0; -errno. */
int jit_names__read(int fd, struct symtab *tab);

#endif
