// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "inlined.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/hash.h"
#include "die_ranges.h"

/* One that makes a look-up take that long, so many times, is left alone. */
#define SLOW_NS	 100000000
#define MAX_SLOW 3
/* The clock is read once in so many entries. */
#define CLOCK_EVERY 16
/* How long the ranges of all units may take. */
#define INDEX_NS 1000000000
/* A unit, its ranges and those of its functions: one in so many bytes of debugging information, there are far fewer. */
#define BYTES_A_RANGE 48
#define MIN_RANGES    64
/* libdw makes a table of them for each unit. */
#define MAX_ABBREV_BYTES (16U << 20)
/* Of names of sections. */
#define MAX_NAME_BYTES (1U << 20)
/* Scopes in scopes; more are hostile. */
#define MAX_DEPTH 64
/* From the place where a function was inlined to the one that says its name. */
#define MAX_ORIGINS 8
#define MAX_KEPT    65536

struct unit {
	Dwarf_Off die;
	struct die_ranges functions; /* by their entries; they are read when the first one is asked for */
	bool read;
};

struct entry {
	UT_hash_handle hh;
	uint64_t vaddr;
	size_t nr;
	char names[];
};

struct inlined {
	struct elf_file file;
	Dwarf *dwarf;
	size_t bytes;
	struct unit *units;
	size_t nr_units, cap_units;
	struct die_ranges ranges; /* by number of unit */
	struct die_budget budget;
	struct entry *entries;
	unsigned int slow;
};

/* The size of a section when it is unpacked; false: it is not taken, whatever it is. */
static bool section_bytes(Elf_Scn *section, const GElf_Shdr *header, size_t max_bytes, size_t *bytes)
{
	GElf_Chdr packed;

	*bytes = header->sh_size;
	if (header->sh_type == SHT_NOBITS || header->sh_size > max_bytes)
		return header->sh_type == SHT_NOBITS;
	if (!(header->sh_flags & SHF_COMPRESSED))
		return true;
	if (!gelf_getchdr(section, &packed))
		return false;
	*bytes = packed.ch_size;
	return packed.ch_size <= max_bytes;
}

/*
 * The sum of what libdw would read: it unpacks all sections that it knows.  0: there is no debugging information, or
 * more of it than that.  The old form of packed sections is not taken, as its size is not where that of others is.
 */
static size_t debug_bytes(const struct elf_file *file, size_t max_bytes)
{
	Elf_Scn *section = NULL;
	size_t names, sum = 0, bytes;
	const char *name;
	GElf_Shdr header;
	bool any = false;

	if (elf_getshdrstrndx(file->elf, &names) || !gelf_getshdr(elf_getscn(file->elf, names), &header) ||
	    header.sh_size > MAX_NAME_BYTES)
		return 0;
	while ((section = elf_nextscn(file->elf, section))) {
		name = gelf_getshdr(section, &header) ? elf_strptr(file->elf, names, header.sh_name) : NULL;
		if (!name || !strncmp(name, ".zdebug_", 8))
			return 0;
		if (strncmp(name, ".debug_", 7) && strncmp(name, ".gnu", 4))
			continue;
		if (!section_bytes(section, &header, max_bytes - sum, &bytes) ||
		    (!strcmp(name, ".debug_abbrev") && bytes > MAX_ABBREV_BYTES))
			return 0;
		if (header.sh_type == SHT_NOBITS)
			continue;
		sum += bytes;
		any |= !strcmp(name, ".debug_info");
	}
	return any ? sum : 0;
}

static bool add_unit(struct inlined *inlined, Dwarf_Die *die)
{
	size_t cap = inlined->cap_units ? 2 * inlined->cap_units : 16;
	struct unit *grown;

	if (inlined->nr_units == inlined->cap_units) {
		grown = inlined->budget.left ? realloc(inlined->units, cap * sizeof(*grown)) : NULL;
		if (!grown)
			return false;
		inlined->units = grown;
		inlined->cap_units = cap;
	}
	inlined->units[inlined->nr_units++] = (struct unit){ .die = dwarf_dieoffset(die) };
	inlined->budget.left -= inlined->budget.left > 0;
	return die_ranges__add(&inlined->ranges, die, inlined->nr_units - 1, &inlined->budget);
}

/*
 * false: what is there cannot be used, or not in time.  A skeleton says in which other file its unit is, and libdw
 * would open that, whatever it is, as soon as anything of the unit is asked for.
 */
static bool make_index(struct inlined *inlined)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	uint8_t type;

	inlined->budget.until_ns = die_ranges__now_ns() + INDEX_NS;
	while (!dwarf_get_units(inlined->dwarf, unit, &unit, NULL, &type, &die, NULL)) {
		if (type == DW_UT_skeleton || type == DW_UT_split_compile ||
		    die_ranges__now_ns() > inlined->budget.until_ns)
			return false;
		if (type == DW_UT_compile && dwarf_tag(&die) == DW_TAG_compile_unit && !add_unit(inlined, &die))
			return false;
	}
	die_ranges__sort(&inlined->ranges);
	return inlined->ranges.nr > 0;
}

/* The file stays the caller's. */
static struct inlined *give_up(struct inlined *inlined)
{
	inlined->file = (struct elf_file){ .fd = -1 };
	inlined__free(inlined);
	return NULL;
}

struct inlined *inlined__new(struct elf_file *file, size_t max_bytes)
{
	size_t bytes = debug_bytes(file, max_bytes < INLINED_MAX_BYTES ? max_bytes : INLINED_MAX_BYTES);
	struct inlined *inlined = bytes ? calloc(1, sizeof(*inlined)) : NULL;

	if (!inlined)
		return NULL;
	inlined->file = *file;
	inlined->bytes = bytes;
	inlined->budget.left = MIN_RANGES + bytes / BYTES_A_RANGE;
	inlined->dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
	if (!inlined->dwarf || !make_index(inlined))
		return give_up(inlined);
	/* all has been read */
	elf_cntl(file->elf, ELF_C_FDDONE);
	if (file->fd >= 0)
		close(file->fd);
	inlined->file.fd = -1;
	*file = (struct elf_file){ .fd = -1 };
	return inlined;
}

static void forget(struct inlined *inlined)
{
	struct entry *entry, *next;

	for (entry = inlined->entries; entry; entry = next) {
		next = entry->hh.next;
		HASH_DEL(inlined->entries, entry);
		free(entry);
	}
}

void inlined__free(struct inlined *inlined)
{
	if (!inlined)
		return;
	forget(inlined);
	dwarf_end(inlined->dwarf);
	if (inlined->file.elf)
		elf_file__close(&inlined->file);
	for (size_t i = 0; i < inlined->nr_units; i++)
		die_ranges__free(&inlined->units[i].functions);
	free(inlined->units);
	die_ranges__free(&inlined->ranges);
	free(inlined);
}

size_t inlined__bytes(const struct inlined *inlined)
{
	return inlined->bytes + (MIN_RANGES + inlined->bytes / BYTES_A_RANGE) * sizeof(struct unit);
}

void inlined__trim(struct inlined *inlined)
{
	if (HASH_COUNT(inlined->entries) >= MAX_KEPT)
		forget(inlined);
}

/* A search for the scopes that hold an address. */
struct search {
	uint64_t vaddr, until_ns;
	unsigned int looked;		     /* at how many entries */
	Dwarf_Die found[INLINED_MAX_NESTED]; /* in a circle: the outermost first, the last ones of nr */
	size_t nr;
	bool late;
};

static bool is_scope(int tag)
{
	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
}

/* What has no code of its own, and functions in it: Rust's and Clang's are where they are declared. */
static bool is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_module;
}

static bool is_late(struct search *search)
{
	if (search->looked++ % CLOCK_EVERY == 0)
		search->late |= die_ranges__now_ns() > search->until_ns;
	return search->late;
}

/* The child that holds the address; false: there is none. */
static bool find_scope(struct search *search, Dwarf_Die *parent, Dwarf_Die *child)
{
	int end = dwarf_child(parent, child);

	for (; !end && !is_late(search); end = dwarf_siblingof(child, child))
		if (is_scope(dwarf_tag(child)) && dwarf_haspc(child, search->vaddr) > 0)
			return true;
	return false;
}

/* From a function down to the innermost scope that holds the address. */
static void enter(struct search *search, const Dwarf_Die *function)
{
	Dwarf_Die scope = *function, child;

	for (int depth = 0; depth < MAX_DEPTH && find_scope(search, &scope, &child); depth++) {
		if (dwarf_tag(&child) == DW_TAG_inlined_subroutine)
			search->found[search->nr++ % INLINED_MAX_NESTED] = child;
		scope = child;
	}
}

/* All functions in a unit or in a container there; false: the budget is spent. */
static bool add_functions(struct die_ranges *functions, Dwarf_Die *parent, struct die_budget *budget,
			  struct search *search, int depth)
{
	Dwarf_Die child;
	int end = depth < MAX_DEPTH ? dwarf_child(parent, &child) : 1;

	for (; !end; end = dwarf_siblingof(&child, &child)) {
		int tag = dwarf_tag(&child);

		if (is_late(search))
			return false;
		if (tag == DW_TAG_subprogram && !die_ranges__add(functions, &child, dwarf_dieoffset(&child), budget))
			return false;
		if (is_container(tag) && !add_functions(functions, &child, budget, search, depth + 1))
			return false;
	}
	return true;
}

static void read_functions(struct inlined *inlined, struct unit *unit, struct search *search)
{
	Dwarf_Die die;

	inlined->budget.until_ns = search->until_ns;
	if (dwarf_offdie(inlined->dwarf, unit->die, &die))
		search->late |= !add_functions(&unit->functions, &die, &inlined->budget, search, 0);
	die_ranges__sort(&unit->functions);
	unit->read = true;
}

static void search_unit(struct inlined *inlined, struct unit *unit, struct search *search)
{
	const struct die_range *function;
	Dwarf_Die die;
	size_t at;

	if (!unit->read)
		read_functions(inlined, unit, search);
	at = die_ranges__count(&unit->functions, search->vaddr);
	function = die_ranges__before(&unit->functions, search->vaddr, &at);
	if (function && dwarf_offdie(inlined->dwarf, function->of, &die))
		enter(search, &die);
}

/* A string in the unit itself ends where it ends, if that is in its section: libdw does not look. */
static const char *string_of(const struct inlined *inlined, Dwarf_Attribute *attribute)
{
	const char *text, *bytes;
	size_t size;

	switch (dwarf_whatform(attribute)) {
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
		return dwarf_formstring(attribute);
	case DW_FORM_string:
		break;
	default: /* those of another file, which libdw would open */
		return NULL;
	}
	text = dwarf_formstring(attribute);
	bytes = elf_file__section(&inlined->file, ".debug_info", inlined->bytes, &size);
	if (!text || !bytes || text < bytes || text >= bytes + size ||
	    !memchr(text, '\0', (size_t)(bytes + size - text)))
		return NULL;
	return text;
}

static const char *string_at(const struct inlined *inlined, Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) ? string_of(inlined, &attribute) : NULL;
}

/* Within this file: not by a signature or in another one, which libdw would look for. */
static bool is_near(Dwarf_Attribute *attribute)
{
	switch (dwarf_whatform(attribute)) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
	case DW_FORM_ref_addr:
		return true;
	}
	return false;
}

static bool find_origin(Dwarf_Die *die, Dwarf_Die *origin)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr(die, DW_AT_abstract_origin, &attribute) && !dwarf_attr(die, DW_AT_specification, &attribute))
		return false;
	return is_near(&attribute) && dwarf_formref_die(&attribute, origin);
}

/* The name that the linker would see, else that in the text; NULL: it has none. */
static const char *name_of(const struct inlined *inlined, Dwarf_Die *function)
{
	const char *plain = NULL, *linkage = NULL;
	Dwarf_Die die = *function;

	for (int i = 0; i < MAX_ORIGINS; i++) {
		linkage = string_at(inlined, &die, DW_AT_linkage_name);
		if (!linkage)
			linkage = string_at(inlined, &die, DW_AT_MIPS_linkage_name);
		if (!plain)
			plain = string_at(inlined, &die, DW_AT_name);
		if (linkage || !find_origin(&die, &die))
			break;
	}
	linkage = linkage ? linkage : plain;
	return linkage && *linkage ? linkage : NULL;
}

static void search_units(struct inlined *inlined, struct search *search)
{
	size_t at = die_ranges__count(&inlined->ranges, search->vaddr);
	const struct die_range *range;

	while (!search->late && !search->nr && (range = die_ranges__before(&inlined->ranges, search->vaddr, &at)))
		search_unit(inlined, &inlined->units[range->of], search);
}

/* NULL: no memory. */
static struct entry *make_entry(const struct inlined *inlined, const struct search *search)
{
	size_t nr = search->nr < INLINED_MAX_NESTED ? search->nr : INLINED_MAX_NESTED, room = 0, len;
	const char *names[INLINED_MAX_NESTED];
	struct entry *entry;
	char *to;

	for (size_t i = 0; i < nr; i++) {
		Dwarf_Die die = search->found[(search->nr - 1 - i) % INLINED_MAX_NESTED];

		names[i] = name_of(inlined, &die);
		room += names[i] ? strnlen(names[i], SYMBOL_NAME_MAX) + 1 : 0;
	}
	entry = calloc(1, sizeof(*entry) + room);
	if (!entry)
		return NULL;
	to = entry->names;
	for (size_t i = 0; i < nr; i++) {
		if (!names[i])
			continue;
		len = strnlen(names[i], SYMBOL_NAME_MAX);
		memcpy(to, names[i], len);
		to += len + 1;
		entry->nr++;
	}
	return entry;
}

static struct entry *look_up(struct inlined *inlined, uint64_t vaddr)
{
	struct search search = { .vaddr = vaddr, .until_ns = die_ranges__now_ns() + SLOW_NS };
	struct entry *entry;

	if (inlined->slow < MAX_SLOW)
		search_units(inlined, &search);
	inlined->slow += search.late || die_ranges__now_ns() > search.until_ns;
	entry = make_entry(inlined, &search);
	if (!entry)
		return NULL;
	entry->vaddr = vaddr;
	HASH_ADD(hh, inlined->entries, vaddr, sizeof(entry->vaddr), entry);
	if (entry->hh.tbl)
		return entry;
	free(entry);
	return NULL;
}

struct inlined_names inlined__find(struct inlined *inlined, uint64_t vaddr)
{
	struct entry *entry;

	HASH_FIND(hh, inlined->entries, &vaddr, sizeof(vaddr), entry);
	if (!entry)
		entry = look_up(inlined, vaddr);
	return (struct inlined_names){ entry ? entry->nr : 0, entry ? entry->names : NULL };
}
