/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is a copy of a stack (machine, whether the stack ends there, registers, size and bytes), and behind it the
 * ELF file whose call frame information says how to go on.  The chain is bounded, and in code but for its leaf.
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
	uint32_t pad;
	uint64_t regs[UNWIND_MAX_REGS];
};

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
	cfi__free(files.ctx);
	proc_maps__free(maps);
	return 0;
}
