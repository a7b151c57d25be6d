/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What an unwinding has been led by: registers of the copy and words of its stack.  Another copy of the same program,
 * from the same place on, that has the same in these has the same chain; all else in it is data.
 */
#ifndef MEMTRACE_SYMBOLS_CFI_BASIS_H
#define MEMTRACE_SYMBOLS_CFI_BASIS_H

#include "cfi.h"

/* Two a frame are usual; chains of more than some hundred frames have none. */
#define CFI_MAX_BASIS 512

/* Where a register's value comes from (cfi_frame.origin), if not from the address of a word on the stack. */
enum cfi_origin {
	CFI_FOLLOWS, /* it follows from what is in the basis already */
	CFI_OF_COPY, /* it is as it was in the copy */
	CFI_NR_ORIGINS
};

struct cfi_basis {
	uint64_t regs; /* a bit for each register, by DWARF's numbers */
	uint64_t words[CFI_MAX_BASIS];
	size_t nr;
	bool incomplete; /* there was more */
};

/* All of them: basis may be NULL. */
void cfi_basis__add_word(struct cfi_basis *basis, uint64_t address);
/* What the value of a register in a frame comes from. */
void cfi_basis__add_register(struct cfi_basis *basis, const struct cfi_frame *frame, unsigned int nr);

#endif
