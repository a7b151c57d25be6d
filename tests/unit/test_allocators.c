// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers allocators.h and elf_needed.h: functions of allocators in files, and the files that a program needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "../../user/symbols/allocators.h"
#include "../../user/symbols/elf_needed.h"

/* An allocator of this program's own, and an operator of C++ without one. */
void *unit_malloc(size_t size);
void unit_free(void *p);

__attribute__((noinline, used)) void *unit_malloc(size_t size)
{
	__asm__ volatile("" : "+r"(size));
	return &"memory"[size & 1];
}

__attribute__((noinline, used)) void unit_free(void *p)
{
	__asm__ volatile("" : "+r"(p));
}

void *operator_new(size_t size) __asm__("_Znwm");
__attribute__((noinline, used)) void *operator_new(size_t size)
{
	__asm__ volatile("" : "+r"(size));
	return &"operator"[size & 1];
}

static void open_file(struct elf_file *file, const char *path)
{
	assert_int_equal(elf_file__open(file, open(path, O_RDONLY | O_CLOEXEC)), 0);
}

/* The bytes of a function in memory are those that the file has there. */
static void assert_code(const char *path, uint64_t offset, const void *function)
{
	unsigned char code[16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(pread(fd, code, sizeof(code), (off_t)offset), sizeof(code));
	close(fd);
	assert_memory_equal(code, function, sizeof(code));
}

static const struct allocator_function *find(const struct allocator *allocator, const char *name)
{
	for (size_t i = 0; i < allocator->nr; i++)
		if (!strcmp(allocator->functions[i].name, name))
			return &allocator->functions[i];
	return NULL;
}

static void names_with_a_prefix(void **state)
{
	struct allocator allocator;
	struct elf_file file;

	(void)state;
	open_file(&file, "/proc/self/exe");
	allocator__find(&allocator, &file, "unit_");
	assert_int_equal(allocator.symbols, ELF_SYMBOLS_ALL);
	assert_int_equal(allocator.nr, 2);
	assert_int_equal(find(&allocator, "malloc")->form, ALLOCATOR_FIRST);
	assert_int_equal(find(&allocator, "free")->form, ALLOCATOR_FREE);
	assert_code("/proc/self/exe", find(&allocator, "malloc")->offset, (void *)unit_malloc);
	assert_code("/proc/self/exe", find(&allocator, "free")->offset, (void *)unit_free);
	allocator__find(&allocator, &file, "uni");
	assert_int_equal(allocator.nr, 0);
	elf_file__close(&file);
}

/* What it calls is another file's: that one's functions see it. */
static void operators_of_cplusplus_need_a_malloc_beside_them(void **state)
{
	struct allocator allocator;
	struct elf_file file;

	(void)state;
	open_file(&file, "/proc/self/exe");
	allocator__find(&allocator, &file, NULL);
	assert_null(find(&allocator, "_Znwm"));
	assert_null(find(&allocator, "malloc"));
	elf_file__close(&file);
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *path)
{
	(void)size;
	if (!strstr(info->dlpi_name, "/libc.so"))
		return 0;
	snprintf(path, 4096, "%s", info->dlpi_name);
	return 1;
}

static void those_of_the_c_library(void **state)
{
	static const struct {
		const char *name;
		enum allocator_form form;
	} expected[] = {
		{ "malloc", ALLOCATOR_FIRST },	       { "calloc", ALLOCATOR_PRODUCT },
		{ "realloc", ALLOCATOR_MOVE },	       { "free", ALLOCATOR_FREE },
		{ "posix_memalign", ALLOCATOR_STORE }, { "aligned_alloc", ALLOCATOR_SECOND },
	};
	struct allocator allocator;
	struct elf_file file;
	char path[4096];
	size_t i, j;

	(void)state;
	if (!dl_iterate_phdr(find_libc, path))
		skip();
	open_file(&file, path);
	allocator__find(&allocator, &file, NULL);
	for (i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		/* memalign and aligned_alloc may be one function */
		if (!find(&allocator, expected[i].name) && expected[i].form == ALLOCATOR_SECOND)
			continue;
		assert_non_null(find(&allocator, expected[i].name));
		assert_int_equal(find(&allocator, expected[i].name)->form, expected[i].form);
	}
	for (i = 0; i < allocator.nr; i++)
		for (j = 0; j < i; j++)
			assert_int_not_equal(allocator.functions[i].offset, allocator.functions[j].offset);
	elf_file__close(&file);
}

struct needs {
	bool libc, linker;
};

static void take_need(void *ctx, enum elf_need need, const char *text)
{
	struct needs *needs = ctx;

	needs->libc |= need == ELF_NEEDS_LIBRARY && !strncmp(text, "libc.", 5);
	needs->linker |= need == ELF_NEEDS_LINKER && text[0] == '/' && strstr(text, "ld-");
}

static void what_a_program_needs(void **state)
{
	struct needs needs = { 0 };
	struct elf_file file;

	(void)state;
	open_file(&file, "/proc/self/exe");
	elf_file__visit_needed(&file, take_need, &needs);
	elf_file__close(&file);
	assert_true(needs.libc);
	assert_true(needs.linker);
}

/* A copy of this program in which bytes are damaged, over and over: nothing but the file's own bytes is read. */
static void damaged_files(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	char *image = malloc((size_t)size), *copy = malloc((size_t)size);
	struct allocator allocator;
	struct needs needs = { 0 };
	struct elf_file file;
	unsigned int seed = 1;

	(void)state;
	assert_int_equal(pread(fd, image, (size_t)size, 0), size);
	close(fd);
	for (int round = 0; round < 200; round++) {
		memcpy(copy, image, (size_t)size);
		/* the headers of the file, of segments, and (at its end) of sections */
		for (int i = 0; i < 8; i++) {
			size_t at = (size_t)rand_r(&seed) % 2048;

			copy[i & 1 ? at : (size_t)size - 1 - at] = (char)rand_r(&seed);
		}
		if (elf_file__open_image(&file, copy, (size_t)size))
			continue;
		allocator__find(&allocator, &file, "unit_");
		assert_in_range(allocator.nr, 0, MAX_ALLOCATOR_FUNCTIONS);
		elf_file__visit_needed(&file, take_need, &needs);
		elf_file__close(&file);
	}
	free(image);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_with_a_prefix),
		cmocka_unit_test(operators_of_cplusplus_need_a_malloc_beside_them),
		cmocka_unit_test(those_of_the_c_library),
		cmocka_unit_test(what_a_program_needs),
		cmocka_unit_test(damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
