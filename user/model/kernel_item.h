/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One thing that takes memory of the kernel, as a file of the kernel has it: a slab cache, a kind, a line of source. */
#ifndef MEMTRACE_MODEL_KERNEL_ITEM_H
#define MEMTRACE_MODEL_KERNEL_ITEM_H

#include <stdint.h>

#define KERNEL_ITEM_NAME 128

struct kernel_item {
	char name[KERNEL_ITEM_NAME];
	uint64_t bytes;
	uint64_t nr;	 /* what it is made of: objects, calls that got it, buffers; 0 where there is no such number */
	uint64_t active; /* of these, in use */
};

/* Who takes the items of a file.  A reader calls take for each; what it returns, 0 or -errno, is kept in err. */
struct kernel_items {
	int (*take)(void *ctx, const struct kernel_item *item);
	void *ctx;
	uint64_t page_size;
	int err; /* the first */
};

#endif
