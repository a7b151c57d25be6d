/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Probes that a program brings itself: instructions that do nothing, which notes of its ELF file name (.note.stapsdt,
 * as <sys/sdt.h> of SystemTap makes them).
 */
#ifndef MEMTRACE_SYMBOLS_SDT_PROBES_H
#define MEMTRACE_SYMBOLS_SDT_PROBES_H

#include "elf_file.h"

enum sdt_kind {
	SDT_IN_REGISTER,
	SDT_IN_MEMORY, /* value bytes above where the register points to */
	SDT_CONSTANT,
};

struct sdt_argument {
	enum sdt_kind kind;
	uint16_t reg; /* its offset in struct pt_regs, bytes */
	uint16_t unused_bits;
	uint64_t value;
};

#define SDT_ARGUMENTS 3 /* that are read of a probe */

/* One place of a probe. */
struct sdt_probe {
	const char *name;
	uint64_t offset;    /* of its instruction, in bytes from the file's start */
	uint64_t semaphore; /* the same of the number that is counted up while somebody looks; 0: it has none */
	struct sdt_argument arguments[SDT_ARGUMENTS];
	size_t nr_arguments; /* that could be read of its note; the others are 0 */
};

/*
 * Visits the probes of a provider, each place by itself; name is valid in the call.  Places that are in no segment are
 * left out.
 */
void sdt_probes__visit(const struct elf_file *file, const char *provider,
		       void (*visit)(void *ctx, const struct sdt_probe *probe), void *ctx);

/*
 * Reads one argument as notes have it, of this machine: "8@%rax", "-4@12(%rbp)", "8@$5"; "8@x0", "4@[sp, 12]", "8@5".
 * *text moves behind it and the spaces that follow.  false: it is of another form.
 */
bool sdt_argument__read(const char **text, struct sdt_argument *argument);

#endif
