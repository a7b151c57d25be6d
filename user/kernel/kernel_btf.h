/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel's types: the running kernel's own, or those of a file that the user named.  Such a file may hold
 * anything, and readers of BTF (libbpf, and memtrace's own checks) would follow circular ids forever.  So it is
 * checked before anything else reads it.
 */
#ifndef MEMTRACE_KERNEL_KERNEL_BTF_H
#define MEMTRACE_KERNEL_KERNEL_BTF_H

#include <stddef.h>
#include <stdint.h>

#include "btf_excerpt.h"

struct kernel_btf {
	const struct btf *btf;	    /* the types by which programs are judged and relocated: an excerpt */
	struct btf_excerpt running; /* of the running kernel's */
	struct btf_excerpt file;    /* of the file's; btf NULL: there is none */
	int fd;			    /* a copy of btf in memory; -1: none */
	char path[32];		    /* by which libbpf opens that copy; "": there is none */
};

/*
 * Reads the types that names ask for.  file: BTF, or an ELF file with a section of it; NULL: the running kernel's.
 * 0; -EINVAL with the reason in why if the file is not to be used; else -errno. kernel_btf__close() in all cases.
 */
int kernel_btf__open(struct kernel_btf *types, const char *file, const struct btf_names *names, char *why, size_t size);
void kernel_btf__close(struct kernel_btf *types);

/* The running kernel's own id of a type, whatever the file says; 0: it has none. */
uint32_t kernel_btf__running_id(const struct kernel_btf *types, const char *name, uint32_t kind);

/* What is wrong with untrusted types; NULL: every id is valid, and none is circular. */
const char *btf__flaw(const struct btf *btf);

#endif
