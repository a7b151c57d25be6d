/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The input is an ELF file with debugging information, of which is asked what the compiler inlined where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/symbols/inlined.h"

#define MAX_BYTES ((size_t)16 << 20)
/* Where the seeds' function is. */
#define FIRST 0x1b0
#define LAST  0x200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* The process that reads has a limit of memory. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look_up(struct inlined *inlined, uint64_t vaddr)
{
	struct inlined_names found = inlined__find(inlined, vaddr);

	require(found.nr <= INLINED_MAX_NESTED);
	for (size_t i = 0; i < found.nr; i++) {
		require(*found.names && strlen(found.names) <= SYMBOL_NAME_MAX);
		found.names += strlen(found.names) + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct inlined *inlined;
	struct elf_file file;

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (elf_file__open(&file, fd))
		return 0;
	inlined = inlined__new(&file, MAX_BYTES);
	require(!inlined == !!file.elf);
	if (!inlined) {
		elf_file__close(&file);
		return 0;
	}
	require(inlined__bytes(inlined) >= 1);
	for (uint64_t vaddr = FIRST; vaddr < LAST; vaddr += 3)
		look_up(inlined, vaddr);
	look_up(inlined, 0);
	inlined__trim(inlined);
	look_up(inlined, FIRST + 3);
	inlined__free(inlined);
	return 0;
}
