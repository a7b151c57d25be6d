/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Unwinds a copy of a stack by the call frame information of the files that are mapped.  Code without any (what a
 * program made at run time, some assembler) is passed by its frame pointer.  Copy and files are hostile; time and
 * memory are bounded by the number of frames.
 */
#ifndef MEMTRACE_SYMBOLS_UNWIND_H
#define MEMTRACE_SYMBOLS_UNWIND_H

#include "cfi_basis.h"
#include "maps.h"

#define UNWIND_MAX_FRAMES 1024
#define UNWIND_MAX_REGS	  34

enum unwind_machine { UNWIND_X86_64, UNWIND_ARM64, UNWIND_NR_MACHINES };

/* UNWIND_NR_MACHINES: those of the machine that this runs on are not known. */
enum unwind_machine unwind__machine(void);

struct stack_copy {
	enum unwind_machine machine;
	uint64_t regs[UNWIND_MAX_REGS]; /* as in the kernel's struct pt_regs */
	const char *bytes;		/* from the stack pointer on */
	size_t nr_bytes;
	bool to_end;	  /* behind them the stack ends */
	uint64_t missing; /* so many of them, the first ones, are not known */
};

/* Where its task was. */
uint64_t stack_copy__pc(const struct stack_copy *copy);
/* Its stack pointer; 0 of a machine that is not known. */
uint64_t stack_copy__sp(const struct stack_copy *copy);

/* A return address as it is in a register, without the signature that it may have. */
uint64_t unwind__code_address(uint64_t value);
/* The rule of the code at the file's address; a machine that is not known has none. */
struct cfi_rule unwind__rule(enum unwind_machine machine, struct cfi *cfi, uint64_t vaddr);

/* The same numbers as enum mt_unwound_end. */
enum unwind_end { UNWIND_WHOLE, UNWIND_CUT, UNWIND_BROKEN, UNWIND_NR_ENDS };

/* Where call frame information comes from; NULL: there is none. */
struct unwind_files {
	struct cfi *(*find)(void *ctx, const struct mapping *mapping);
	void *ctx;
};

struct unwound {
	uint64_t addresses[UNWIND_MAX_FRAMES]; /* the leaf first */
	size_t nr;
	enum unwind_end end;
	uint64_t outside; /* where it broke off, as nothing is mapped there; 0: elsewhere */
	/* A copy that has the same pc, number of bytes and to_end, and the same in this, has the same chain. */
	struct cfi_basis basis; /* registers as in the copy, words as offsets into it */
};

/* Without registers that it can use (a 32-bit program), it is the address alone, and broken. */
void unwind(const struct stack_copy *copy, const struct proc_maps *maps, const struct unwind_files *files,
	    struct unwound *unwound);

#endif
