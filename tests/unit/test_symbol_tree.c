// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers symbol_tree.h: found as by going through all of them, in whatever order they came; bounded; not slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/symbols/symbol_tree.h"

#define NR 2000

static int add(struct symbol_tree *tree, uint64_t start, uint64_t size, const char *name)
{
	return symbol_tree__add(tree,
				&(struct symbol){ .start = start, .end = start + size, .name = name, .module = "m" });
}

static void found_as_by_going_through_all(void **state)
{
	struct symbol_tree *tree = symbol_tree__new(1 << 20);
	uint64_t starts[NR], address, best;
	struct symbol symbol;
	char name[32];
	size_t i, k;

	(void)state;
	srandom(7);
	for (i = 0; i < NR; i++) {
		starts[i] = (uint64_t)random() % 100000;
		snprintf(name, sizeof(name), "f%llu", (unsigned long long)starts[i]);
		assert_int_equal(add(tree, starts[i], 16, name), 0);
		address = (uint64_t)random() % 100000;
		for (best = UINT64_MAX, k = 0; k <= i; k++)
			if (starts[k] <= address && address - starts[k] < 16 &&
			    (best == UINT64_MAX || starts[k] > best))
				best = starts[k];
		assert_int_equal(symbol_tree__find(tree, address, &symbol), best != UINT64_MAX);
		if (best == UINT64_MAX)
			continue;
		snprintf(name, sizeof(name), "f%llu", (unsigned long long)best);
		assert_string_equal(symbol.name, name);
		assert_string_equal(symbol.module, "m");
		assert_int_equal(symbol.start, best);
	}
	symbol_tree__free(tree);
}

static void the_first_of_an_address_stays(void **state)
{
	struct symbol_tree *tree = symbol_tree__new(1 << 20);
	struct symbol symbol;

	(void)state;
	assert_false(symbol_tree__find(tree, 0, &symbol));
	assert_int_equal(add(tree, 100, 10, "first"), 0);
	assert_int_equal(add(tree, 100, 50, "second"), 0);
	assert_true(symbol_tree__find(tree, 109, &symbol));
	assert_string_equal(symbol.name, "first");
	assert_false(symbol_tree__find(tree, 110, &symbol));
	assert_int_equal(add(tree, 200, 0, "empty"), -EINVAL);
	assert_int_equal(add(tree, UINT64_MAX, 5, "beyond"), -EINVAL);
	symbol_tree__free(tree);
	symbol_tree__free(NULL);
}

static void memory_is_bounded(void **state)
{
	struct symbol_tree *tree = symbol_tree__new(1000);
	struct symbol symbol;
	uint64_t i;

	(void)state;
	for (i = 0; !add(tree, i * 16, 16, "name"); i++)
		assert_true(i < 1000);
	assert_int_equal(add(tree, i * 16, 16, "name"), -E2BIG);
	assert_true(symbol_tree__find(tree, 0, &symbol));
	symbol_tree__free(tree);
}

/* In order, as memtrace writes them, and as a list would be slow: a million, each looked for at once. */
static void many_in_order(void **state)
{
	struct symbol_tree *tree = symbol_tree__new((size_t)256 << 20);
	struct symbol symbol;

	(void)state;
	for (uint64_t i = 0; i < 300000; i++) {
		assert_int_equal(add(tree, i * 16, 16, "name"), 0);
		assert_true(symbol_tree__find(tree, i * 8, &symbol));
	}
	symbol_tree__free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_as_by_going_through_all),
		cmocka_unit_test(the_first_of_an_address_stays),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(many_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
