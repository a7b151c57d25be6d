// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers cfi_ops.h: what expressions of call frame information are worth, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dwarf.h>

#include "../../user/symbols/cfi_ops.h"

#define CFA	  0x2000
#define NR(array) (sizeof(array) / sizeof(*(array)))

/* Each word of the stack holds its own address, reversed. */
static enum cfi_result word(void *ctx, uint64_t address, uint64_t *word)
{
	(void)ctx;
	*word = ~address;
	return address < 0x1000 ? CFI_WRONG : address >= 0x3000 ? CFI_BEYOND : CFI_DONE;
}

static enum cfi_result value_of(const Dwarf_Op *ops, size_t nr, bool place, uint64_t *value)
{
	static const struct cfi_memory memory = { word, NULL, NULL };
	static const struct cfi_frame frame = { .nr = 17,
						.sp = 7,
						.regs = { [6] = 0x66, [7] = 0x1000, [16] = 0x4cb },
						.known = 1 << 6 | 1 << 7 | 1 << 16 };
	uint64_t at;

	*value = 0xdead;
	return cfi_ops__value(ops, nr, &frame, &memory, CFA, place ? &at : NULL, value);
}

static void gives(const Dwarf_Op *ops, size_t nr, bool place, uint64_t expected)
{
	uint64_t value;

	assert_int_equal(value_of(ops, nr, place, &value), CFI_DONE);
	assert_int_equal(value, expected);
}

static void fails(const Dwarf_Op *ops, size_t nr, bool place, enum cfi_result expected)
{
	uint64_t value;

	assert_int_equal(value_of(ops, nr, place, &value), expected);
	assert_int_equal(value, 0xdead);
}

static void test_places(void **state)
{
	const Dwarf_Op saved[] = { { .atom = DW_OP_call_frame_cfa },
				   { .atom = DW_OP_plus_uconst, .number = (Dwarf_Word)-16 },
				   { .atom = DW_OP_stack_value } };
	const Dwarf_Op reg[] = { { .atom = DW_OP_regx, .number = 6 } };
	const Dwarf_Op plain[] = { { .atom = DW_OP_reg6 } };

	gives(saved, 2, true, ~(uint64_t)(CFA - 16));
	gives(saved, 2, false, CFA - 16);
	gives(saved, 3, true, CFA - 16);
	gives(reg, 1, true, 0x66);
	gives(plain, 1, true, 0x66);
}

/* The canonical address in a linkage table: 8 bytes more behind the push. */
static void test_linkage(void **state)
{
	const Dwarf_Op ops[] = { { .atom = DW_OP_breg7, .number = 8 },
				 { .atom = DW_OP_breg16 },
				 { .atom = DW_OP_lit15 },
				 { .atom = DW_OP_and },
				 { .atom = DW_OP_lit11 },
				 { .atom = DW_OP_ge },
				 { .atom = DW_OP_lit3 },
				 { .atom = DW_OP_shl },
				 { .atom = DW_OP_plus } };

	gives(ops, NR(ops), false, 0x1010);
}

static void test_arithmetic(void **state)
{
	static const struct {
		unsigned int atom;
		uint64_t expected; /* of 13 and 3 */
	} cases[] = {
		{ DW_OP_plus, 16 },   { DW_OP_minus, 10 }, { DW_OP_mul, 39 },
		{ DW_OP_and, 1 },     { DW_OP_or, 15 },	   { DW_OP_xor, 14 },
		{ DW_OP_shl, 104 },   { DW_OP_shr, 1 },	   { DW_OP_shra, 1 },
		{ DW_OP_eq, 0 },      { DW_OP_ne, 1 },	   { DW_OP_ge, 1 },
		{ DW_OP_gt, 1 },      { DW_OP_le, 0 },	   { DW_OP_lt, 0 },
		{ DW_OP_over, 13 },   { DW_OP_dup, 3 },	   { DW_OP_drop, 13 },
		{ DW_OP_swap, 13 },   { DW_OP_nop, 3 },	   { DW_OP_neg, (uint64_t)-3 },
		{ DW_OP_not, ~3ULL },
	};

	for (size_t i = 0; i < NR(cases); i++) {
		const Dwarf_Op ops[] = { { .atom = DW_OP_lit13 },
					 { .atom = DW_OP_const1u, .number = 3 },
					 { .atom = (uint8_t)cases[i].atom } };

		gives(ops, NR(ops), false, cases[i].expected);
	}
}

static void test_memory(void **state)
{
	const Dwarf_Op deref[] = { { .atom = DW_OP_const4u, .number = 0x1100 }, { .atom = DW_OP_deref } };
	const Dwarf_Op narrow[] = { { .atom = DW_OP_const4u, .number = 0x1100 },
				    { .atom = DW_OP_deref_size, .number = 2 } };
	const Dwarf_Op wide[] = { { .atom = DW_OP_lit1 }, { .atom = DW_OP_deref_size, .number = 9 } };
	const Dwarf_Op beyond[] = { { .atom = DW_OP_const4u, .number = 0x3000 } };
	const Dwarf_Op wrong[] = { { .atom = DW_OP_lit8 } };

	gives(deref, 2, false, ~0x1100ULL);
	gives(narrow, 2, false, 0xeeff);
	fails(wide, 2, false, CFI_WRONG);
	fails(beyond, 1, true, CFI_BEYOND);
	fails(wrong, 1, true, CFI_WRONG);
}

static void test_refused(void **state)
{
	static Dwarf_Op many[200];
	const Dwarf_Op unknown_register[] = { { .atom = DW_OP_breg3 } };
	const Dwarf_Op no_register[] = { { .atom = DW_OP_bregx, .number = 99 } };
	const Dwarf_Op too_few[] = { { .atom = DW_OP_lit1 }, { .atom = DW_OP_plus } };
	const Dwarf_Op empty[] = { { .atom = DW_OP_drop } };
	const Dwarf_Op nothing[] = { { .atom = DW_OP_lit1 }, { .atom = DW_OP_drop } };
	const Dwarf_Op far[] = { { .atom = DW_OP_lit1 }, { .atom = DW_OP_pick, .number = 1 } };
	const Dwarf_Op loop[] = { { .atom = DW_OP_lit1 }, { .atom = DW_OP_skip, .number = (Dwarf_Word)-3 } };

	for (size_t i = 0; i < NR(many); i++)
		many[i].atom = DW_OP_lit1;
	fails(unknown_register, 1, false, CFI_WRONG);
	fails(no_register, 1, false, CFI_WRONG);
	fails(too_few, 2, false, CFI_WRONG);
	fails(empty, 1, false, CFI_WRONG);
	fails(nothing, 2, false, CFI_WRONG);
	fails(far, 2, false, CFI_WRONG);
	fails(loop, 2, false, CFI_WRONG);
	fails(many, 0, false, CFI_WRONG);
	fails(many, 33, false, CFI_WRONG);
	fails(many, NR(many), false, CFI_WRONG);
	gives(many, 32, false, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_linkage), cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
