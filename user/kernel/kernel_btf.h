/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel's types: the running kernel's own, or those of a file that a
 * person named.  Such a file may hold anything, and what reads BTF (libbpf, and our own checks)
 * follows ids without end if they go in circles: it is looked through before
 * anything else reads it.
 */
#ifndef MEMTRACE_KERNEL_KERNEL_BTF_H
#define MEMTRACE_KERNEL_KERNEL_BTF_H

#include <stddef.h>

struct btf;

struct kernel_btf {
	struct btf *btf;
	int fd;	       /* a copy of what was checked; -1: the kernel's own types */
	char path[32]; /* by which libbpf opens that copy; "" likewise */
};

/*
 * file: BTF, or an ELF file with a section of it; NULL: the running kernel's.
 * 0; -EINVAL with the reason in why if the file is not to be used; else -errno.  kernel_btf__close() in all cases.
 */
int kernel_btf__open(struct kernel_btf *types, const char *file, char *why, size_t size);
void kernel_btf__close(struct kernel_btf *types);

/* What is wrong with untrusted types; NULL: every id leads somewhere, and none in circles. */
const char *btf__flaw(const struct btf *btf);

#endif
