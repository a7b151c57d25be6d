/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the programs of a BPF object read of the kernel's types, and whether this kernel's types still fit.
 *
 * libbpf moves each access to where the kernel has the member of that name.  It does not ask how large the member
 * is when a program copies it (it would copy its neighbour, too, or only a part), nor what its pointer points to:
 * such a program loads and counts nonsense.  A member that is missing is left to libbpf and the verifier, as a
 * program may have asked whether it exists.
 */
#ifndef MEMTRACE_KERNEL_CORE_READS_H
#define MEMTRACE_KERNEL_CORE_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../symbols/elf_file.h"

struct btf;
struct btf_names;

struct core_reads {
	struct elf_file file;
	struct btf *ours;
	const struct btf *kernel;
	uint32_t *kernels;  /* by our types' ids: the kernel's type of that name, 0 for none */
	const char *relocs; /* of .BTF.ext, in the image */
	size_t relocs_len;
};

/* The kernel's types that the image's programs read and are attached to.  0 or -errno. */
int core_reads__add_names(struct btf_names *names, const void *image, size_t size);

/* The image and the kernel's types must live as long.  0 or -errno; core_reads__close() in both cases. */
int core_reads__open(struct core_reads *reads, const void *image, size_t size, const struct btf *kernel);
void core_reads__close(struct core_reads *reads);

/* Does a program read what it should?  If not, why says what differs: "task_struct.min_flt has 4 bytes, not 8". */
bool core_reads__fit(const struct core_reads *reads, const char *program, char *why, size_t size);

#endif
