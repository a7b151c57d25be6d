// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cfi_basis.h"

void cfi_basis__add_word(struct cfi_basis *basis, uint64_t address)
{
	if (!basis)
		return;
	if (basis->nr < CFI_MAX_BASIS && address >= CFI_NR_ORIGINS)
		basis->words[basis->nr++] = address;
	else
		basis->incomplete = true;
}

void cfi_basis__add_register(struct cfi_basis *basis, const struct cfi_frame *frame, unsigned int nr)
{
	uint64_t origin = frame->origin[nr];

	if (!basis || origin == CFI_FOLLOWS)
		return;
	if (origin == CFI_OF_COPY)
		basis->regs |= 1ULL << nr;
	else
		cfi_basis__add_word(basis, origin);
}
