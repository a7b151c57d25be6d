/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers jit_names__read(): lines that are none, several functions at one address, long names, what is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/kernel/jit_names.h"

static struct symtab *read_text(const char *text, size_t max_bytes)
{
	struct symtab *tab = symtab__new(max_bytes);
	FILE *file = tmpfile();

	assert_non_null(tab);
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	rewind(file);
	assert_int_equal(jit_names__read(fileno(file), tab), 0);
	fclose(file);
	return tab;
}

static const char *at(struct symtab *tab, uint64_t address)
{
	struct symbol symbol;

	return symtab__find(tab, address, &symbol) ? symbol.name : "none";
}

static void the_last_one_at_an_address_counts(void **state)
{
	struct symtab *tab = read_text("1000 40 first\n2000 10 other of it (a b)\n1000 20 second one\n", 1 << 20);

	(void)state;
	assert_string_equal(at(tab, 0x1000), "second one");
	assert_string_equal(at(tab, 0x101f), "second one");
	assert_string_equal(at(tab, 0x1020), "none");
	assert_string_equal(at(tab, 0x2005), "other of it (a b)");
	symtab__free(tab);
}

static void what_is_no_line_is_left_out(void **state)
{
	struct symtab *tab = read_text("\n \nnone\n1000\n1000 \n1000 x y\n1000 10\n1000 10 \n0x3000 10 prefixed\n"
				       "4000 10 last without newline",
				       1 << 20);

	(void)state;
	assert_int_equal(symtab__count(tab), 2);
	assert_string_equal(at(tab, 0x3001), "prefixed");
	assert_string_equal(at(tab, 0x4001), "last without newline");
	symtab__free(tab);
}

/* The rest of a long line is no line of its own. */
static void long_names_are_cut(void **state)
{
	static char text[5000];
	struct symtab *tab;

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "1000 10 long", 12);
	memcpy(text + 1087, "2000 10 inner", 13);
	memcpy(text + 4900, "\n3000 10 next\n", 15);
	text[4915] = '\0';
	tab = read_text(text, 1 << 20);
	assert_int_equal(symtab__count(tab), 2);
	assert_int_equal(strlen(at(tab, 0x1000)), SYMBOL_NAME_MAX);
	assert_string_equal(at(tab, 0x2001), "none");
	assert_string_equal(at(tab, 0x3001), "next");
	symtab__free(tab);
}

static void a_full_table_keeps_what_it_has(void **state)
{
	static char text[200000];
	struct symtab *tab;
	size_t len = 0, i;

	(void)state;
	for (i = 0; i < 5000; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%zx 10 function %zu\n", (i + 1) << 8, i);
	tab = read_text(text, 65536);
	assert_true(symtab__count(tab) > 100 && symtab__count(tab) < 5000);
	assert_true(symtab__bytes(tab) <= 65536);
	assert_string_equal(at(tab, 0x100), "function 0");
	symtab__free(tab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_one_at_an_address_counts),
		cmocka_unit_test(what_is_no_line_is_left_out),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(a_full_table_keeps_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
