/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is an ELF file, of which all is asked that memtrace ever asks:
 * build id, segments, functions, and where they are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/symbols/elf_file.h"

#define MAX_BYTES ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look_up(const struct elf_file *file)
{
	struct symtab *tab = symtab__new(MAX_BYTES);
	struct symbol symbol;

	elf_file__symbols(file, tab);
	require(symtab__bytes(tab) <= MAX_BYTES);
	for (uint64_t address = 0; address < 0x10000; address += 0x111) {
		if (symtab__find(tab, address, &symbol))
			require(symbol.start <= address && symbol.name[0]);
	}
	symtab__free(tab);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct elf_file file;
	struct build_id id;
	struct elf_segment segments[8];
	uint64_t vaddr;

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (elf_file__open(&file, fd))
		return 0;
	elf_file__build_id(&file, &id);
	require(id.len <= BUILD_ID_MAX);
	elf_segments__vaddr(segments, elf_file__segments(&file, segments, 8), 0, 0x1000, &vaddr);
	look_up(&file);
	elf_file__close(&file);
	return 0;
}
