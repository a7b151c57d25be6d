/* SPDX-License-Identifier: GPL-2.0 */
/* Where a task's registers are in the kernel's struct pt_regs, as an array of words.  Undefined: not known. */
#ifndef MEMTRACE_CORE_REGISTERS_H
#define MEMTRACE_CORE_REGISTERS_H

#include "maps.h"

#if defined(__TARGET_ARCH_x86)
#define NR_REGS	  21 /* arch/x86/include/asm/ptrace.h: struct pt_regs */
#define REG_SP(r) ((r)[AT_SP])
#define AT_SP	  19
#define AT_PC	  16
#define AT_FP	  4
#elif defined(__TARGET_ARCH_arm64)
#define NR_REGS	  34 /* arch/arm64/include/uapi/asm/ptrace.h: struct user_pt_regs */
#define REG_SP(r) ((r)[AT_SP])
#define AT_SP	  31
#define AT_PC	  32
#define AT_FP	  29
#define AT_LINK	  30
#endif

#endif
