// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers unwound.h: copies wait until they are unwound, each chain has one id, which says how it ended; a copy that is
 * another task's, or has not come, is awaited; what was passed on is forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/kernel/proc_maps.h"
#include "../../user/session/unwound.h"

#define SECOND 1000000000ULL
#define ID     (MT_COPIED_STACK | 5)
#define BYTES  64
#if defined(__x86_64__)
#define PC 16
#define SP 19
#else
#define PC 32
#define SP 31
#endif

struct setup {
	struct proc_maps *maps;
	struct apart *apart;
	struct unwound_stacks *stacks;
	bool awaits_maps;
	struct mt_stack_copy *copy; /* with its bytes */
};

static const struct mt_who who = { .pid = 1 };

__attribute__((noinline)) static int code(int value)
{
	return value + (int)getpid();
}

static const struct proc_maps *maps_of(void *ctx, const struct mt_who *unused, uint64_t ip, uint64_t time_ns)
{
	return ((struct setup *)ctx)->maps;
}

static bool awaits_maps(void *ctx, const struct mt_who *unused, uint64_t ip, uint64_t time_ns)
{
	return ((struct setup *)ctx)->awaits_maps;
}

static size_t readers(void *ctx, const struct mt_who *unused, uint64_t time_ns, uint32_t *pids, size_t max)
{
	pids[0] = (uint32_t)getpid();
	return 1;
}

static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	const struct stack_lookup source = {
		.maps = maps_of, .awaits_maps = awaits_maps, .readers = readers, .ctx = setup
	};

	if (!setup || proc_maps__read((uint32_t)getpid(), &setup->maps))
		return -1;
	setup->apart = apart__new(NULL);
	setup->stacks = unwound_stacks__new(&source, setup->apart);
	setup->copy = calloc(1, sizeof(*setup->copy) + BYTES);
	*setup->copy = (struct mt_stack_copy){
		.hdr = { .id = MT_REC_STACK_COPY, .size = sizeof(*setup->copy) + BYTES },
		.who.id = 7,
		.id = ID,
		.bytes = BYTES,
		.asked_bytes = BYTES,
		.regs = { [PC] = (uintptr_t)code, [17] = 0x33, [SP] = 0x7000 },
	};
	*state = setup;
	return 0;
}

static int end(void **state)
{
	struct setup *setup = *state;

	unwound_stacks__free(setup->stacks);
	apart__free(setup->apart);
	proc_maps__free(setup->maps);
	free(setup->copy);
	free(setup);
	return 0;
}

static bool never(void)
{
	return false;
}

static bool awaits(struct setup *setup, int32_t id, uint64_t ref)
{
	return unwound_stacks__awaits(setup->stacks, id, ref, &who, 0);
}

/* The chain of a copy under that id. */
static int32_t chain_of(struct setup *setup, int32_t id)
{
	int32_t chain;

	setup->copy->id = id;
	unwound_stacks__take(setup->stacks, setup->copy);
	while (awaits(setup, id, 7))
		assert_true(apart__wait(setup->apart, clock__boot_ns() + 60 * SECOND, never));
	chain = unwound_stacks__chain(setup->stacks, id, 7);
	unwound_stacks__done(setup->stacks, id);
	return chain;
}

static void test_one_id(void **state)
{
	struct setup *setup = *state;
	int32_t first = chain_of(setup, ID), again = chain_of(setup, ID + 1), other;
	const uint64_t *addresses;
	size_t nr;

	assert_true(first >= 0 && first & MT_UNWOUND_STACK && !unwound__is_copy(first));
	assert_int_equal(again, first);
	addresses = unwound_stacks__addresses(setup->stacks, first, &nr);
	assert_non_null(addresses);
	assert_int_equal(addresses[0], (uintptr_t)code);
	/* it returns to 0: that is the end of the stack */
	assert_int_equal(nr, 1);
	assert_int_equal(first >> MT_UNWOUND_SHIFT & 3, MT_UNWOUND_WHOLE);
	setup->copy->regs[PC] = 0x999;
	other = chain_of(setup, ID);
	assert_int_not_equal(other, first);
	assert_int_equal(other >> MT_UNWOUND_SHIFT & 3, MT_UNWOUND_BROKEN);
	assert_int_equal(unwound_stacks__addresses(setup->stacks, other, &nr)[0], 0x999);
	assert_null(unwound_stacks__addresses(setup->stacks, MT_UNWOUND_STACK | 12345, &nr));
	assert_null(unwound_stacks__addresses(setup->stacks, 3, &nr));
}

static void test_waiting(void **state)
{
	struct setup *setup = *state;

	assert_true(awaits(setup, ID, 7));
	unwound_stacks__take(setup->stacks, setup->copy);
	assert_true(awaits(setup, ID, 8));
	assert_true(awaits(setup, ID + 1, 7));
	setup->awaits_maps = true;
	assert_true(awaits(setup, ID, 7));
	assert_true(apart__is_idle(setup->apart));
	setup->awaits_maps = false;
	assert_true(awaits(setup, ID, 7));
	assert_false(apart__is_idle(setup->apart));
	assert_int_equal(unwound_stacks__chain(setup->stacks, ID, 7), MT_UNKNOWN_S32);
	/* the answer comes when nobody wants it any more */
	unwound_stacks__done(setup->stacks, ID);
	assert_true(apart__wait(setup->apart, clock__boot_ns() + 60 * SECOND, never));
	assert_int_equal(unwound_stacks__chain(setup->stacks, ID, 7), MT_UNKNOWN_S32);
}

/* A process whose mappings are not known has the address alone. */
static void test_no_mappings(void **state)
{
	struct setup *setup = *state;
	int32_t chain;
	size_t nr;

	proc_maps__free(setup->maps);
	setup->maps = NULL;
	chain = chain_of(setup, ID);
	assert_int_equal(unwound_stacks__addresses(setup->stacks, chain, &nr)[0], (uintptr_t)code);
	assert_int_equal(nr, 1);
	assert_int_equal(chain >> MT_UNWOUND_SHIFT & 3, MT_UNWOUND_BROKEN);
}

static void test_ids(void **state)
{
	assert_true(unwound__is_copy(ID));
	assert_false(unwound__is_copy(MT_UNKNOWN_S32));
	assert_false(unwound__is_copy(5));
	/* there it is part of a hash */
	assert_false(unwound__is_copy(MT_MORE_STACKS | ID));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_id, begin, end),
		cmocka_unit_test_setup_teardown(test_waiting, begin, end),
		cmocka_unit_test_setup_teardown(test_no_mappings, begin, end),
		cmocka_unit_test(test_ids),
	};

	return code(-(int)getpid()) || cmocka_run_group_tests(tests, NULL, NULL);
}
