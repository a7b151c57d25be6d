// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "sdt_probes.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define OWNER	       "stapsdt"
#define NOTE_TYPE      3
#define BASE_SECTION   ".stapsdt.base"
#define MAX_NOTE_BYTES (4U << 20)
#define MAX_SECTIONS   64
#define MAX_SEGMENTS   64

/* Three addresses: of the instruction, of the base section as the note's maker knew it, of the semaphore. */
struct addresses {
	uint64_t place, base, semaphore;
};

struct notes {
	const struct elf_file *file;
	uint64_t base; /* where the base section is now: prelink and the like move all; 0: there is none */
	const char *provider;
	void (*visit)(void *ctx, const struct sdt_probe *probe);
	void *ctx;
};

/* In bytes from the begin of struct pt_regs. */
static const struct {
	const char *name;
	uint16_t at;
} registers[] = {
#if defined(__x86_64__)
	{ "%r15", 0 },	 { "%r14", 8 },	  { "%r13", 16 },  { "%r12", 24 },  { "%rbp", 32 },  { "%rbx", 40 },
	{ "%r11", 48 },	 { "%r10", 56 },  { "%r9", 64 },   { "%r8", 72 },   { "%rax", 80 },  { "%rcx", 88 },
	{ "%rdx", 96 },	 { "%rsi", 104 }, { "%rdi", 112 }, { "%rsp", 152 }, { "%r15d", 0 },  { "%r14d", 8 },
	{ "%r13d", 16 }, { "%r12d", 24 }, { "%ebp", 32 },  { "%ebx", 40 },  { "%r11d", 48 }, { "%r10d", 56 },
	{ "%r9d", 64 },	 { "%r8d", 72 },  { "%eax", 80 },  { "%ecx", 88 },  { "%edx", 96 },  { "%esi", 104 },
	{ "%edi", 112 },
#else
	{ "sp", 248 },
#endif
};

/* A register's name up to what cannot be one; its length, or 0. */
static size_t read_register(const char *text, uint16_t *at)
{
	size_t len = strcspn(text, " ,)]"), i;

#if defined(__aarch64__)
	char *end;
	unsigned long nr = text[0] == 'x' || text[0] == 'w' ? strtoul(text + 1, &end, 10) : 31;

	if (nr < 31 && end == text + len && len > 1) {
		*at = (uint16_t)(nr * 8);
		return len;
	}
#endif
	for (i = 0; i < sizeof(registers) / sizeof(*registers); i++)
		if (strlen(registers[i].name) == len && !strncmp(registers[i].name, text, len)) {
			*at = registers[i].at;
			return len;
		}
	return 0;
}

static const char *read_number(const char *text, uint64_t *value)
{
	char *end;

	*value = (uint64_t)strtoll(text, &end, 0);
	return end == text ? NULL : end;
}

#if defined(__aarch64__)
/* "[sp, 12]", "[x1]" or "5" */
static const char *read_other(const char *text, struct sdt_argument *argument)
{
	size_t len;

	argument->kind = SDT_CONSTANT;
	if (*text != '[')
		return read_number(text, &argument->value);
	argument->kind = SDT_IN_MEMORY;
	len = read_register(text + 1, &argument->reg);
	text += 1 + len;
	if (len && *text == ',')
		text = read_number(text + 1, &argument->value);
	return len && text && *text == ']' ? text + 1 : NULL;
}
#else
/* "12(%rbp)", "(%rax)" or "$5" */
static const char *read_other(const char *text, struct sdt_argument *argument)
{
	size_t len;

	argument->kind = SDT_CONSTANT;
	if (*text == '$')
		return read_number(text + 1, &argument->value);
	argument->kind = SDT_IN_MEMORY;
	if (*text != '(')
		text = read_number(text, &argument->value);
	if (!text || *text != '(')
		return NULL;
	len = read_register(text + 1, &argument->reg);
	text += 1 + len;
	return len && *text == ')' ? text + 1 : NULL;
}
#endif

bool sdt_argument__read(const char **text, struct sdt_argument *argument)
{
	char *end;
	long bytes = strtol(*text, &end, 10);
	const char *at = end + 1;
	size_t len;

	*argument = (struct sdt_argument){ 0 };
	bytes = bytes < 0 ? -bytes : bytes;
	if (end == *text || *end != '@' || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8))
		return false;
	argument->unused_bits = (uint16_t)(64 - 8 * bytes);
	len = read_register(at, &argument->reg);
	at = len ? at + len : read_other(at, argument);
	if (!at || (*at && *at != ' '))
		return false;
	*text = at + strspn(at, " ");
	return true;
}

/* The place in the file of what the file says is at that address; 0: it has none. */
static uint64_t offset_of(const struct elf_file *file, uint64_t address)
{
	GElf_Phdr segment;
	size_t nr, i;

	if (elf_getphdrnum(file->elf, &nr))
		return 0;
	for (i = 0; i < nr && i < MAX_SEGMENTS && gelf_getphdr(file->elf, (int)i, &segment); i++)
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
		    address - segment.p_vaddr < segment.p_filesz)
			return address - segment.p_vaddr + segment.p_offset;
	return 0;
}

/* The string there, if it ends in the note; NULL. */
static const char *string_at(const char *desc, size_t size, size_t *at)
{
	const char *text = desc + *at;

	if (*at >= size || !memchr(text, 0, size - *at))
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

static void take_note(const struct notes *notes, const char *desc, size_t size)
{
	struct sdt_probe probe = { 0 };
	size_t at = sizeof(struct addresses);
	const char *provider = string_at(desc, size, &at), *arguments;
	struct addresses is;

	if (!provider || strcmp(provider, notes->provider) != 0)
		return;
	probe.name = string_at(desc, size, &at);
	arguments = string_at(desc, size, &at);
	if (!probe.name || !arguments)
		return;
	memcpy(&is, desc, sizeof(is));
	if (notes->base && is.base) {
		is.place += notes->base - is.base;
		is.semaphore += is.semaphore ? notes->base - is.base : 0;
	}
	probe.offset = offset_of(notes->file, is.place);
	probe.semaphore = is.semaphore ? offset_of(notes->file, is.semaphore) : 0;
	while (probe.nr_arguments < SDT_ARGUMENTS &&
	       sdt_argument__read(&arguments, &probe.arguments[probe.nr_arguments]))
		probe.nr_arguments++;
	if (probe.offset)
		notes->visit(notes->ctx, &probe);
}

static void take_section(const struct notes *notes, Elf_Data *data)
{
	size_t at = 0, next, name, desc;
	GElf_Nhdr note;

	while (data && data->d_buf && (next = gelf_getnote(data, at, &note, &name, &desc)) > at) {
		const char *bytes = data->d_buf;

		at = next;
		if (note.n_type == NOTE_TYPE && note.n_namesz == sizeof(OWNER) &&
		    !memcmp(bytes + name, OWNER, sizeof(OWNER)))
			take_note(notes, bytes + desc, note.n_descsz);
	}
}

static uint64_t find_base(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	const char *name;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return 0;
	while ((section = elf_nextscn(elf, section))) {
		name = gelf_getshdr(section, &head) ? elf_strptr(elf, strings, head.sh_name) : NULL;
		if (name && !strcmp(name, BASE_SECTION))
			return head.sh_addr;
	}
	return 0;
}

void sdt_probes__visit(const struct elf_file *file, const char *provider,
		       void (*visit)(void *ctx, const struct sdt_probe *probe), void *ctx)
{
	struct notes notes = { .file = file, .provider = provider, .visit = visit, .ctx = ctx };
	Elf_Scn *section = NULL;
	size_t nr = 0;
	GElf_Shdr head;

	notes.base = find_base(file->elf);
	while ((section = elf_nextscn(file->elf, section))) {
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_NOTE && head.sh_size <= MAX_NOTE_BYTES &&
		    nr++ < MAX_SECTIONS)
			take_section(&notes, elf_getdata(section, NULL));
	}
}
