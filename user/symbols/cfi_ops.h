/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* DWARF expressions as call frame information has them: bounded, without loops, over the registers of one frame. */
#ifndef MEMTRACE_SYMBOLS_CFI_OPS_H
#define MEMTRACE_SYMBOLS_CFI_OPS_H

#include <elfutils/libdw.h>

#include "cfi.h"

/*
 * The value of an expression, or with place, of what lies at the place that it describes: place gets its address, or
 * CFI_FOLLOWS if it is no address.  cfa: the frame's canonical address, which expressions of registers refer to.
 * CFI_DONE, CFI_BEYOND or CFI_WRONG.  All but that last word becomes part of the basis.
 */
enum cfi_result cfi_ops__value(const Dwarf_Op *ops, size_t nr, const struct cfi_frame *frame,
			       const struct cfi_memory *memory, uint64_t cfa, uint64_t *place, uint64_t *value);

#endif
