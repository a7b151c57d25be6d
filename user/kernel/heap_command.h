/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The files of a program that is to be started, before it is. */
#ifndef MEMTRACE_KERNEL_HEAP_COMMAND_H
#define MEMTRACE_KERNEL_HEAP_COMMAND_H

#include "heap_attach.h"

/*
 * Attaches to a program, searched as execvp(3) does, or to the interpreter of a script, and to the libraries that the
 * dynamic linker will probably map beside it: those that are needed, and those of LD_PRELOAD, in the environment or as
 * a word behind it, as for env(1).  What it maps from elsewhere is found when it runs (heap_attach__process()).  words:
 * the program and its arguments, then NULL.
 */
void heap_attach__command(struct heap_attach *attach, char *const *words);

#endif
