// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers inlined.h with the debugging information of this program, which is built with it: nested functions, code
 * without any, bounds, files that have none.  And name_answer.h: what is read of an answer with such names.
 */
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/session/name_answer.h"
#include "../../user/symbols/inlined.h"

#define INLINE static inline __attribute__((always_inline))
#define ALONE  static __attribute__((noinline))

static uint64_t place;

/* Where it is called. */
ALONE void note_place(void)
{
	place = (uint64_t)(uintptr_t)__builtin_return_address(0) - 1;
	__asm__ volatile("" ::: "memory");
}

INLINE void innermost(void)
{
	note_place();
}

INLINE void between(void)
{
	innermost();
}

ALONE void outermost(void)
{
	between();
	__asm__ volatile("" ::: "memory");
}

ALONE void plain(void)
{
	note_place();
	__asm__ volatile("" ::: "memory");
}

/* The first one that is reported is the program. */
static int take_base(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uint64_t *)base = info->dlpi_addr;
	return 1;
}

/* The address that the file has for the place. */
static uint64_t vaddr_of(void (*function)(void))
{
	uint64_t base = 0;

	dl_iterate_phdr(take_base, &base);
	function();
	return place - base;
}

static void open_path(const char *path, struct elf_file *file)
{
	int fd = open_regular(AT_FDCWD, path, false);

	assert_true(fd >= 0);
	assert_int_equal(elf_file__open(file, fd), 0);
}

static struct inlined *open_own(void)
{
	struct inlined *inlined;
	struct elf_file file;

	open_path("/proc/self/exe", &file);
	inlined = inlined__new(&file, INLINED_MAX_BYTES);
	assert_non_null(inlined);
	assert_null(file.elf);
	assert_int_equal(file.fd, -1);
	return inlined;
}

static void nested(void **state)
{
	struct inlined *inlined = open_own();
	struct inlined_names found = inlined__find(inlined, vaddr_of(outermost));

	(void)state;
	assert_int_equal(found.nr, 2);
	assert_string_equal(found.names, "innermost");
	assert_string_equal(found.names + sizeof("innermost"), "between");
	assert_int_equal(inlined__find(inlined, vaddr_of(plain)).nr, 0);
	assert_int_equal(inlined__find(inlined, 0).nr, 0);
	assert_int_equal(inlined__find(inlined, UINT64_MAX).nr, 0);
	inlined__trim(inlined);
	assert_int_equal(inlined__find(inlined, vaddr_of(outermost)).nr, 2);
	inlined__free(inlined);
}

static void what_is_too_large_stays_open(void **state)
{
	struct inlined *inlined = open_own();
	size_t bytes = inlined__bytes(inlined);
	struct elf_file file;
	struct build_id id;

	(void)state;
	inlined__free(inlined);
	assert_in_range(bytes, 1000, INLINED_MAX_BYTES);
	open_path("/proc/self/exe", &file);
	assert_null(inlined__new(&file, 1000));
	assert_null(inlined__new(&file, 0));
	assert_non_null(file.elf);
	assert_true(elf_file__build_id(&file, &id));
	elf_file__close(&file);
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *path)
{
	(void)size;
	if (!strstr(info->dlpi_name, "/libc.so"))
		return 0;
	*(const char **)path = info->dlpi_name;
	return 1;
}

static void a_stripped_file_has_none(void **state)
{
	const char *path = NULL;
	struct elf_file file;

	(void)state;
	if (!dl_iterate_phdr(find_libc, &path))
		skip();
	open_path(path, &file);
	assert_null(inlined__new(&file, INLINED_MAX_BYTES));
	elf_file__close(&file);
}

static void put(struct message *message, const char *name, uint64_t nr_inlined)
{
	message__put_u64(message, 0x10);
	message__put_string(message, name, strlen(name));
	message__put_u64(message, nr_inlined);
}

static struct message make_answer(void)
{
	struct message message = { 0 };

	message__put_u64(&message, 3);
	put(&message, "outer", 2);
	message__put_string(&message, "a", 1);
	message__put_string(&message, "b", 1);
	put(&message, "", 1);
	message__put_string(&message, "c", 1);
	put(&message, "last", 0);
	assert_false(message.failed);
	return message;
}

static void expect_frame(const struct stack_frame *frame, const char *symbol, uint64_t offset)
{
	assert_int_equal(frame->address, 77);
	assert_int_equal(frame->offset, offset);
	if (symbol)
		assert_string_equal(frame->symbol, symbol);
	else
		assert_null(frame->symbol);
}

static void an_answer_as_frames(void **state)
{
	const struct stack_frame at = { .address = 77 };
	struct message message = make_answer();
	struct name_answer answer;
	struct stack_frame frames[4];

	(void)state;
	name_answer__begin(&answer, message.bytes, message.size);
	assert_int_equal(name_answer__frames(&answer, &at, frames, 4), 3);
	expect_frame(&frames[0], "a", 0);
	expect_frame(&frames[1], "b", 0);
	expect_frame(&frames[2], "outer", 0x10);
	assert_true(frames[0].inlined && frames[1].inlined && !frames[2].inlined);
	assert_int_equal(name_answer__frames(&answer, &at, frames, 1), 1);
	expect_frame(&frames[0], NULL, 0);
	assert_int_equal(name_answer__frames(&answer, &at, frames, 4), 1);
	expect_frame(&frames[0], "last", 0x10);
	assert_int_equal(name_answer__frames(&answer, &at, frames, 4), 1);
	expect_frame(&frames[0], NULL, 0);
	name_answer__end(&answer);
	name_answer__begin(&answer, NULL, 0);
	assert_int_equal(name_answer__frames(&answer, &at, frames, 4), 1);
	expect_frame(&frames[0], NULL, 0);
	name_answer__end(&answer);
	free(message.bytes);
}

static void one_name_of_an_answer(void **state)
{
	struct message message = make_answer();
	char name[SYMBOL_NAME_MAX + 1];

	(void)state;
	assert_true(name_answer__at(message.bytes, message.size, 0, name));
	assert_string_equal(name, "outer");
	assert_false(name_answer__at(message.bytes, message.size, 1, name));
	assert_true(name_answer__at(message.bytes, message.size, 2, name));
	assert_string_equal(name, "last");
	assert_false(name_answer__at(message.bytes, message.size, 3, name));
	assert_false(name_answer__at(NULL, 0, 0, name));
	/* an answer that is cut anywhere is no more than it was */
	for (size_t size = 0; size < message.size; size++) {
		char *part = malloc(size + 1);

		assert_non_null(part);
		memcpy(part, message.bytes, size);
		assert_false(name_answer__at(part, size, 2, name) && strcmp(name, "last") != 0);
		free(part);
	}
	free(message.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested),
		cmocka_unit_test(what_is_too_large_stays_open),
		cmocka_unit_test(a_stripped_file_has_none),
		cmocka_unit_test(an_answer_as_frames),
		cmocka_unit_test(one_name_of_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
