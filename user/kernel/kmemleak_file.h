/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * /sys/kernel/debug/kmemleak: objects of the kernel that nothing in memory points to (mm/kmemleak.c,
 * print_unreferenced()). Names of programs in it are chosen by these, so a line that looks like another object's may be
 * one.
 */
#ifndef MEMTRACE_KERNEL_KMEMLEAK_FILE_H
#define MEMTRACE_KERNEL_KMEMLEAK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMEMLEAK_FRAMES	  32
#define KMEMLEAK_FUNCTION 96

struct kmemleak_object {
	uint64_t bytes;
	char comm[32];					    /* the task that allocated it; "" if there was none */
	char functions[KMEMLEAK_FRAMES][KMEMLEAK_FUNCTION]; /* who called, the allocator first */
	size_t nr_functions;
};

/* All zero but for found and ctx at first. */
struct kmemleak_reading {
	/* Each object that is whole; 0 or -errno, of which the first is kept in err. */
	int (*found)(void *ctx, const struct kmemleak_object *object);
	void *ctx;
	int err;
	/* private */
	struct kmemleak_object object;
	bool in_object, in_frames;
};

/* Lets kmemleak look at all memory again; fd: of that file, writable.  0 or -errno. */
int kmemleak_file__scan(int fd);
/* One line, as from line_file__each(); ctx: a struct kmemleak_reading. */
void kmemleak_file__line(void *ctx, char *line);
/* After the last line. */
void kmemleak_file__end(struct kmemleak_reading *reading);

#endif
