// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "elf_needed.h"

#include <elf.h>
#include <string.h>

#define PATH_BYTES	  4096
#define MAX_DYNAMIC_BYTES (64 * 1024)
#define MAX_NAMES_BYTES	  (16 * 1024 * 1024)

static bool is_wide(const struct elf_file *file)
{
	const char *ident = elf_getident(file->elf, NULL);

	return ident && ident[EI_CLASS] == ELFCLASS64 && elf_file__is_our_order(file);
}

static void visit_entry(const Elf64_Dyn *entry, const char *names, size_t size,
			void (*visit)(void *ctx, enum elf_need need, const char *text), void *ctx)
{
	const char *text = names + entry->d_un.d_val;

	if (entry->d_un.d_val >= size || !memchr(text, '\0', size - entry->d_un.d_val))
		return;
	if (entry->d_tag == DT_NEEDED)
		visit(ctx, ELF_NEEDS_LIBRARY, text);
	else if (entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH)
		visit(ctx, ELF_NEEDS_PATH, text);
}

void elf_file__visit_needed(const struct elf_file *file, void (*visit)(void *ctx, enum elf_need need, const char *text),
			    void *ctx)
{
	size_t size = 0, names_size = 0, at;
	const char *linker = elf_file__section(file, ".interp", PATH_BYTES, &size), *dynamic, *names;
	Elf64_Dyn entry;

	if (linker && memchr(linker, '\0', size))
		visit(ctx, ELF_NEEDS_LINKER, linker);
	if (!is_wide(file))
		return;
	names = elf_file__section(file, ".dynstr", MAX_NAMES_BYTES, &names_size);
	size = 0;
	dynamic = elf_file__section(file, ".dynamic", MAX_DYNAMIC_BYTES, &size);
	for (at = 0; names && dynamic && at + sizeof(entry) <= size; at += sizeof(entry)) {
		memcpy(&entry, dynamic + at, sizeof(entry));
		if (entry.d_tag == DT_NULL)
			return;
		visit_entry(&entry, names, names_size, visit, ctx);
	}
}
