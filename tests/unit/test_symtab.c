/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers symtab.h, kallsyms.h and stack.h: which symbol holds an address, of
 * several names the plainest, sizes that are unknown or overlap, the bound on
 * memory; kernel symbols with modules, hidden and damaged; the text of frames
 * and folded stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/symbols/stack.h"
#include "../../user/symbols/symtab.h"
#include "../../user/symbols/kallsyms.h"

#define MEGABYTE (1024 * 1024)

static void expect(struct symtab *tab, uint64_t address, const char *name)
{
	struct symbol symbol;
	bool found = symtab__find(tab, address, &symbol);

	if (!name) {
		assert_false(found);
		return;
	}
	assert_true(found);
	assert_string_equal(symbol.name, name);
	assert_true(symbol.start <= address && address < symbol.end);
}

static void an_address_finds_its_symbol(void **state)
{
	struct symtab *tab = symtab__new(MEGABYTE);

	(void)state;
	expect(tab, 0x1000, NULL);
	assert_int_equal(symtab__add(tab, 0x3000, 0x10, "third", ""), 0);
	assert_int_equal(symtab__add(tab, 0x1000, 0x10, "first", ""), 0);
	assert_int_equal(symtab__add_unsized(tab, 0x2000, 0x10000, "second", ""), 0);
	expect(tab, 0xfff, NULL);
	expect(tab, 0x1000, "first");
	expect(tab, 0x100f, "first");
	expect(tab, 0x1010, NULL);
	expect(tab, 0x2000, "second");
	expect(tab, 0x2fff, "second");
	expect(tab, 0x3000, "third");
	expect(tab, 0x3010, NULL);
	/* more after a look-up */
	assert_int_equal(symtab__add(tab, 0x1800, 0x10, "later", ""), 0);
	expect(tab, 0x1801, "later");
	assert_int_equal(symtab__count(tab), 4);
	symtab__free(tab);
	symtab__free(NULL);
}

static void the_plainest_name_is_taken(void **state)
{
	static const char *const names[] = { "__libc_malloc", "malloc", "_malloc", "malloc_alias", "mallob" };
	struct symtab *tab;

	(void)state;
	for (size_t first = 0; first < 5; first++) {
		tab = symtab__new(MEGABYTE);
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(symtab__add(tab, 0x1000, i == 3 ? 0x80 : 0x10, names[(first + i) % 5], ""), 0);
		expect(tab, 0x1000, "mallob");
		expect(tab, 0x107f, "mallob");
		expect(tab, 0x1080, NULL);
		assert_int_equal(symtab__count(tab), 1);
		symtab__free(tab);
	}
}

static void symbols_within_symbols(void **state)
{
	struct symtab *tab = symtab__new(MEGABYTE);

	(void)state;
	assert_int_equal(symtab__add(tab, 0x1000, 0x1000, "outer", ""), 0);
	assert_int_equal(symtab__add(tab, 0x1100, 0x10, "inner", ""), 0);
	assert_int_equal(symtab__add(tab, UINT64_MAX - 1, 100, "last", ""), 0);
	expect(tab, 0x10ff, "outer");
	expect(tab, 0x1100, "inner");
	expect(tab, 0x1110, "outer");
	expect(tab, 0x2000, NULL);
	assert_true(symtab__find(tab, UINT64_MAX, &(struct symbol){ 0 }));
	symtab__free(tab);
}

static void what_has_no_name_fills_gaps(void **state)
{
	static const uint64_t starts[] = { 0x0800, 0x1000, 0x1040, 0x2000, 0x2100, 0x3000 };
	struct symtab *tab = symtab__new(MEGABYTE);

	(void)state;
	assert_int_equal(symtab__add(tab, 0x1000, 0x100, "__sized", ""), 0);
	assert_int_equal(symtab__add_unsized(tab, 0x2000, 0x1000, "__unsized", ""), 0);
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		assert_int_equal(symtab__add_unnamed(tab, starts[i], 0x4000 - starts[i], "f"), 0);
	expect(tab, 0x07ff, NULL);
	expect(tab, 0x0800, "f");
	expect(tab, 0x0fff, "f");
	expect(tab, 0x1000, "__sized");
	expect(tab, 0x1040, "__sized");
	expect(tab, 0x10ff, "__sized");
	expect(tab, 0x1100, NULL);
	expect(tab, 0x2000, "__unsized");
	expect(tab, 0x2100, "f"); /* it began there, so the one before ended */
	expect(tab, 0x3fff, "f");
	expect(tab, 0x4000, NULL);
	assert_int_equal(symtab__count(tab), 5);
	symtab__free(tab);
}

static void what_has_no_size_ends(void **state)
{
	struct symtab *tab = symtab__new(MEGABYTE);

	(void)state;
	assert_int_equal(symtab__add_unsized(tab, 0x1000, 0x100, "a", ""), 0);
	assert_int_equal(symtab__add_unsized(tab, 0x2000, UINT64_MAX, "b", ""), 0);
	assert_int_equal(symtab__add(tab, 0x3000, 0, "empty", ""), 0);
	/* a size that is known is better than the largest that could be */
	assert_int_equal(symtab__add_unsized(tab, 0x4000, 0x100, "c", ""), 0);
	assert_int_equal(symtab__add(tab, 0x4000, 0x10, "sized", ""), 0);
	expect(tab, 0x10ff, "a");
	expect(tab, 0x1100, NULL);
	expect(tab, 0x2fff, "b");
	expect(tab, 0x3000, NULL);
	expect(tab, 0x400f, "c");
	expect(tab, 0x4010, NULL);
	symtab__free(tab);
}

static void memory_is_bounded(void **state)
{
	struct symtab *tab = symtab__new(100000);
	char name[5000];
	int err = 0, added = 0;
	struct symbol symbol;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint64_t i = 1; !err; i++) {
		err = symtab__add(tab, i * 16, 16, i == 1 ? name : "short", "");
		added += !err;
		assert_true(symtab__bytes(tab) <= 100000);
	}
	assert_int_equal(err, -E2BIG);
	assert_true(added > 1000);
	assert_int_equal(symtab__count(tab), added);
	assert_true(symtab__find(tab, 17, &symbol));
	assert_int_equal(strlen(symbol.name), SYMBOL_NAME_MAX);
	expect(tab, 32, "short");
	symtab__free(tab);
}

static int read_text(const char *text, struct symtab **tab)
{
	char path[] = "/tmp/memtrace-test.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = kallsyms__read(path, tab);
	unlink(path);
	return err;
}

static void kernel_symbols(void **state)
{
	struct symtab *tab;
	struct symbol symbol;

	(void)state;
	assert_int_equal(read_text("ffffffff81000000 T _stext\n"
				   "ffffffff81000000 T startup\n"
				   "ffffffff81000100 t do_fault\n"
				   "ffffffff81000180 D some_data\n"
				   "ffffffff81000200 W weak_one\n"
				   "0000000000000000 A per_cpu_start\n"
				   "garbage\n\n"
				   "ffffffff81000300 T\n"
				   "ffffffff81000300 T \n"
				   "ffffffffc0000000 t ext4_readpage\t[ext4]\n"
				   "ffffffffc0001000 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
				   "ffffffffc0002000 t cut\t[",
				   &tab),
			 0);
	expect(tab, 0xffffffff81000001, "startup");
	expect(tab, 0xffffffff81000190, "do_fault"); /* data is no function */
	expect(tab, 0xffffffff81041000, NULL);
	expect(tab, 0xffffffff81000200, "weak_one");
	expect(tab, 0xffffffff90000000, NULL);
	assert_true(symtab__find(tab, 0xffffffffc0000123, &symbol));
	assert_string_equal(symbol.name, "ext4_readpage");
	assert_string_equal(symbol.module, "ext4");
	assert_true(symtab__find(tab, 0xffffffff81000100, &symbol));
	assert_string_equal(symbol.module, "");
	assert_true(symtab__find(tab, 0xffffffffc0001004, &symbol));
	assert_string_equal(symbol.module, "bpf");
	expect(tab, 0xffffffffc0002001, "cut");
	symtab__free(tab);
}

static void hidden_kernel_symbols(void **state)
{
	struct symtab *tab;

	(void)state;
	assert_int_equal(read_text("0000000000000000 T _stext\n0000000000000000 t do_fault\n", &tab), -EACCES);
	assert_null(tab);
	assert_int_equal(read_text("", &tab), -ENODATA);
	assert_int_equal(read_text("0000000000000000 D data\n", &tab), -ENODATA);
	assert_int_equal(kallsyms__read("/nonexistent", &tab), -ENOENT);
}

static const struct build_id id = { .len = 4, .bytes = { 0xde, 0xad, 0xbe, 0xef } };

static const struct {
	struct stack_frame frame;
	const char *folded;
} frames[] = {
	{ { .address = 0x1000, .symbol = "malloc", .offset = 0x1f, .module = "/usr/lib/libc.so.6", .build_id = &id },
	  "malloc" },
	{ { .address = 0x1000, .module = "/usr/lib/libc.so.6", .build_id = &id, .file_offset = 0x1234 },
	  "libc.so.6+0x1234" },
	{ { .address = 0x1000, .module = "/usr/lib/libc.so.6", .file_offset = 0x1234 }, "libc.so.6+0x1234" },
	{ { .address = 0x1000, .module = "" }, "0x1000" },
	{ { .address = 0x1000 }, "0x1000" },
	{ { .address = 0x1000, .module = "[vdso]", .file_offset = 9 }, "[vdso]+0x9" },
	{ { .address = 0x1000, .symbol = "f;g h", .module = "/odd;/", .offset = 1 }, "f:g h" },
	{ { .address = 0xffffffff81000001, .symbol = "do_fault", .offset = 1, .module = "kernel", .kernel = true },
	  "do_fault_[k]" },
	{ { .address = 0xffffffff81000001, .kernel = true }, "0xffffffff81000001_[k]" },
};

#define NR_FRAMES (sizeof(frames) / sizeof(frames[0]))

static void text_of_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_FRAMES; i++) {
		bool kernel = frames[i].frame.kernel;
		char *folded = stack__fold(&frames[i].frame, !kernel, &frames[i].frame, kernel);

		assert_string_equal(folded, frames[i].folded);
		free(folded);
	}
}

static void folded_stacks(void **state)
{
	static const struct stack_frame user[] = { { .symbol = "leaf" }, { .symbol = "middle" }, { .symbol = "main" } };
	static const struct stack_frame kernel[] = { { .symbol = "do_fault", .kernel = true },
						     { .symbol = "asm_exc_page_fault", .kernel = true } };
	char *text;

	(void)state;
	text = stack__fold(user, 3, kernel, 2);
	assert_string_equal(text, "main;middle;leaf;asm_exc_page_fault_[k];do_fault_[k]");
	free(text);
	text = stack__fold(user, 1, NULL, 0);
	assert_string_equal(text, "leaf");
	free(text);
	text = stack__fold(NULL, 0, kernel, 1);
	assert_string_equal(text, "do_fault_[k]");
	free(text);
	text = stack__fold(NULL, 0, NULL, 0);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_finds_its_symbol),
		cmocka_unit_test(the_plainest_name_is_taken),
		cmocka_unit_test(symbols_within_symbols),
		cmocka_unit_test(what_has_no_name_fills_gaps),
		cmocka_unit_test(what_has_no_size_ends),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(kernel_symbols),
		cmocka_unit_test(hidden_kernel_symbols),
		cmocka_unit_test(text_of_frames),
		cmocka_unit_test(folded_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
