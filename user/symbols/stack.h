/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stacks whose addresses have names, and their text.  The names are hostile: outputs make them harmless. */
#ifndef MEMTRACE_SYMBOLS_STACK_H
#define MEMTRACE_SYMBOLS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build_id.h"

/* In a call chain: there is a caller, but it cannot be known.  No code is there. */
#define STACK_UNKNOWN_CALLER 1

/* One address of a stack.  It owns nothing; the function that filled it in documents how long its pointers are valid.
 */
struct stack_frame {
	uint64_t address;
	const char *symbol; /* NULL: unknown */
	uint64_t offset;    /* bytes from the symbol's start; 0 if that is unknown */
	/*
	 * User: the path of the mapping.  Kernel: "kernel", or its module.  "":
	 * no file; NULL: nothing is mapped there.
	 */
	const char *module;
	const struct build_id *build_id; /* of the user's module; NULL: none or unknown */
	uint64_t file_offset;		 /* bytes from the start of the user's module; 0 without one */
	/* Functions that the compiler put there: as many strings, one behind the other, the innermost first. */
	size_t nr_inlined;
	const char *inlined_names;
	bool kernel;
	bool inlined; /* the symbol is of a function that the compiler put into the next frame's */
};

/*
 * A stack as one line for flame graphs, the root first: "main;work;malloc", the
 * kernel's frames behind the user's.  These, and inlined ones, are marked as flamegraph.pl expects:
 * "main;work;touch_[i];asm_exc_page_fault_[k]".  Frames are as the kernel has them, the
 * leaf first.  Without a symbol: "libc.so.6+0x1234" or the address.  A ";" in a
 * name becomes ":".  "" if there is no frame.  The caller frees it; NULL if
 * memory ran out.
 */
char *stack__fold(const struct stack_frame *user, size_t nr_user, const struct stack_frame *kernel, size_t nr_kernel);

#endif
