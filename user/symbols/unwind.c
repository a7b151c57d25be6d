// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "unwind.h"

#include <string.h>

/* No stack has more behind its end: an address there is one of the stack's, beyond the copy. */
#define MAX_STACK_BYTES (1ULL << 30)
/* With pointer authentication, the upper bits of a return address are its signature. */
#define ADDRESS_MASK ((1ULL << 48) - 1)

/* How the kernel's registers and DWARF's numbers belong together. */
struct machine {
	unsigned int nr, sp, fp, return_address;
	unsigned int pc;	 /* in the kernel's */
	int8_t of[CFI_MAX_REGS]; /* the kernel's, by DWARF's number; -1: none */
};

static const struct machine machines[UNWIND_NR_MACHINES] = {
	[UNWIND_X86_64] = {
		.nr = 17, .sp = 7, .fp = 6, .return_address = 16, .pc = 16,
		.of = { 10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16 },
	},
	[UNWIND_ARM64] = {
		.nr = 32, .sp = 31, .fp = 29, .return_address = 30, .pc = 32,
		.of = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
			26, 27, 28, 29, 30, 31 },
	},
};

#define X86_64_CS      17
#define X86_64_USER_CS 0x33
#define ARM64_PSTATE   33
#define ARM64_32BIT    0x10

enum unwind_machine unwind__machine(void)
{
#if defined(__x86_64__)
	return UNWIND_X86_64;
#elif defined(__aarch64__)
	return UNWIND_ARM64;
#else
	return UNWIND_NR_MACHINES;
#endif
}

static bool is_64_bit(const struct stack_copy *copy)
{
	if (copy->machine == UNWIND_X86_64)
		return copy->regs[X86_64_CS] == X86_64_USER_CS;
	return copy->machine == UNWIND_ARM64 && !(copy->regs[ARM64_PSTATE] & ARM64_32BIT);
}

static void begin(const struct stack_copy *copy, struct cfi_frame *frame)
{
	const struct machine *machine = &machines[copy->machine];

	*frame = (struct cfi_frame){ .nr = machine->nr, .sp = machine->sp, .pc = copy->regs[machine->pc] };
	for (unsigned int i = 0; i < machine->nr; i++) {
		if (machine->of[i] < 0)
			continue;
		frame->regs[i] = copy->regs[machine->of[i]];
		frame->origin[i] = CFI_OF_COPY;
		frame->known |= 1ULL << i;
	}
}

uint64_t stack_copy__pc(const struct stack_copy *copy)
{
	return copy->machine < UNWIND_NR_MACHINES ? copy->regs[machines[copy->machine].pc] : 0;
}

uint64_t unwind__code_address(uint64_t value)
{
	return value & ADDRESS_MASK;
}

struct cfi_rule unwind__rule(enum unwind_machine machine, struct cfi *cfi, uint64_t vaddr)
{
	if (machine >= UNWIND_NR_MACHINES)
		return (struct cfi_rule){ .kind = CFI_RULE_UNKNOWN, .pointer = CFI_NOT_SAVED };
	return cfi__rule(cfi, vaddr, machines[machine].sp, machines[machine].fp);
}

uint64_t stack_copy__sp(const struct stack_copy *copy)
{
	const struct machine *machine;

	if (copy->machine >= UNWIND_NR_MACHINES)
		return 0;
	machine = &machines[copy->machine];
	return copy->regs[machine->of[machine->sp]];
}

static enum cfi_result read_word(void *ctx, uint64_t address, uint64_t *word)
{
	const struct stack_copy *copy = ctx;
	uint64_t at = address - stack_copy__sp(copy);

	/* no stack is there, and an origin could not be told from enum cfi_origin */
	if (address < CFI_NR_ORIGINS)
		return CFI_WRONG;
	if (at >= copy->missing && at < copy->nr_bytes && copy->nr_bytes - at >= sizeof(*word)) {
		memcpy(word, copy->bytes + at, sizeof(*word));
		return CFI_DONE;
	}
	return at < MAX_STACK_BYTES ? CFI_BEYOND : CFI_WRONG;
}

/* The caller's frame pointer and the return address, one behind the other. */
static enum cfi_result step_by_pointer(const struct machine *machine, const struct cfi_memory *memory,
				       struct cfi_frame *frame)
{
	uint64_t fp = frame->regs[machine->fp], next, pc;
	enum cfi_result result;

	cfi_basis__add_register(memory->basis, frame, machine->fp);
	cfi_basis__add_register(memory->basis, frame, machine->sp);
	if (!(frame->known >> machine->fp & 1) || fp % sizeof(uint64_t) || fp < frame->regs[machine->sp])
		return CFI_WRONG;
	result = memory->word(memory->ctx, fp, &next);
	if (result == CFI_DONE)
		result = memory->word(memory->ctx, fp + sizeof(uint64_t), &pc);
	if (result != CFI_DONE)
		return result;
	frame->known = 1ULL << machine->fp | 1ULL << machine->sp;
	frame->regs[machine->fp] = next;
	frame->origin[machine->fp] = fp;
	frame->regs[machine->sp] = fp + 2 * sizeof(uint64_t);
	frame->origin[machine->sp] = CFI_FOLLOWS;
	cfi_basis__add_word(memory->basis, fp + sizeof(uint64_t));
	frame->pc = pc;
	return CFI_DONE;
}

static enum cfi_result step(const struct machine *machine, const struct mapping *mapping, uint64_t address,
			    const struct unwind_files *files, const struct cfi_memory *memory, struct cfi_frame *frame,
			    bool *interrupted)
{
	struct cfi *cfi = mapping->elf ? files->find(files->ctx, mapping) : NULL;
	uint64_t vaddr = address - mapping->start + mapping->vaddr;
	enum cfi_result result = cfi ? cfi__step(cfi, vaddr, memory, frame, interrupted) : CFI_NOTHING;

	if (result != CFI_NOTHING)
		return result;
	*interrupted = false;
	result = step_by_pointer(machine, memory, frame);
	/* what calls code of a compiler that runs in the program may be all that it can say */
	return result == CFI_WRONG && !mapping->elf ? CFI_OUTERMOST : result;
}

/* A program's very first function may not know that it has no caller: above it the stack ends. */
static enum unwind_end end_of(const struct stack_copy *copy, const struct cfi_frame *frame, enum cfi_result result,
			      struct cfi_basis *basis)
{
	uint64_t end = stack_copy__sp(copy) + copy->nr_bytes;

	if (copy->to_end)
		cfi_basis__add_register(basis, frame, frame->sp);
	if (copy->to_end && frame->regs[frame->sp] >= end)
		return UNWIND_WHOLE;
	return result == CFI_OUTERMOST ? UNWIND_WHOLE : result == CFI_BEYOND ? UNWIND_CUT : UNWIND_BROKEN;
}

/* Until there is no caller; an address that is no code is none.  jit: the last frame is of code without a file. */
static void follow(const struct stack_copy *copy, const struct proc_maps *maps, const struct unwind_files *files,
		   struct cfi_frame *frame, struct unwound *unwound)
{
	const struct cfi_memory memory = { read_word, (void *)copy, &unwound->basis };
	const struct machine *machine = &machines[copy->machine];
	enum cfi_result result = CFI_DONE;
	bool interrupted = true, jit = false;

	while (result == CFI_DONE && unwound->nr < UNWIND_MAX_FRAMES) {
		/* a return address belongs to the call before it */
		uint64_t address = frame->pc - !interrupted;
		const struct mapping *mapping = proc_maps__find(maps, address);

		if (!mapping) {
			unwound->outside = frame->pc;
			result = !frame->pc || jit ? CFI_OUTERMOST : CFI_WRONG;
			break;
		}
		unwound->addresses[unwound->nr++] = frame->pc;
		jit = !mapping->elf;
		result = step(machine, mapping, address, files, &memory, frame, &interrupted);
		if (copy->machine == UNWIND_ARM64)
			frame->pc &= ADDRESS_MASK;
	}
	unwound->end = end_of(copy, frame, result, &unwound->basis);
}

/* The basis as one of the copy. */
static void refer_to_copy(const struct stack_copy *copy, struct cfi_basis *basis)
{
	const struct machine *machine = &machines[copy->machine];
	uint64_t regs = 0;

	for (unsigned int i = 0; i < machine->nr; i++) {
		if (basis->regs >> i & 1)
			regs |= 1ULL << machine->of[i];
	}
	/* whether it is a 32-bit program decides, too */
	if (copy->machine == UNWIND_X86_64)
		regs |= 1ULL << X86_64_CS;
	basis->regs = regs;
	for (size_t i = 0; i < basis->nr; i++)
		basis->words[i] -= stack_copy__sp(copy);
}

void unwind(const struct stack_copy *copy, const struct proc_maps *maps, const struct unwind_files *files,
	    struct unwound *unwound)
{
	struct cfi_frame frame;

	unwound->nr = 0;
	unwound->outside = 0;
	unwound->basis = (struct cfi_basis){ .incomplete = true };
	unwound->end = UNWIND_BROKEN;
	if (copy->machine >= UNWIND_NR_MACHINES)
		return;
	begin(copy, &frame);
	if (is_64_bit(copy)) {
		unwound->basis.incomplete = false;
		follow(copy, maps, files, &frame, unwound);
		refer_to_copy(copy, &unwound->basis);
	}
	if (!unwound->nr)
		unwound->addresses[unwound->nr++] = frame.pc;
}
