/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Files of the kernel with a list of things in them.  Each function takes one line, as from line_file__each(), and
 * adds to the list of a struct machine; what it does not know it passes over.
 */
#ifndef MEMTRACE_KERNEL_LIST_FILES_H
#define MEMTRACE_KERNEL_LIST_FILES_H

#include "../model/machine.h"

/* ctx: a struct machine, of which page_size is set. */
void list_files__slabinfo(void *ctx, char *line);
void list_files__swaps(void *ctx, char *line);
/* ctx: a struct machine_callers. */
void list_files__vmallocinfo(void *ctx, char *line);
/* The text of /sys/block/NAME/mm_stat. */
void list_files__zram(struct machine *machine, const char *name, const char *text);

#endif
