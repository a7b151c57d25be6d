/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The questions to the process apart, and its answers.  Numbers and strings are as in user/symbols/message.h. */
#ifndef MEMTRACE_KERNEL_APART_QUESTIONS_H
#define MEMTRACE_KERNEL_APART_QUESTIONS_H

#include "../symbols/stack.h"
#include "apart.h"

enum apart_kind {
	/*
	 * The mappings of a process.  Question, in this order:
	 * - how many of the pids that follow have the mappings in /proc now (the first one that can be read counts);
	 * - when the process of the first pid began (struct mt_who; 0: unknown), as its pid may be reused by now;
	 * - the number of pids through which files are opened, and the pids;
	 * - the number of mappings that the kernel reported, and the mappings.
	 * Answer: errno of /proc or 0; the pid whose /proc it was (0: none); the number of mappings that there was no
	 * time for; the number of mappings, and the mappings.
	 */
	APART_MAPS = 1,
	/*
	 * The functions at the addresses of a call chain, the leaf first.  Question: pids as above; the number of
	 * mappings, and the mappings; the number of addresses, and the addresses; bits of enum apart_naming; pid, uid
	 * and start of the process (struct jit_process), the pid 0 in a replay, as it may be another one's by now.
	 * Answer: their number; for each its offset in the function, the function's name ("": unknown), the number of
	 * functions that are inlined there, and their names, the innermost first.
	 */
	APART_NAMES = 2,
	/*
	 * The call chain in a copied stack.  Question: pids and mappings as above; enum unwind_machine; the number of
	 * registers, and the registers; 1 if the stack ends behind the bytes, else 0; how many of the first bytes are
	 * missing; the bytes as a string.  Answer:
	 * enum unwind_end; the address where nothing is mapped, or 0; the number of addresses, and the addresses, the
	 * leaf first.
	 */
	APART_UNWIND = 3,
	/*
	 * Where the caller of a function is.  Question: pids and mappings as above, of these one; enum unwind_machine;
	 * the file's own address of the code.  Answer: the members of struct cfi_rule.
	 */
	APART_RULE = 4,
};

/* How functions are named. */
enum apart_naming {
	APART_MANGLED = 1,    /* names of C++ and Rust as in the file */
	APART_NO_INLINED = 2, /* without functions that are inlined */
};

/* How long the reader has before it is killed: enough for the biggest programs. */
#define APART_MAPS_LIMIT_NS   2000000000ULL
#define APART_NAMES_LIMIT_NS  5000000000ULL
#define APART_UNWIND_LIMIT_NS 1000000000ULL

#endif
