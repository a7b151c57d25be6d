// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cfi_basis.h"
#include "cfi_ops.h"
#include "elf_file.h"

/* Chromium's is a quarter of it. */
#define MAX_FRAME_BYTES (64 * 1024 * 1024)

/*
 * The file decides how much memory its rules take: libdw makes room for as many registers as they name.  One that makes
 * a look-up take that long, so many times, is left alone.
 */
#define SLOW_NS	 100000000
#define MAX_SLOW 3
/* Rules name each register up to the highest one that they tell of; those of real machines take some KiB. */
#define MAX_RULES_BYTES (1 << 16)

struct cfi {
	struct elf_file file;
	Dwarf_CFI *cfi;
	uint64_t used;
	unsigned int slow;
};

/* Of a file without sections, all that is behind the information is read with it. */
static bool is_small_file(const struct elf_file *file)
{
	struct stat st;

	return file->fd < 0 || (!fstat(file->fd, &st) && st.st_size <= MAX_FRAME_BYTES);
}

/* Sections are read as a whole. */
static bool is_small_enough(const struct elf_file *file)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names, nr;
	const char *name;

	if (elf_getshdrnum(file->elf, &nr) || elf_getshdrstrndx(file->elf, &names))
		return false;
	if (!nr)
		return is_small_file(file);
	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header))
			return false;
		if (header.sh_type == SHT_NOBITS || header.sh_size <= MAX_FRAME_BYTES)
			continue;
		name = elf_strptr(file->elf, names, header.sh_name);
		if (!name || !strncmp(name, ".eh_frame", 9) || !strcmp(name, ".shstrtab"))
			return false;
	}
	return true;
}

/* Takes over the file. */
static struct cfi *of_file(struct elf_file *file)
{
	struct cfi *cfi = is_small_enough(file) ? calloc(1, sizeof(*cfi)) : NULL;

	if (cfi) {
		cfi->file = *file;
		cfi->cfi = dwarf_getcfi_elf(file->elf);
	}
	if (cfi && cfi->cfi)
		return cfi;
	free(cfi);
	elf_file__close(file);
	return NULL;
}

struct cfi *cfi__open(int fd)
{
	struct elf_file file;

	return elf_file__open(&file, fd) ? NULL : of_file(&file);
}

struct cfi *cfi__open_image(char *image, size_t size)
{
	struct elf_file file;

	return elf_file__open_image(&file, image, size) ? NULL : of_file(&file);
}

void cfi__free(struct cfi *cfi)
{
	if (!cfi)
		return;
	dwarf_cfi_end(cfi->cfi);
	elf_file__close(&cfi->file);
	free(cfi);
}

uint64_t cfi__used(const struct cfi *cfi)
{
	return cfi->used;
}

bool cfi__is_slow(const struct cfi *cfi)
{
	return cfi->slow;
}

/* The coarse clock costs next to nothing. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* NULL: there are none.  To be freed with free(3). */
static Dwarf_Frame *rules_at(struct cfi *cfi, uint64_t vaddr)
{
	uint64_t begin_ns = now_ns();
	Dwarf_Frame *rules = NULL;

	cfi->used++;
	if (cfi->slow >= MAX_SLOW)
		return NULL;
	if (dwarf_cfi_addrframe(cfi->cfi, vaddr, &rules))
		rules = NULL;
	if (now_ns() - begin_ns >= SLOW_NS)
		cfi->slow++;
	if (rules && malloc_usable_size(rules) > MAX_RULES_BYTES) {
		/* megabytes for each step: no compiler makes such, so the file is not asked again */
		cfi->slow = MAX_SLOW;
		free(rules);
		return NULL;
	}
	return rules;
}

/* Everything that a step needs to know. */
struct step {
	Dwarf_Frame *rules;
	const struct cfi_memory *memory;
	const struct cfi_frame *from;
	uint64_t cfa;
};

static enum cfi_result find_cfa(struct step *step)
{
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_frame_cfa(step->rules, &ops, &nr))
		return CFI_WRONG;
	return cfi_ops__value(ops, nr, step->from, step->memory, 0, NULL, &step->cfa);
}

/* A register of the caller.  The stack pointer is the canonical address, if nothing else is said of it. */
static enum cfi_result find_register(const struct step *step, unsigned int nr, struct cfi_frame *to)
{
	enum cfi_result result;
	Dwarf_Op own[3], *ops;
	size_t nr_ops;
	uint64_t place, value;

	if (dwarf_frame_register(step->rules, (int)nr, own, &ops, &nr_ops))
		return CFI_WRONG;
	if (!nr_ops && nr == to->sp) {
		to->regs[nr] = step->cfa;
		to->origin[nr] = CFI_FOLLOWS;
		to->known |= 1ULL << nr;
		return CFI_DONE;
	}
	if (!nr_ops) {
		if (ops == own)
			to->known &= ~(1ULL << nr);
		return CFI_DONE;
	}
	result = cfi_ops__value(ops, nr_ops, step->from, step->memory, step->cfa, &place, &value);
	if (result != CFI_DONE)
		return result;
	to->regs[nr] = value;
	to->origin[nr] = place;
	to->known |= 1ULL << nr;
	return CFI_DONE;
}

static enum cfi_result find_caller(struct step *step, unsigned int return_address, struct cfi_frame *to)
{
	enum cfi_result result = find_cfa(step);

	for (unsigned int nr = 0; result == CFI_DONE && nr < to->nr; nr++) {
		result = find_register(step, nr, to);
		/* the one that counts is the return address: what else is not there may not be needed */
		if (nr != return_address && (result == CFI_BEYOND || result == CFI_WRONG)) {
			to->known &= ~(1ULL << nr);
			result = CFI_DONE;
		}
	}
	if (result == CFI_DONE && !(to->known >> return_address & 1))
		result = CFI_OUTERMOST;
	if (result != CFI_DONE)
		return result;
	to->pc = to->regs[return_address];
	cfi_basis__add_register(step->memory->basis, to, return_address);
	return CFI_DONE;
}

/* It would go on like that. */
static bool goes_nowhere(const struct cfi_frame *frame, const struct cfi_frame *caller, struct cfi_basis *basis)
{
	if (caller->pc != frame->pc)
		return false;
	cfi_basis__add_register(basis, frame, frame->sp);
	cfi_basis__add_register(basis, caller, caller->sp);
	return caller->regs[caller->sp] == frame->regs[frame->sp];
}

enum cfi_result cfi__step(struct cfi *cfi, uint64_t vaddr, const struct cfi_memory *memory, struct cfi_frame *frame,
			  bool *interrupted)
{
	struct step step = { .memory = memory, .from = frame };
	struct cfi_frame caller = *frame;
	enum cfi_result result = CFI_WRONG;
	int return_address;

	step.rules = rules_at(cfi, vaddr);
	if (!step.rules)
		return CFI_NOTHING;
	return_address = dwarf_frame_info(step.rules, NULL, NULL, interrupted);
	if (return_address >= 0 && (unsigned int)return_address < frame->nr)
		result = find_caller(&step, (unsigned int)return_address, &caller);
	free(step.rules);
	if (result == CFI_DONE && goes_nowhere(frame, &caller, memory->basis))
		result = CFI_WRONG;
	if (result == CFI_DONE)
		*frame = caller;
	return result;
}

/* The offset of a register's place from the canonical address; false: it is no such place. */
static bool offset_of(Dwarf_Frame *rules, unsigned int nr, int64_t *offset, bool *same)
{
	Dwarf_Op own[3], *ops;
	size_t nr_ops;

	*same = false;
	if (dwarf_frame_register(rules, (int)nr, own, &ops, &nr_ops))
		return false;
	*same = !nr_ops && !ops;
	*offset = nr_ops == 2 ? (int64_t)ops[1].number : 0;
	return nr_ops && nr_ops <= 2 && ops[0].atom == DW_OP_call_frame_cfa &&
	       (nr_ops == 1 || ops[1].atom == DW_OP_plus_uconst);
}

/* The canonical address as a register and an offset. */
static bool base_of(Dwarf_Frame *rules, uint64_t *base, int64_t *offset)
{
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_frame_cfa(rules, &ops, &nr) || nr != 1)
		return false;
	if (ops->atom >= DW_OP_breg0 && ops->atom <= DW_OP_breg31) {
		*base = ops->atom - DW_OP_breg0;
		*offset = (int64_t)ops->number;
		return true;
	}
	*base = ops->number;
	*offset = (int64_t)ops->number2;
	return ops->atom == DW_OP_bregx;
}

static void fill_rule(Dwarf_Frame *rules, unsigned int sp, unsigned int fp, struct cfi_rule *rule)
{
	int return_address = dwarf_frame_info(rules, NULL, NULL, NULL);
	bool saved, in_register, same;
	int64_t cfa, offset;
	uint64_t base;

	if (return_address < 0 || !base_of(rules, &base, &cfa))
		return;
	if (base == fp)
		rule->kind = CFI_RULE_FRAME;
	saved = offset_of(rules, (unsigned int)return_address, &offset, &in_register);
	if (base != sp && !(base == fp && saved))
		return;
	if (base == sp && saved)
		rule->kind = CFI_RULE_AT;
	else if (base == sp && in_register)
		rule->kind = CFI_RULE_REGISTER;
	rule->return_address = saved ? cfa + offset : 0;
	rule->frame = cfa;
	rule->pointer = offset_of(rules, fp, &offset, &same) ? cfa + offset : CFI_NOT_SAVED;
}

struct cfi_rule cfi__rule(struct cfi *cfi, uint64_t vaddr, unsigned int sp, unsigned int fp)
{
	struct cfi_rule rule = { .kind = CFI_RULE_UNKNOWN, .pointer = CFI_NOT_SAVED };
	Dwarf_Frame *rules = rules_at(cfi, vaddr);

	if (!rules)
		return rule;
	fill_rule(rules, sp, fp, &rule);
	free(rules);
	return rule;
}
