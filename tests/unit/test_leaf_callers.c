// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers leaf_callers.h and the question APART_RULE: the caller of a function that has not set up its frame yet is the
 * word at the top of the stack; what is no code is no caller; a function with a frame lacks none.
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
#include "../../user/session/leaf_callers.h"
#include "../../user/symbols/stack.h"

#define SECOND 1000000000ULL

__attribute__((noinline)) static int called(int value)
{
	return value * 3 + (int)getpid();
}

__attribute__((noinline)) static int other(int value)
{
	return called(value) * 5 + 1;
}

struct setup {
	struct proc_maps *maps;
	struct apart *apart;
	struct leaf_callers *callers;
	struct mt_stack_top top;
	uint64_t addresses[2], completed[16];
	size_t nr;
};

static const struct proc_maps *maps_of(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	return ((struct setup *)ctx)->maps;
}

static size_t readers(void *ctx, const struct mt_who *who, uint64_t time_ns, uint32_t *pids, size_t max)
{
	pids[0] = (uint32_t)getpid();
	return 1;
}

static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	const struct stack_lookup source = { .maps = maps_of, .readers = readers, .ctx = setup };

	if (!setup || proc_maps__read((uint32_t)getpid(), &setup->maps))
		return -1;
	setup->apart = apart__new(NULL);
	setup->callers = leaf_callers__new(&source, setup->apart);
	setup->top = (struct mt_stack_top){ .fp = 0x7000, .nr_words = MT_TOP_WORDS };
	*state = setup;
	return setup->apart && setup->callers ? 0 : -1;
}

static int end(void **state)
{
	struct setup *setup = *state;

	leaf_callers__free(setup->callers);
	apart__free(setup->apart);
	proc_maps__free(setup->maps);
	free(setup);
	return 0;
}

static bool never(void)
{
	return false;
}

/* Of a chain of these two addresses; what has to be asked for is awaited. */
static enum leaf_result complete(struct setup *setup, uint64_t leaf, uint64_t next)
{
	const struct mt_who who = { .pid = (uint32_t)getpid() };
	struct leaf_chain chain = { .addresses = setup->addresses, .nr = 2, .top = &setup->top, .who = &who };
	enum leaf_result result;
	int i;

	setup->addresses[0] = leaf;
	setup->addresses[1] = next;
	for (i = 0; i < 20; i++) {
		result = leaf_callers__complete(setup->callers, &chain, setup->completed, 16, &setup->nr);
		if (result != LEAF_WAITS)
			return result;
		assert_true(apart__wait(setup->apart, clock__boot_ns() + 60 * SECOND, never));
	}
	return result;
}

static void test_entry(void **state)
{
	struct setup *setup = *state;
	uint64_t leaf = (uintptr_t)called, caller = (uintptr_t)other + 1, next = (uintptr_t)begin + 9;

#if defined(__aarch64__)
	setup->top.link = caller | 0x35ULL << 48;
#else
	setup->top.words[0] = caller;
#endif
	/* at its first instruction, the caller has no frame either: what it returns to is above it, and is no code */
	assert_int_equal(complete(setup, leaf, next), LEAF_COMPLETED);
	assert_int_equal(setup->nr, 4);
	assert_int_equal(setup->completed[0], leaf);
	assert_int_equal(setup->completed[1], caller);
	assert_int_equal(setup->completed[2], STACK_UNKNOWN_CALLER);
	assert_int_equal(setup->completed[3], next);
}

/* The chain has the caller already. */
static void test_nothing_lacks(void **state)
{
	struct setup *setup = *state;
	uint64_t leaf = (uintptr_t)called, jit = 0x10;

	setup->top.words[0] = jit;
	assert_int_equal(complete(setup, jit, leaf), LEAF_AS_IT_IS);
	assert_int_equal(complete(setup, 0, leaf), LEAF_AS_IT_IS);
}

static void test_no_code(void **state)
{
	struct setup *setup = *state;
	uint64_t leaf = (uintptr_t)called, next = (uintptr_t)other + 1;

	setup->top.words[0] = 0x1234;
	assert_int_equal(complete(setup, leaf, next), LEAF_COMPLETED);
	assert_int_equal(setup->nr, 3);
	assert_int_equal(setup->completed[1], STACK_UNKNOWN_CALLER);
	assert_int_equal(setup->completed[2], next);
	/* words that could not be read are none */
	setup->top.words[0] = next;
	setup->top.nr_words = 0;
	assert_int_equal(complete(setup, leaf, next), LEAF_COMPLETED);
	assert_int_equal(setup->completed[1], STACK_UNKNOWN_CALLER);
}

/* Without mappings nothing is known, and nothing is asked for. */
static void test_no_mappings(void **state)
{
	struct setup *setup = *state;

	proc_maps__free(setup->maps);
	setup->maps = NULL;
	assert_int_equal(complete(setup, (uintptr_t)called, (uintptr_t)other), LEAF_AS_IT_IS);
	assert_true(apart__is_idle(setup->apart));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry, begin, end),
		cmocka_unit_test_setup_teardown(test_nothing_lacks, begin, end),
		cmocka_unit_test_setup_teardown(test_no_code, begin, end),
		cmocka_unit_test_setup_teardown(test_no_mappings, begin, end),
	};

	return other(0) == 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
