// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers unwound.h: copies wait until they are unwound, each chain has one id, which says how it ended; a copy that is
 * another task's, or has not come, is awaited; what was passed on is forgotten; one like another is not unwound again,
 * and programs are told what such ones have in common.
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
	unsigned int told;	    /* how often programs were told a stack: the last one */
	struct mt_known_place place;
	struct mt_known_stack stack;
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

static void know(void *ctx, const struct mt_known_place *place, const struct mt_known_stack *stack)
{
	struct setup *setup = ctx;

	setup->told++;
	setup->place = *place;
	setup->stack = *stack;
}

static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	const struct stack_lookup source = {
		.maps = maps_of, .awaits_maps = awaits_maps, .readers = readers, .know = know, .ctx = setup
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

/* Takes a copy; whether its chain was known. */
static bool is_known(struct setup *setup, int32_t *chain)
{
	bool known;

	unwound_stacks__take(setup->stacks, setup->copy);
	known = !awaits(setup, ID, 7);
	assert_int_equal(apart__is_idle(setup->apart), known);
	*chain = chain_of(setup, ID);
	return known;
}

static void test_known(void **state)
{
	struct setup *setup = *state;
	uint64_t *words = (uint64_t *)(setup->copy + 1);
	int32_t first, chain;
	size_t nr;

	assert_false(is_known(setup, &first));
	assert_true(is_known(setup, &chain));
	assert_int_equal(chain, first);
	/* data */
	words[3] = 12345;
	setup->copy->regs[0] = 6789;
	assert_true(is_known(setup, &chain));
	assert_int_equal(chain, first);
	/* another caller; then both are known */
	words[0] = (uintptr_t)code + 1;
	assert_false(is_known(setup, &chain));
	assert_int_not_equal(chain, first);
	assert_int_equal(unwound_stacks__addresses(setup->stacks, chain, &nr)[1], (uintptr_t)code + 1);
	assert_true(is_known(setup, &chain));
	assert_int_not_equal(chain, first);
	words[0] = 0;
	assert_true(is_known(setup, &chain));
	assert_int_equal(chain, first);
	/* a stack that lies elsewhere, fewer bytes, other mappings */
	setup->copy->regs[SP] += 16;
	assert_false(is_known(setup, &chain));
	setup->copy->regs[SP] -= 16;
	setup->copy->bytes -= 8;
	setup->copy->asked_bytes -= 8;
	assert_false(is_known(setup, &chain));
	setup->copy->bytes += 8;
	setup->copy->asked_bytes += 8;
	proc_maps__free(setup->maps);
	assert_int_equal(proc_maps__read((uint32_t)getpid(), &setup->maps), 0);
	assert_false(is_known(setup, &chain));
	assert_int_equal(chain, first);
}

/* Copies from one place that differ further up: the last ones are known, and there is an end to it. */
static void test_many_alike(void **state)
{
	struct setup *setup = *state;
	uint64_t *words = (uint64_t *)(setup->copy + 1);
	int32_t chain;

	for (uint64_t i = 0; i < 20; i++) {
		words[0] = (uintptr_t)code + 1 + i;
		assert_false(is_known(setup, &chain));
	}
	for (uint64_t i = 4; i < 20; i++) {
		words[0] = (uintptr_t)code + 1 + i;
		assert_true(is_known(setup, &chain));
	}
	words[0] = (uintptr_t)code + 1;
	assert_false(is_known(setup, &chain));
}

/* As programs do it (bpf/core/known.h): registers and stack are one array. */
static uint64_t hash_of(const struct setup *setup)
{
	uint64_t hash = 0, word;

	for (uint32_t i = 0; i < setup->stack.nr_words; i++) {
		memcpy(&word, (const char *)setup->copy->regs + setup->stack.words[i], sizeof(word));
		hash = mt_known_next(hash, word);
	}
	return hash;
}

static void test_told(void **state)
{
	struct setup *setup = *state;
	uint64_t *words = (uint64_t *)(setup->copy + 1);
	int32_t first, chain;

	assert_false(is_known(setup, &first));
	assert_true(setup->told > 0);
	assert_int_equal(setup->stack.chain, first);
	assert_int_equal(setup->place.who, 7);
	assert_int_equal(setup->place.pc, (uintptr_t)code);
	assert_int_equal(setup->place.sp, 0x7000);
	assert_true(setup->stack.nr_words > 0);
	assert_true(setup->stack.bytes >= 8 && setup->stack.bytes <= BYTES);
	assert_true(hash_of(setup) == setup->stack.hash);
	/* data, and then what led here */
	words[7] = 12345;
	assert_true(hash_of(setup) == setup->stack.hash);
	words[0] = (uintptr_t)code + 1;
	assert_false(hash_of(setup) == setup->stack.hash);
	assert_false(is_known(setup, &chain));
	assert_int_equal(setup->stack.chain, chain);
	assert_true(hash_of(setup) == setup->stack.hash);
	/* another task on that stack, which programs do not know yet, though it is known here */
	setup->copy->who.id = 8;
	unwound_stacks__take(setup->stacks, setup->copy);
	assert_false(awaits(setup, setup->copy->id, 8));
	assert_int_equal(setup->place.who, 8);
	assert_int_equal(setup->stack.chain, chain);
}

/* What was cut because a page was not in memory may go on the next time. */
static void test_cut_is_not_told(void **state)
{
	struct setup *setup = *state;

	/* the canonical address is 8 above the stack pointer, and code() keeps its caller there: no more bytes */
	setup->copy->bytes = 8;
	setup->copy->hdr.size = sizeof(*setup->copy) + 8;
	*(uint64_t *)(setup->copy + 1) = (uintptr_t)code + 1;
	assert_int_equal(chain_of(setup, ID) >> MT_UNWOUND_SHIFT & 3, MT_UNWOUND_CUT);
	assert_int_equal(setup->told, 0);
	setup->copy->asked_bytes = 8;
	setup->copy->regs[SP] += 16;
	assert_int_equal(chain_of(setup, ID + 1) >> MT_UNWOUND_SHIFT & 3, MT_UNWOUND_CUT);
	assert_int_equal(setup->told, 1);
}

/* Chains without end: those that have not come for long go, and their ids are known to be gone. */
static void test_forgotten(void **state)
{
	struct setup *setup = *state;
	uint64_t key[1001] = { MT_UNWOUND_WHOLE };
	int32_t first = unwound_stacks__id(setup->stacks, key, 1000),
		used = unwound_stacks__id(setup->stacks, key, 999);
	size_t nr;

	assert_int_equal(unwound_stacks__use(setup->stacks, 5), 5);
	for (key[1] = 1; unwound_stacks__turns(setup->stacks) < 1; key[1]++)
		unwound_stacks__id(setup->stacks, key, 1000);
	assert_int_equal(unwound_stacks__use(setup->stacks, used), used);
	for (; unwound_stacks__turns(setup->stacks) < 2; key[1]++)
		unwound_stacks__id(setup->stacks, key, 1000);
	assert_null(unwound_stacks__addresses(setup->stacks, first, &nr));
	assert_int_equal(unwound_stacks__use(setup->stacks, first), MT_UNKNOWN_S32);
	assert_non_null(unwound_stacks__addresses(setup->stacks, used, &nr));
	assert_int_equal(nr, 999);
	assert_int_equal(unwound_stacks__use(setup->stacks, used), used);
}

static void take_as(struct setup *setup, int32_t id, uint64_t caller)
{
	*(uint64_t *)(setup->copy + 1) = caller;
	setup->copy->id = id;
	unwound_stacks__take(setup->stacks, setup->copy);
}

static void wait_for_answers(struct setup *setup)
{
	while (!apart__is_idle(setup->apart))
		assert_true(apart__wait(setup->apart, clock__boot_ns() + 60 * SECOND, never));
}

/* Of copies from one place the first is unwound; only those that are not like it follow. */
static void test_first_of_place(void **state)
{
	struct setup *setup = *state;

	take_as(setup, ID, 0);
	take_as(setup, ID + 1, 0);
	take_as(setup, ID + 2, (uintptr_t)code + 1);
	assert_true(awaits(setup, ID, 7));
	assert_true(awaits(setup, ID + 1, 7));
	assert_true(awaits(setup, ID + 2, 7));
	wait_for_answers(setup);
	assert_false(awaits(setup, ID, 7));
	assert_false(awaits(setup, ID + 1, 7));
	assert_int_equal(unwound_stacks__chain(setup->stacks, ID + 1, 7), unwound_stacks__chain(setup->stacks, ID, 7));
	assert_true(awaits(setup, ID + 2, 7));
	wait_for_answers(setup);
	assert_false(awaits(setup, ID + 2, 7));
	assert_int_not_equal(unwound_stacks__chain(setup->stacks, ID + 2, 7),
			     unwound_stacks__chain(setup->stacks, ID, 7));
	/* one that nobody wants any more keeps no other waiting */
	setup->copy->regs[SP] += 16;
	take_as(setup, ID, 0);
	take_as(setup, ID + 1, 0);
	assert_true(awaits(setup, ID, 7));
	unwound_stacks__done(setup->stacks, ID);
	assert_true(awaits(setup, ID + 1, 7));
	wait_for_answers(setup);
	assert_false(awaits(setup, ID + 1, 7));
	assert_true(unwound_stacks__chain(setup->stacks, ID + 1, 7) >= 0);
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
		cmocka_unit_test_setup_teardown(test_known, begin, end),
		cmocka_unit_test_setup_teardown(test_many_alike, begin, end),
		cmocka_unit_test_setup_teardown(test_told, begin, end),
		cmocka_unit_test_setup_teardown(test_cut_is_not_told, begin, end),
		cmocka_unit_test_setup_teardown(test_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(test_first_of_place, begin, end),
		cmocka_unit_test_setup_teardown(test_waiting, begin, end),
		cmocka_unit_test_setup_teardown(test_no_mappings, begin, end),
		cmocka_unit_test(test_ids),
	};

	return code(-(int)getpid()) || cmocka_run_group_tests(tests, NULL, NULL);
}
