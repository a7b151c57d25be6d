/* SPDX-License-Identifier: GPL-2.0 */
/* A system call as its end shows it: number, arguments.  Those of 32-bit programs have other numbers and are left out.
 */
#ifndef MEMTRACE_COMPAT_SYSCALL_H
#define MEMTRACE_COMPAT_SYSCALL_H

#include "../prelude.h"

#define NR_CLONE3 435

/* include/linux/err.h: MAX_ERRNO */
static __always_inline bool syscall__failed(long result)
{
	return result < 0 && result >= -4095;
}

static __always_inline u64 whole_pages(u64 bytes)
{
	return (bytes + cfg.page_size - 1) & ~(u64)(cfg.page_size - 1);
}

#if defined(__TARGET_ARCH_x86)
#include "x86.h"

enum {
	NR_MMAP = 9,
	NR_MPROTECT = 10,
	NR_MUNMAP = 11,
	NR_BRK = 12,
	NR_MREMAP = 25,
	NR_MADVISE = 28,
	NR_CLONE = 56,
	NR_FORK = 57,
	NR_VFORK = 58,
	NR_MLOCK_CALL = 149
};

#define CALLS_COMPAT 0x2 /* TS_COMPAT of arch/x86/include/asm/thread_info.h: in a 32-bit call */

struct thread_info___status {
	u32 status;
} __attribute__((preserve_access_index));

struct task_struct___status {
	struct thread_info___status thread_info;
} __attribute__((preserve_access_index));

static __always_inline s64 syscall__number(const struct pt_regs *regs)
{
	struct task_struct___status *task = (void *)bpf_get_current_task();

	if (BPF_CORE_READ(task, thread_info.status) & CALLS_COMPAT)
		return -1;
	return BPF_CORE_READ(regs, orig_ax);
}

static __always_inline u64 syscall__first(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, di);
}

static __always_inline u64 syscall__second(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, si);
}

static __always_inline u64 syscall__third(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, dx);
}

static __always_inline u64 syscall__fourth(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, r10);
}
#elif defined(__TARGET_ARCH_arm64)
#include "arm64.h"

/* fork and vfork are clone */
enum {
	NR_MMAP = 222,
	NR_MPROTECT = 226,
	NR_BRK = 214,
	NR_MUNMAP = 215,
	NR_MREMAP = 216,
	NR_CLONE = 220,
	NR_MADVISE = 233,
	NR_FORK = -2,
	NR_VFORK = -3,
	NR_MLOCK_CALL = 228
};

static __always_inline s64 syscall__number(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, syscallno);
}

static __always_inline u64 syscall__first(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, orig_x0);
}

static __always_inline u64 syscall__second(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, regs[1]);
}

static __always_inline u64 syscall__third(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, regs[2]);
}

static __always_inline u64 syscall__fourth(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, regs[3]);
}
#endif

#endif
