/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Files of the kernel that say what takes its memory.  Each function takes one line, as from line_file__each(); what it
 * does not know it passes over.
 */
#ifndef MEMTRACE_KERNEL_ITEM_FILES_H
#define MEMTRACE_KERNEL_ITEM_FILES_H

#include "../model/kernel_item.h"

/* /proc/allocinfo (6.10 on): one line of source is one item, "mm/slub.c:2425 alloc_slab_page".  ctx: struct
 * kernel_items */
void item_files__allocinfo(void *ctx, char *line);
/*
 * /proc/net/sockstat and sockstat6: what the kernel accounts to sockets of TCP and UDP, and fragments that wait.  ctx:
 * struct kernel_items, of which page_size is set.
 */
void item_files__sockstat(void *ctx, char *line);
/* /sys/kernel/debug/dma_buf/bufinfo: its last line, the sum.  ctx: struct kernel_items */
void item_files__bufinfo(void *ctx, char *line);
/*
 * All of dma-buf: of /sys/kernel/dmabuf/buffers if the kernel has that, else of bufinfo.  One item, or none if neither
 * can be read.
 */
void item_files__read_dma_buf(struct kernel_items *items);
/* The same of other directories, for tests. */
void item_files__read_dma_buf_at(struct kernel_items *items, const char *buffers, const char *bufinfo);

#endif
