/* SPDX-License-Identifier: GPL-2.0 */
/* Page-fault exceptions (x86, riscv), what follows them, and what a fault was on. */
#ifndef MEMTRACE_COMPAT_FAULT_H
#define MEMTRACE_COMPAT_FAULT_H

#include "../prelude.h"

/* Bits of the x86 page-fault error code (arch/x86/include/asm/trap_pf.h). */
enum {
	PF_PRESENT = 1 << 0,
	PF_WRITE = 1 << 1,
	PF_INSTR = 1 << 4,
};

/* Numbers that are not enumerators in every kernel; where they are, user/probes/fault.c has them compared. */
enum {
	FLAG_WRITE = 0x1, /* include/linux/mm_types.h, FAULT_FLAG_* */
	FLAG_TRIED = 0x20,
	FLAG_USER = 0x40,
	FLAG_INSTRUCTION = 0x100,
	RESULT_MAJOR = 0x4, /* VM_FAULT_* */
	RESULT_RETRY = 0x400,
	RESULT_ERROR = 0x1 | 0x2 | 0x10 | 0x20 | 0x40 | 0x800, /* VM_FAULT_ERROR */
	RESULT_COMPLETED = 0x4000,			       /* from 6.1 on */
};

/* Of an entry in a page table: its page, and whether that has no owner, as the zero page (pte_special()). */
#if defined(__TARGET_ARCH_x86)
#define ENTRY_PAGE    0x000ffffffffff000ULL /* up to 52 bits of an address (PTE_PFN_MASK) */
#define ENTRY_SPECIAL (1ULL << 9)	    /* _PAGE_BIT_SPECIAL */
#else
#define ENTRY_PAGE    0x0000fffffffff000ULL /* 48: bit 51 says that it may be written to (PTE_DBM) */
#define ENTRY_SPECIAL (1ULL << 56)	    /* PTE_SPECIAL */
#endif

#define TMPFS_MAGIC	0x01021994 /* include/uapi/linux/magic.h */
#define HUGETLBFS_MAGIC 0x958458f6

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Seen from 6.16 on; up to 6.14 it was called trace_event_raw_x86_exceptions, with the same fields. */
struct trace_event_raw_exceptions {
	unsigned long address;
	unsigned long ip;
	unsigned long error_code;
};

struct trace_event_raw_x86_exceptions {
	unsigned long address;
	unsigned long ip;
	unsigned long error_code;
};

struct mm_struct;

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct mm_struct *vm_mm;
	struct file *vm_file;
};

typedef struct {
	unsigned long pte;
} pte_t;

typedef struct {
	unsigned long pmd;
} pmd_t;

/* What is handled; orig_pte is what the page table had when that began, and orig_pmd (after 5.10) what was above it. */
struct vm_fault {
	struct vm_area_struct *vma;
	pmd_t *pmd;
	pte_t orig_pte;
	pmd_t orig_pmd;
	struct page *cow_page; /* of a private file's page that is written to */
	pte_t *pte;
};

/* The context of a program on a perf event: addr is the address that faulted. */
struct bpf_perf_event_data {
	u64 addr;
};

#pragma clang attribute pop

/* What kind of memory a file that is mapped stands for. */
static __always_inline s32 backing_of(struct inode *inode)
{
	unsigned long magic = BPF_CORE_READ(inode, i_sb, s_magic);

	if (magic == TMPFS_MAGIC)
		return MT_BACKING_SHMEM;
	return magic == HUGETLBFS_MAGIC ? MT_BACKING_HUGETLB : MT_BACKING_FILE;
}

/* Where no hook tells which faults are on swap, those look like faults on the memory that was swapped out. */
static __always_inline s32 backing_but_swap(s32 backing)
{
	if (cfg.tells_swap || backing == MT_BACKING_SHMEM || backing == MT_BACKING_HUGETLB)
		return backing;
	return MT_UNKNOWN_S32;
}

#endif
