/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers maps.h and build_id.h: lines of /proc/PID/maps of every kind, cut at
 * each place and with garbage in each place, the look-up at both ends of a
 * mapping, rows in any order, rows that no process has, and the bound on their
 * memory.
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

#include "../../user/symbols/maps.h"

static const struct line {
	const char *text;
	int result;
	struct mapping mapping;
} lines[] = {
	{ "55d0c0de1000-55d0c0de3000 r-xp 00001000 fe:00 1234                       /usr/bin/true\n",
	  1,
	  { .start = 0x55d0c0de1000,
	    .end = 0x55d0c0de3000,
	    .file_offset = 0x1000,
	    .inode = 1234,
	    .path = "/usr/bin/true" } },
	{ "55d0c0de0000-55d0c0de1000 r--p 00000000 fe:00 1234                       /usr/bin/true\n",
	  0,
	  { .path = NULL } },
	{ "00400000-00401000 r-xp 00000000 00:2f 7   /a b/c  d\n",
	  1,
	  { .start = 0x400000, .end = 0x401000, .inode = 7, .path = "/a b/c  d" } },
	{ "00400000-00401000 r-xs 00000000 00:2f 7   /new\\012line\\012\n",
	  1,
	  { .start = 0x400000, .end = 0x401000, .inode = 7, .path = "/new\nline\n" } },
	{ "00400000-00401000 r-xp 00000000 00:2f 7   /back\\slash\\01\n",
	  1,
	  { .start = 0x400000, .end = 0x401000, .inode = 7, .path = "/back\\slash\\01" } },
	{ "00400000-00401000 r-xp 00000000 00:2f 7   /gone (deleted)\n",
	  1,
	  { .start = 0x400000, .end = 0x401000, .inode = 7, .path = "/gone", .deleted = true } },
	{ "00400000-00401000 r-xp 00000000 00:2f 7   /memfd:x (deleted) (deleted)\n",
	  1,
	  { .start = 0x400000, .end = 0x401000, .inode = 7, .path = "/memfd:x (deleted)", .deleted = true } },
	{ "7ffd8016c000-7ffd8018d000 r-xp 00000000 00:00 0                          [vdso]\n",
	  1,
	  { .start = 0x7ffd8016c000, .end = 0x7ffd8018d000, .path = "[vdso]" } },
	{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
	  1,
	  { .start = 0xffffffffff600000, .end = 0xffffffffff601000, .path = "[vsyscall]" } },
	{ "7fad67a6c000-7fad67a8e000 rwxp 00000000 00:00 0 \n",
	  1,
	  { .start = 0x7fad67a6c000, .end = 0x7fad67a8e000, .path = "" } },
	{ "7fad67a6c000-7fad67a8e000 rwxp 00000000 00:00 0 \033[31m\xff",
	  1,
	  { .start = 0x7fad67a6c000, .end = 0x7fad67a8e000, .path = "\033[31m\xff" } },
	{ "", -EINVAL, { .path = NULL } },
	{ "\n", -EINVAL, { .path = NULL } },
	{ "00401000-00400000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00400000-00400000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "-1-00401000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "0x400000-00401000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ " 00400000-00401000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "10000000000400000-10000000000401000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00000000000400000-00000000000401000 r-xp 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00400000-00401000 r-x 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00400000-00401000 r-xp0 00000000 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00400000-00401000 r-xp +0 00:00 0 \n", -EINVAL, { .path = NULL } },
	{ "00400000-00401000 r-xp 00000000 00:00 0x12 /a\n", -EINVAL, { .path = NULL } },
};

/* Parses a copy that is exactly as long as the text, so that ASan sees one byte too many. */
static int parse(const char *text, size_t len, struct mapping *mapping, char **copy)
{
	*copy = malloc(len + 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	(*copy)[len] = '\0';
	return mapping__parse(*copy, mapping);
}

static void lines_of_every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct mapping *expected = &lines[i].mapping;
		struct mapping m;
		char *copy;

		if (parse(lines[i].text, strlen(lines[i].text), &m, &copy) != lines[i].result)
			fail_msg("\"%s\" is not %d", lines[i].text, lines[i].result);
		if (lines[i].result == 1) {
			assert_int_equal(m.start, expected->start);
			assert_int_equal(m.end, expected->end);
			assert_int_equal(m.file_offset, expected->file_offset);
			assert_int_equal(m.inode, expected->inode);
			assert_string_equal(m.path, expected->path);
			assert_int_equal(m.deleted, expected->deleted);
			assert_int_equal(m.build_id.len, 0);
			assert_false(m.elf);
		}
		free(copy);
	}
}

/* What is cut within its numbers is refused; what is cut within its path has a shorter path. */
static void lines_cut_anywhere(void **state)
{
	static const char text[] = "55d0c0de1000-55d0c0de3000 r-xp 00001000 fe:00 1234      /usr/bin/true";
	const size_t numbers = strlen("55d0c0de1000-55d0c0de3000 r-xp 00001000 fe:00 ");

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct mapping m;
		char *copy;

		assert_int_equal(parse(text, len, &m, &copy), len < numbers ? -EINVAL : 1);
		free(copy);
	}
}

static void garbage_anywhere(void **state)
{
	static const char text[] = "55d0c0de1000-55d0c0de3000 r-xp 00001000 fe:00 1234  /usr/bin/true (deleted)\n";

	(void)state;
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (int c = 0; c < 256; c++) {
			char changed[sizeof(text)];
			struct mapping m;
			char *copy;

			memcpy(changed, text, sizeof(text));
			changed[at] = (char)c;
			if (parse(changed, sizeof(changed) - 1, &m, &copy) >= 0)
				assert_true(m.start < m.end && strlen(m.path) < sizeof(text));
			free(copy);
		}
	}
}

static struct mapping row(uint64_t start, uint64_t end, const char *path)
{
	return (struct mapping){ .start = start, .end = end, .path = path };
}

static void expect_path(const struct proc_maps *maps, uint64_t address, const char *path)
{
	const struct mapping *m = proc_maps__find(maps, address);

	if (!path) {
		assert_null(m);
		return;
	}
	assert_non_null(m);
	assert_string_equal(m->path, path);
}

static void an_address_finds_its_mapping(void **state)
{
	static const uint64_t starts[] = { 0x5000, 0x1000, 0x9000, 0x3000, 0xfffffffffffff000 };
	struct proc_maps *maps = proc_maps__new(77);
	char path[32];

	(void)state;
	assert_int_equal(proc_maps__pid(maps), 77);
	expect_path(maps, 0x1000, NULL);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct mapping m = row(starts[i], starts[i] + 0xfff, path);

		snprintf(path, sizeof(path), "/%llx", (unsigned long long)starts[i]);
		m.file_offset = i;
		m.build_id = (struct build_id){ .len = 2, .bytes = { 0xab, (uint8_t)i } };
		assert_int_equal(proc_maps__add(maps, &m), 0);
	}
	snprintf(path, sizeof(path), "changed");
	expect_path(maps, 0, NULL);
	expect_path(maps, 0xfff, NULL);
	expect_path(maps, 0x1000, "/1000");
	expect_path(maps, 0x1ffe, "/1000");
	expect_path(maps, 0x1fff, NULL);
	expect_path(maps, 0x3500, "/3000");
	expect_path(maps, 0x5001, "/5000");
	expect_path(maps, 0x9001, "/9000");
	expect_path(maps, 0xfffffffffffffffe, "/fffffffffffff000");
	expect_path(maps, UINT64_MAX, NULL);
	assert_int_equal(proc_maps__count(maps), 5);
	for (size_t i = 1; i < 5; i++)
		assert_true(proc_maps__at(maps, i - 1)->end <= proc_maps__at(maps, i)->start);
	assert_int_equal(proc_maps__find(maps, 0x3000)->file_offset, 3);
	assert_int_equal(proc_maps__find(maps, 0x3000)->build_id.bytes[1], 3);
	proc_maps__free(maps);
	proc_maps__free(NULL);
}

static void rows_that_no_process_has_are_refused(void **state)
{
	struct proc_maps *maps = proc_maps__new(0);
	struct mapping m = row(0x1000, 0x2000, "/a");
	static const struct {
		uint64_t start, end;
	} wrong[] = { { 0x1000, 0x2000 }, { 0xfff, 0x1001 }, { 0x1fff, 0x3000 }, { 0, 0x4000 }, { 0x1800, 0x1900 },
		      { 5, 5 },		  { 9, 3 } };

	(void)state;
	assert_int_equal(proc_maps__add(maps, &m), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		m = row(wrong[i].start, wrong[i].end, "/b");
		assert_int_equal(proc_maps__add(maps, &m), -EINVAL);
	}
	m = row(0x2000, 0x3000, "/c");
	m.build_id.len = BUILD_ID_MAX + 1;
	assert_int_equal(proc_maps__add(maps, &m), -EINVAL);
	m.build_id.len = BUILD_ID_MAX;
	assert_int_equal(proc_maps__add(maps, &m), 0);
	assert_int_equal(proc_maps__count(maps), 2);
	proc_maps__free(maps);
}

static void memory_is_bounded(void **state)
{
	struct proc_maps *maps = proc_maps__new(1);
	char path[4000];
	int err = 0;
	uint64_t i;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (i = 1; !err; i++) {
		struct mapping m = row(i * 4096, (i + 1) * 4096, i % 2 ? path : "");

		err = proc_maps__add(maps, &m);
		assert_true(proc_maps__bytes(maps) <= PROC_MAPS_MAX_BYTES);
	}
	assert_int_equal(err, -E2BIG);
	assert_true(i > 300);
	expect_path(maps, 4096, path);
	expect_path(maps, (i - 1) * 4096, NULL);
	proc_maps__free(maps);
}

static void build_ids(void **state)
{
	struct build_id a = { .len = 3, .bytes = { 0x00, 0xaf, 0x10 } }, b = a, none = { 0 };
	char hex[BUILD_ID_HEX_SIZE];

	(void)state;
	assert_string_equal(build_id__hex(hex, &a), "00af10");
	assert_string_equal(build_id__hex(hex, &none), "");
	assert_true(build_id__equal(&a, &b));
	b.bytes[3] = 1; /* not part of it */
	assert_true(build_id__equal(&a, &b));
	b.bytes[2] = 1;
	assert_false(build_id__equal(&a, &b));
	b = a;
	b.len = 2;
	assert_false(build_id__equal(&a, &b));
	assert_true(build_id__equal(&none, &none));
	a.len = b.len = 255;
	assert_false(build_id__equal(&a, &b));
	assert_int_equal(strlen(build_id__hex(hex, &a)), 2 * BUILD_ID_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_every_kind),
		cmocka_unit_test(lines_cut_anywhere),
		cmocka_unit_test(garbage_anywhere),
		cmocka_unit_test(an_address_finds_its_mapping),
		cmocka_unit_test(rows_that_no_process_has_are_refused),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(build_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
