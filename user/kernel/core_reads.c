// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "core_reads.h"

#include <errno.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "attach_target.h"
#include "btf_excerpt.h"

#define TEXT_SECTION ".text" /* functions that several programs call */

/* The start of .BTF.ext (linux/Documentation/bpf/btf.rst); offsets count from its own end. */
struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len;
	__u32 func_info_off, func_info_len;
	__u32 line_info_off, line_info_len;
	__u32 core_relo_off, core_relo_len;
};

/* The relocations of one section of programs. */
struct ext_section {
	__u32 name_off, nr;
	struct bpf_core_relo relocs[];
};

/* Where a program's instructions are. */
struct code {
	const char *section;
	const char *insns; /* of the whole section */
	size_t begin, end; /* bytes of it that are the program's */
};

/* A place in a type, on both sides. */
struct place {
	const struct btf *btf;
	const struct btf_type *type;
};

static const char *name_of(struct place p)
{
	const char *name = btf__name_by_offset(p.btf, p.type->name_off);

	return name ? name : "";
}

/* The type behind typedefs, const and the like. */
static struct place place_at(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t)))
		t = btf__type_by_id(btf, t->type);
	return (struct place){ btf, t };
}

/* Length of a name without its ___flavour. */
static size_t essential_len(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour ? (size_t)(flavour - name) : strlen(name);
}

static bool same_name(struct place ours, struct place kernels)
{
	const char *a = name_of(ours), *b = name_of(kernels);
	size_t len = essential_len(a);

	return strlen(b) == len && !memcmp(a, b, len);
}

/* Named types are the same if their names are.  One side may only have a declaration. */
static bool is_record(struct place p)
{
	return p.type && (btf_is_composite(p.type) || btf_is_fwd(p.type)) && name_of(p)[0];
}

static bool is_number(struct place p)
{
	return p.type && (btf_is_int(p.type) || btf_is_any_enum(p.type));
}

/* The member of that name, also in anonymous members; type NULL without it. */
static struct place find_member(struct place in, const char *name)
{
	struct place found = { in.btf, NULL };
	int i;

	for (i = 0; !found.type && i < btf_vlen(in.type); i++) {
		const struct btf_member *m = &btf_members(in.type)[i];
		const char *member = btf__name_by_offset(in.btf, m->name_off);
		struct place inner = place_at(in.btf, m->type);

		if (member && *member)
			found = strcmp(member, name) ? found : inner;
		else if (inner.type && btf_is_composite(inner.type))
			found = find_member(inner, name);
	}
	return found;
}

static bool differs(char *why, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool differs(char *why, size_t size, const char *fmt, ...)
{
	size_t len = strlen(why);
	va_list args;

	va_start(args, fmt);
	vsnprintf(why + len, size - len, fmt, args);
	va_end(args);
	return false;
}

static bool pointees_fit(struct place ours, struct place kernels, char *why, size_t size)
{
	struct place a = place_at(ours.btf, ours.type->type), b = place_at(kernels.btf, kernels.type->type);

	if (is_record(a) && is_record(b) && !same_name(a, b))
		return differs(why, size, " points to %s, not %.*s", name_of(b), (int)essential_len(name_of(a)),
			       name_of(a));
	if (is_number(a) && is_number(b) && a.type->size != b.type->size)
		return differs(why, size, " points to %u bytes, not %u", b.type->size, a.type->size);
	return true;
}

/*
 * Is the kernel's type there what the program expects?  copied: with the program's size; an instruction that loads it
 * would be adjusted.  Types of another kind are refused by libbpf.
 */
static bool types_fit(struct place ours, struct place kernels, bool copied, char *why, size_t size)
{
	if (!ours.type || !kernels.type)
		return true;
	if (is_number(ours) && is_number(kernels) && copied && ours.type->size != kernels.type->size)
		return differs(why, size, " has %u bytes, not %u", kernels.type->size, ours.type->size);
	if (btf_is_ptr(ours.type) && btf_is_ptr(kernels.type))
		return pointees_fit(ours, kernels, why, size);
	if (is_record(ours) && is_record(kernels) && !same_name(ours, kernels))
		return differs(why, size, " is a %s, not a %.*s", name_of(kernels), (int)essential_len(name_of(ours)),
			       name_of(ours));
	if (!btf_is_array(ours.type) || !btf_is_array(kernels.type))
		return true;
	return types_fit(place_at(ours.btf, btf_array(ours.type)->type),
			 place_at(kernels.btf, btf_array(kernels.type)->type), true, why, size);
}

/* One step of an access: the number of a member or of an element.  false: the kernel has nothing there. */
static bool descend(struct place *ours, struct place *kernels, unsigned long index, char *path, size_t size)
{
	const struct btf_member *m;
	const char *name;

	if (btf_is_array(ours->type)) {
		if (!btf_is_array(kernels->type))
			return false;
		*ours = place_at(ours->btf, btf_array(ours->type)->type);
		*kernels = place_at(kernels->btf, btf_array(kernels->type)->type);
		return ours->type && kernels->type;
	}
	if (!btf_is_composite(ours->type) || index >= btf_vlen(ours->type))
		return false;
	m = &btf_members(ours->type)[index];
	name = btf__name_by_offset(ours->btf, m->name_off);
	*ours = place_at(ours->btf, m->type);
	/* a struct without a name is part of the one around it */
	if (!name || !*name)
		return ours->type;
	if (!btf_is_composite(kernels->type))
		return false;
	snprintf(path + strlen(path), size - strlen(path), ".%s", name);
	*kernels = find_member(*kernels, name);
	return ours->type && kernels->type;
}

/* One access: "0:5:2" is the third member of the sixth; the first number is an index into an array of the type. */
static bool access_fits(const struct core_reads *reads, const struct bpf_core_relo *reloc, bool copied, char *why,
			size_t size)
{
	const char *at = btf__str_by_offset(reads->ours, reloc->access_str_off);
	__u32 kernel_id = reloc->type_id < btf__type_cnt(reads->ours) ? reads->kernels[reloc->type_id] : 0;
	struct place ours = place_at(reads->ours, reloc->type_id), kernels = place_at(reads->kernel, kernel_id);
	char path[128], *end;

	if (!at || !kernel_id || !ours.type || !kernels.type)
		return true;
	snprintf(path, sizeof(path), "%s", name_of(kernels));
	for (strtoul(at, &end, 10); *end == ':'; at = end) {
		unsigned long index = strtoul(end + 1, &end, 10);

		if (!descend(&ours, &kernels, index, path, sizeof(path)))
			return true;
	}
	snprintf(why, size, "%s", path);
	return types_fit(ours, kernels, copied, why, size);
}

/* An instruction that loads or stores there; any other takes the address, for a helper that copies. */
static bool is_copied(const struct code *code, const struct bpf_core_relo *reloc)
{
	const struct bpf_insn *insn = (const void *)(code->insns + reloc->insn_off);
	__u8 class = insn->code & 7;

	return class != BPF_LDX && class != BPF_ST && class != BPF_STX;
}

static bool section_fits(const struct core_reads *reads, const struct code *code, char *why, size_t size)
{
	const char *at = reads->relocs, *end = at + reads->relocs_len;
	__u32 i;

	while (at && at + sizeof(struct ext_section) <= end) {
		const struct ext_section *section = (const void *)at;
		const char *name = btf__str_by_offset(reads->ours, section->name_off);

		if (section->nr > (end - at - sizeof(*section)) / sizeof(*section->relocs))
			break;
		at += sizeof(*section) + section->nr * sizeof(*section->relocs);
		for (i = 0; name && !strcmp(name, code->section) && i < section->nr; i++) {
			const struct bpf_core_relo *reloc = &section->relocs[i];

			if (reloc->kind != BPF_CORE_FIELD_BYTE_OFFSET || reloc->insn_off < code->begin ||
			    reloc->insn_off + sizeof(struct bpf_insn) > code->end)
				continue;
			if (!access_fits(reads, reloc, is_copied(code, reloc), why, size))
				return false;
		}
	}
	return true;
}

static Elf_Data *section_data(const struct core_reads *reads, size_t index, const char **name)
{
	Elf_Scn *scn = elf_getscn(reads->file.elf, index);
	GElf_Shdr header;
	size_t names;

	if (!scn || !gelf_getshdr(scn, &header) || elf_getshdrstrndx(reads->file.elf, &names))
		return NULL;
	*name = elf_strptr(reads->file.elf, names, header.sh_name);
	return *name ? elf_rawdata(scn, NULL) : NULL;
}

static Elf_Data *find_section(const struct core_reads *reads, const char *wanted)
{
	size_t nr = 0, i;
	const char *name;

	elf_getshdrnum(reads->file.elf, &nr);
	for (i = 1; i < nr; i++) {
		Elf_Data *data = section_data(reads, i, &name);

		if (data && !strcmp(name, wanted))
			return data;
	}
	return NULL;
}

/* The function's symbol says where it is. */
static bool find_code(const struct core_reads *reads, const char *program, struct code *code)
{
	Elf_Data *symbols = find_section(reads, ".symtab"), *names = find_section(reads, ".strtab"), *data;
	GElf_Sym sym;
	int i;

	for (i = 0; symbols && names && gelf_getsym(symbols, i, &sym); i++) {
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_name >= names->d_size ||
		    strcmp((const char *)names->d_buf + sym.st_name, program))
			continue;
		data = section_data(reads, sym.st_shndx, &code->section);
		if (!data || sym.st_value > data->d_size || sym.st_size > data->d_size - sym.st_value)
			return false;
		code->insns = data->d_buf;
		code->begin = sym.st_value;
		code->end = sym.st_value + sym.st_size;
		return true;
	}
	return false;
}

bool core_reads__fit(const struct core_reads *reads, const char *program, char *why, size_t size)
{
	Elf_Data *text = find_section(reads, TEXT_SECTION);
	struct code code;

	if (find_code(reads, program, &code) && !section_fits(reads, &code, why, size))
		return false;
	if (!text || !text->d_size)
		return true;
	code = (struct code){ TEXT_SECTION, text->d_buf, 0, text->d_size };
	return section_fits(reads, &code, why, size);
}

/* A struct or union of ours that has a name. */
struct record {
	const char *name;
	size_t len; /* without the flavour */
	__u32 id;
};

static size_t list_records(const struct btf *btf, struct record *records)
{
	__u32 nr = btf__type_cnt(btf), id;
	size_t found = 0;

	for (id = 1; id < nr; id++) {
		struct place p = { btf, btf__type_by_id(btf, id) };

		if (btf_is_composite(p.type) && is_record(p))
			records[found++] = (struct record){ name_of(p), essential_len(name_of(p)), id };
	}
	return found;
}

/* One walk over the kernel's types for all of ours: there are a thousand times as many. */
static int find_kernels(struct core_reads *reads)
{
	struct record *records = calloc(btf__type_cnt(reads->ours), sizeof(*records));
	__u32 nr = btf__type_cnt(reads->kernel), id;
	size_t nr_records, i;

	if (!records)
		return -ENOMEM;
	nr_records = list_records(reads->ours, records);
	for (id = 1; id < nr; id++) {
		struct place p = { reads->kernel, btf__type_by_id(reads->kernel, id) };
		const char *name = btf_is_composite(p.type) ? name_of(p) : "";

		for (i = 0; *name && i < nr_records; i++)
			if (!strncmp(name, records[i].name, records[i].len) && !name[records[i].len] &&
			    !reads->kernels[records[i].id])
				reads->kernels[records[i].id] = id;
	}
	free(records);
	return 0;
}

static void find_relocs(struct core_reads *reads, const Elf_Data *ext)
{
	const struct ext_header *header = ext->d_buf;
	size_t begin;

	if (ext->d_size < sizeof(*header) || header->hdr_len < sizeof(*header) || header->hdr_len > ext->d_size)
		return;
	begin = (size_t)header->hdr_len + header->core_relo_off;
	if (begin > ext->d_size || header->core_relo_len > ext->d_size - begin || header->core_relo_len < sizeof(__u32))
		return;
	/* first comes the size of a record */
	if (*(const __u32 *)((const char *)ext->d_buf + begin) != sizeof(struct bpf_core_relo))
		return;
	reads->relocs = (const char *)ext->d_buf + begin + sizeof(__u32);
	reads->relocs_len = header->core_relo_len - sizeof(__u32);
}

static int open_image(struct core_reads *reads, const void *image, size_t size)
{
	Elf_Data *types;
	int err;

	*reads = (struct core_reads){ .file.fd = -1 };
	err = elf_file__open_image(&reads->file, (char *)image, size);
	if (err)
		return err;
	types = find_section(reads, ".BTF");
	if (!types)
		return -ENOEXEC;
	reads->ours = btf__new(types->d_buf, types->d_size);
	return reads->ours ? 0 : -errno;
}

static void add_targets(struct btf_names *names, const struct core_reads *reads)
{
	size_t nr = 0, i;
	const char *name;

	elf_getshdrnum(reads->file.elf, &nr);
	for (i = 1; i < nr; i++)
		if (section_data(reads, i, &name))
			attach_target__add_name(names, name);
}

int core_reads__add_names(struct btf_names *names, const void *image, size_t size)
{
	struct core_reads reads;
	int err = open_image(&reads, image, size);

	if (!err) {
		btf_names__add_types(names, reads.ours);
		add_targets(names, &reads);
	}
	core_reads__close(&reads);
	return err;
}

int core_reads__open(struct core_reads *reads, const void *image, size_t size, const struct btf *kernel)
{
	int err = open_image(reads, image, size);
	Elf_Data *ext;

	if (err)
		return err;
	reads->kernel = kernel;
	ext = find_section(reads, ".BTF.ext");
	if (!ext)
		return -ENOEXEC;
	reads->kernels = calloc(btf__type_cnt(reads->ours), sizeof(*reads->kernels));
	if (!reads->kernels)
		return -ENOMEM;
	find_relocs(reads, ext);
	return find_kernels(reads);
}

void core_reads__close(struct core_reads *reads)
{
	free(reads->kernels);
	btf__free(reads->ours);
	elf_file__close(&reads->file);
}
