/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is an ELF file, of which all is asked that memtrace ever asks:
 * build id, segments, functions, and where they are; the debug file that it names; MiniDebugInfo.  The same bytes are
 * what MiniDebugInfo unpacks to, too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/symbols/debug_link.h"
#include "../../user/symbols/elf_file.h"
#include "../../user/symbols/function_starts.h"
#include "../../user/symbols/mini_debug.h"

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
	function_starts__add(file, "file", tab);
	require(symtab__bytes(tab) <= MAX_BYTES);
	for (uint64_t address = 0; address < 0x10000; address += 0x111) {
		if (symtab__find(tab, address, &symbol))
			require(symbol.start <= address && symbol.name[0]);
	}
	symtab__free(tab);
}

static void look_for_more(const struct elf_file *file)
{
	struct symtab *tab = symtab__new(MAX_BYTES);
	struct debug_link link;

	if (debug_link__read(file, &link)) {
		require(link.name[0] && !strchr(link.name, '/'));
		debug_link__matches(&link, file);
	}
	mini_debug__add(file, tab);
	require(symtab__bytes(tab) <= MAX_BYTES);
	symtab__free(tab);
}

static void look_inside(const uint8_t *data, size_t size)
{
	char *image = calloc(1, size + 1);
	struct elf_file file;

	require(image);
	memcpy(image, data, size);
	if (!elf_file__open_image(&file, image, size)) {
		look_up(&file);
		elf_file__close(&file);
	}
	free(image);
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
	look_for_more(&file);
	elf_file__close(&file);
	look_inside(data, size);
	return 0;
}
