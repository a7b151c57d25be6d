/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call frame information of an ELF file (.eh_frame, which stripped files have too): from the registers in a function
 * to those in its caller.  The file is hostile; nothing of it is mapped into memory.  Reading may take long, and much
 * memory: it belongs into the process apart.
 */
#ifndef MEMTRACE_SYMBOLS_CFI_H
#define MEMTRACE_SYMBOLS_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CFI_MAX_REGS 33

/* What is known of a frame, by DWARF's numbers of registers. */
struct cfi_frame {
	uint64_t pc;
	uint64_t regs[CFI_MAX_REGS];
	uint64_t origin[CFI_MAX_REGS]; /* enum cfi_origin (cfi_basis.h), or the address of the word that it was */
	uint64_t known;		       /* a bit for each register */
	unsigned int nr, sp;	       /* how many registers the machine has; the number of the stack pointer */
};

enum cfi_result {
	CFI_DONE,
	CFI_OUTERMOST, /* it has no caller, says the file */
	CFI_NOTHING,   /* the file says nothing of that address */
	CFI_BEYOND,    /* memory that is not there is needed */
	CFI_WRONG,     /* what the file says makes no sense, or cannot be evaluated */
};

struct cfi_basis;

/* Reads a word of the stack: CFI_DONE, CFI_BEYOND, or CFI_WRONG where no stack can be. */
struct cfi_memory {
	enum cfi_result (*word)(void *ctx, uint64_t address, uint64_t *word);
	void *ctx;
	struct cfi_basis *basis; /* gets what leads the way; NULL: not wanted */
};

/* Where a function's caller is, as far as that is a plain offset from the stack pointer. */
enum cfi_rule_kind {
	CFI_RULE_UNKNOWN,
	CFI_RULE_FRAME,	   /* the function has a frame of its own, which the frame pointer points to */
	CFI_RULE_AT,	   /* the return address is on the stack */
	CFI_RULE_REGISTER, /* it is in the link register */
	CFI_NR_RULES
};

#define CFI_NOT_SAVED INT64_MIN

struct cfi_rule {
	enum cfi_rule_kind kind;
	/*
	 * Bytes above the stack pointer, or with CFI_RULE_FRAME the frame pointer: of the return address, and of the
	 * caller's own stack pointer.  0 and 0: not known.
	 */
	int64_t return_address, frame;
	int64_t pointer; /* the same of the caller's frame pointer; CFI_NOT_SAVED: it is in its register */
};

struct cfi;

/* Takes fd.  NULL: it is no ELF file, has no such information, or memory ran out. */
struct cfi *cfi__open(int fd);
/* The image stays the caller's, and must live as long. */
struct cfi *cfi__open_image(char *image, size_t size);
void cfi__free(struct cfi *cfi); /* NULL is fine */
/* How many frames were looked up: memory grows with them. */
uint64_t cfi__used(const struct cfi *cfi);
/* Whether a look took so long that after some more of them there are none: then the same is not always found. */
bool cfi__is_slow(const struct cfi *cfi);

/*
 * Makes frame that of the caller.  vaddr: the file's own address of the code that runs, or that called.  interrupted:
 * the frame was that of a signal's delivery, so the caller's pc is no return address.  Unless it returns CFI_DONE,
 * frame is as it was.
 */
enum cfi_result cfi__step(struct cfi *cfi, uint64_t vaddr, const struct cfi_memory *memory, struct cfi_frame *frame,
			  bool *interrupted);

/* sp, fp: the numbers of the machine's stack and frame pointers. */
struct cfi_rule cfi__rule(struct cfi *cfi, uint64_t vaddr, unsigned int sp, unsigned int fp);

#endif
