/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is a copy of a stack (machine, whether the stack ends there, registers, size and bytes), and behind it the
 * ELF file whose call frame information says how to go on.  The chain is bounded, and in code but for its leaf. Another
 * copy that has the same basis, and nothing else, has the same chain.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/symbols/unwind.h"

#define CODE_START 0x400000
#define CODE_END   0x500000
#define MAX_BYTES  (16 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* The process that unwinds has a limit of memory: there, too, libdw gets no room for any number of registers. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct cfi *find(void *ctx, const struct mapping *mapping)
{
	(void)mapping;
	return ctx;
}

struct head {
	uint8_t machine, to_end;
	uint16_t nr_bytes;
	uint32_t missing;
	uint64_t regs[UNWIND_MAX_REGS];
};

static bool is_kept(const struct stack_copy *copy, const struct cfi_basis *basis, unsigned int reg)
{
	/* where it was, and which kind of program it is */
	if (copy->machine == UNWIND_ARM64)
		return basis->regs >> reg & 1 || (reg >= 31 && reg <= 33);
	return basis->regs >> reg & 1 || reg == 16 || reg == 19;
}

/* All but the basis is the contrary. */
static void unwind_other(const struct stack_copy *copy, const struct proc_maps *maps, const struct unwind_files *files,
			 const struct unwound *unwound)
{
	static char bytes[MAX_BYTES], led[MAX_BYTES];
	struct stack_copy other = *copy;
	static struct unwound again;

	memset(led, 0, sizeof(led));
	for (size_t i = 0; i < unwound->basis.nr; i++) {
		/* one that lies beyond was not read, and is not used */
		if (copy->nr_bytes < 8 || unwound->basis.words[i] > copy->nr_bytes - 8)
			return;
		memset(led + unwound->basis.words[i], 1, 8);
	}
	for (size_t i = 0; i < copy->nr_bytes; i++)
		bytes[i] = (char)(led[i] ? copy->bytes[i] : ~copy->bytes[i]);
	for (unsigned int i = 0; i < UNWIND_MAX_REGS; i++)
		other.regs[i] = is_kept(copy, &unwound->basis, i) ? copy->regs[i] : ~copy->regs[i];
	other.bytes = bytes;
	unwind(&other, maps, files, &again);
	if (files->ctx && cfi__is_slow(files->ctx))
		return;
	require(again.nr == unwound->nr && again.end == unwound->end && again.outside == unwound->outside);
	require(!memcmp(again.addresses, unwound->addresses, again.nr * sizeof(*again.addresses)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unwound unwound;
	struct proc_maps *maps = proc_maps__new(0);
	struct unwind_files files = { find, NULL };
	struct stack_copy copy = { 0 };
	struct head head;
	int fd;

	if (size < sizeof(head)) {
		proc_maps__free(maps);
		return 0;
	}
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	copy.machine = head.machine % (UNWIND_NR_MACHINES + 1);
	copy.to_end = head.to_end & 1;
	copy.missing = head.missing;
	memcpy(copy.regs, head.regs, sizeof(copy.regs));
	copy.nr_bytes = head.nr_bytes % MAX_BYTES < size ? head.nr_bytes % MAX_BYTES : size;
	copy.bytes = (const char *)data;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	require(fd >= 0 && write(fd, data + copy.nr_bytes, size - copy.nr_bytes) == (ssize_t)(size - copy.nr_bytes));
	files.ctx = cfi__open(fd);
	proc_maps__add(maps, &(struct mapping){ .start = CODE_START, .end = CODE_END, .elf = true, .path = "/x" });
	unwind(&copy, maps, &files, &unwound);
	require(unwound.nr <= UNWIND_MAX_FRAMES && unwound.end < UNWIND_NR_ENDS);
	for (size_t i = 1; i < unwound.nr; i++)
		require(unwound.addresses[i] >= CODE_START && unwound.addresses[i] <= CODE_END);
	if (!unwound.basis.incomplete)
		unwind_other(&copy, maps, &files, &unwound);
	cfi__free(files.ctx);
	proc_maps__free(maps);
	return 0;
}
