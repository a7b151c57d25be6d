// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cfi_ops.h"

#include <dwarf.h>

#include "cfi_basis.h"

#define MAX_OPS	  128
#define MAX_DEPTH 32

struct machine {
	const struct cfi_frame *frame;
	const struct cfi_memory *memory;
	uint64_t cfa;
	uint64_t stack[MAX_DEPTH];
	size_t depth;
	bool is_value; /* what is on the stack is no address */
};

static enum cfi_result push(struct machine *m, uint64_t value)
{
	if (m->depth == MAX_DEPTH)
		return CFI_WRONG;
	m->stack[m->depth++] = value;
	return CFI_DONE;
}

static enum cfi_result push_register(struct machine *m, uint64_t nr, uint64_t offset)
{
	if (nr >= m->frame->nr || !(m->frame->known >> nr & 1))
		return CFI_WRONG;
	cfi_basis__add_register(m->memory->basis, m->frame, (unsigned int)nr);
	return push(m, m->frame->regs[nr] + offset);
}

static enum cfi_result load(struct machine *m, uint64_t size)
{
	enum cfi_result result;
	uint64_t *top, word;

	if (!m->depth || !size || size > sizeof(word))
		return CFI_WRONG;
	top = &m->stack[m->depth - 1];
	cfi_basis__add_word(m->memory->basis, *top);
	result = m->memory->word(m->memory->ctx, *top, &word);
	if (result == CFI_DONE)
		*top = size < sizeof(word) ? word & ((1ULL << size * 8) - 1) : word;
	return result;
}

/* To the right by less than 64 bits, with the sign following. */
static uint64_t shift_signed(uint64_t a, unsigned int bits)
{
	return a >> 63 ? ~(~a >> bits) : a >> bits;
}

/* false: there is no such operation. */
static bool of_two(unsigned int atom, uint64_t a, uint64_t b, uint64_t *value)
{
	switch (atom) {
	case DW_OP_plus:
		*value = a + b;
		return true;
	case DW_OP_minus:
		*value = a - b;
		return true;
	case DW_OP_mul:
		*value = a * b;
		return true;
	case DW_OP_and:
		*value = a & b;
		return true;
	case DW_OP_or:
		*value = a | b;
		return true;
	case DW_OP_xor:
		*value = a ^ b;
		return true;
	case DW_OP_shl:
		*value = b < 64 ? a << b : 0;
		return true;
	case DW_OP_shr:
		*value = b < 64 ? a >> b : 0;
		return true;
	case DW_OP_shra:
		*value = shift_signed(a, b < 64 ? (unsigned int)b : 63);
		return true;
	case DW_OP_eq:
		*value = a == b;
		return true;
	case DW_OP_ne:
		*value = a != b;
		return true;
	case DW_OP_ge:
		*value = (int64_t)a >= (int64_t)b;
		return true;
	case DW_OP_gt:
		*value = (int64_t)a > (int64_t)b;
		return true;
	case DW_OP_le:
		*value = (int64_t)a <= (int64_t)b;
		return true;
	case DW_OP_lt:
		*value = (int64_t)a < (int64_t)b;
		return true;
	default:
		return false;
	}
}

static enum cfi_result arithmetic(struct machine *m, unsigned int atom)
{
	uint64_t value;

	if (m->depth < 2 || !of_two(atom, m->stack[m->depth - 2], m->stack[m->depth - 1], &value))
		return CFI_WRONG;
	m->stack[--m->depth - 1] = value;
	return CFI_DONE;
}

/* Those that change the order of what is on the stack, or its top alone. */
static enum cfi_result rearrange(struct machine *m, const Dwarf_Op *op)
{
	uint64_t *top, value;

	if (!m->depth)
		return CFI_WRONG;
	top = &m->stack[m->depth - 1];
	switch (op->atom) {
	case DW_OP_dup:
		return push(m, *top);
	case DW_OP_drop:
		m->depth--;
		return CFI_DONE;
	case DW_OP_over:
		return m->depth < 2 ? CFI_WRONG : push(m, top[-1]);
	case DW_OP_pick:
		return op->number >= m->depth ? CFI_WRONG : push(m, top[-(ptrdiff_t)op->number]);
	case DW_OP_swap:
		if (m->depth < 2)
			return CFI_WRONG;
		value = top[-1];
		top[-1] = *top;
		*top = value;
		return CFI_DONE;
	case DW_OP_neg:
		*top = -*top;
		return CFI_DONE;
	case DW_OP_not:
		*top = ~*top;
		return CFI_DONE;
	case DW_OP_plus_uconst:
		*top += op->number;
		return CFI_DONE;
	default:
		return arithmetic(m, op->atom);
	}
}

static enum cfi_result run(struct machine *m, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return push(m, op->atom - DW_OP_lit0);
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return push_register(m, op->atom - DW_OP_breg0, op->number);
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
		m->is_value = true;
		return push_register(m, op->atom - DW_OP_reg0, 0);
	}
	if (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts)
		return push(m, op->number);
	switch (op->atom) {
	case DW_OP_bregx:
		return push_register(m, op->number, op->number2);
	case DW_OP_regx:
		m->is_value = true;
		return push_register(m, op->number, 0);
	case DW_OP_call_frame_cfa:
		return push(m, m->cfa);
	case DW_OP_stack_value:
		m->is_value = true;
		return CFI_DONE;
	case DW_OP_deref:
		return load(m, sizeof(uint64_t));
	case DW_OP_deref_size:
		return load(m, op->number);
	case DW_OP_nop:
		return CFI_DONE;
	default:
		return rearrange(m, op);
	}
}

enum cfi_result cfi_ops__value(const Dwarf_Op *ops, size_t nr, const struct cfi_frame *frame,
			       const struct cfi_memory *memory, uint64_t cfa, uint64_t *place, uint64_t *value)
{
	struct machine m = { .frame = frame, .memory = memory, .cfa = cfa };
	enum cfi_result result = nr && nr <= MAX_OPS ? CFI_DONE : CFI_WRONG;
	uint64_t found;

	for (size_t i = 0; result == CFI_DONE && i < nr; i++)
		result = run(&m, &ops[i]);
	if (result == CFI_DONE && !m.depth)
		result = CFI_WRONG;
	if (result != CFI_DONE)
		return result;
	found = m.stack[m.depth - 1];
	if (place)
		*place = m.is_value ? CFI_FOLLOWS : found;
	if (place && !m.is_value)
		result = memory->word(memory->ctx, found, &found);
	if (result == CFI_DONE)
		*value = found;
	return result;
}
