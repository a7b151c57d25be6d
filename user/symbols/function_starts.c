// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "function_starts.h"

#include <dwarf.h>
#include <gelf.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MAX_INDEX_BYTES	 (64 * 1024 * 1024)
#define MAX_FRAMES_BYTES (128 * 1024 * 1024)
#define NAME_BYTES	 200 /* of the file's name */

/*
 * The index: its version, three encodings, where the information is (.eh_frame), the number of entries, and of each
 * entry where the function begins and where its own information is, both in bytes from the index (Linux Standard Base,
 * exception frames).  Linkers write 4 bytes each.
 */
struct head {
	uint8_t version, pointer, count, table;
	int32_t frames; /* bytes from here */
	uint32_t nr;
};

struct index_entry {
	int32_t start, information;
};

/* The information on a function, as compilers write it. */
struct information {
	uint32_t length, common;
	int32_t start; /* bytes from here */
	uint32_t size;
};

/* Bytes of the file that are mapped to vaddr. */
struct part {
	uint64_t vaddr;
	const char *bytes;
	size_t size;
};

struct index {
	struct part table, frames;
	uint32_t nr;
};

static struct part read_part(const struct elf_file *file, uint64_t vaddr, uint64_t offset, uint64_t size)
{
	Elf_Data *data = size ? elf_getdata_rawchunk(file->elf, (int64_t)offset, size, ELF_T_BYTE) : NULL;

	return data && data->d_buf ? (struct part){ vaddr, data->d_buf, data->d_size } : (struct part){ 0 };
}

/* A header of that type, and of PT_LOAD one that vaddr is in. */
static bool find_header(const struct elf_file *file, uint32_t type, uint64_t vaddr, GElf_Phdr *header)
{
	size_t nr, i;

	if (elf_getphdrnum(file->elf, &nr))
		return false;
	for (i = 0; i < nr && gelf_getphdr(file->elf, (int)i, header); i++)
		if (header->p_type == type && (type != PT_LOAD || vaddr - header->p_vaddr < header->p_filesz))
			return true;
	return false;
}

static bool copy_out(const struct part *part, uint64_t vaddr, void *to, size_t size)
{
	uint64_t at = vaddr - part->vaddr;

	if (at > part->size || part->size - at < size)
		return false;
	memcpy(to, part->bytes + at, size);
	return true;
}

static bool open_index(const struct elf_file *file, struct index *index)
{
	GElf_Phdr header;
	struct head head;
	uint64_t frames;

	if (!elf_file__is_our_order(file) || !find_header(file, PT_GNU_EH_FRAME, 0, &header) ||
	    header.p_filesz > MAX_INDEX_BYTES)
		return false;
	index->table = read_part(file, header.p_vaddr, header.p_offset, header.p_filesz);
	if (!copy_out(&index->table, header.p_vaddr, &head, sizeof(head)) || head.version != 1 ||
	    head.pointer != (DW_EH_PE_pcrel | DW_EH_PE_sdata4) || head.count != DW_EH_PE_udata4 ||
	    head.table != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
		return false;
	index->nr = head.nr;
	frames = header.p_vaddr + offsetof(struct head, frames) + (uint64_t)(int64_t)head.frames;
	if (!find_header(file, PT_LOAD, frames, &header) ||
	    header.p_filesz - (frames - header.p_vaddr) > MAX_FRAMES_BYTES)
		return false;
	index->frames = read_part(file, frames, header.p_offset + (frames - header.p_vaddr),
				  header.p_filesz - (frames - header.p_vaddr));
	return true;
}

/* The size of the function; 0: what is said of it is not of it, or is written in another way. */
static uint32_t read_entry(const struct index *index, uint32_t nr, uint64_t *start)
{
	uint64_t begin = index->table.vaddr, at;
	struct information information;
	struct index_entry entry;

	if (!copy_out(&index->table, begin + sizeof(struct head) + nr * sizeof(entry), &entry, sizeof(entry)))
		return 0;
	*start = begin + (uint64_t)(int64_t)entry.start;
	at = begin + (uint64_t)(int64_t)entry.information;
	if (!copy_out(&index->frames, at, &information, sizeof(information)) ||
	    at + offsetof(struct information, start) + (uint64_t)(int64_t)information.start != *start)
		return 0;
	return information.size;
}

size_t function_starts__add(const struct elf_file *file, const char *name, struct symtab *tab)
{
	size_t room, added = 0;
	char text[NAME_BYTES + 24];
	struct index index;
	uint64_t start;
	uint32_t size, i;

	if (!open_index(file, &index))
		return 0;
	room = (index.table.size - sizeof(struct head)) / sizeof(struct index_entry);
	for (i = 0; i < index.nr && i < room; i++) {
		size = read_entry(&index, i, &start);
		if (!size)
			continue;
		snprintf(text, sizeof(text), "%.*s@0x%" PRIx64, NAME_BYTES, name, start);
		if (symtab__add_unnamed(tab, start, size, text))
			break;
		added++;
	}
	return added;
}
