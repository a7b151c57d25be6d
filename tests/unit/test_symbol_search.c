/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers kernel/symbol_search, symbols/debug_link and symbols/mini_debug on copies of this program: separate debug
 * files by the name and the checksum that a file says, MiniDebugInfo, the cache of debuginfod's clients; and what
 * hostile files say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/kernel/symbol_search.h"
#include "../../user/symbols/debug_link.h"
#include "../../user/symbols/function_starts.h"
#include "../../user/symbols/mini_debug.h"

#define BUDGET ((size_t)16 * 1024 * 1024)

static char dir[] = "/tmp/memtrace-test.XXXXXX";

/* Only .symtab has it. */
static __attribute__((noinline)) int static_function(int n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 1;
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[8192];
	va_list args;
	int len = snprintf(command, sizeof(command), "cd %s && ", dir);

	va_start(args, format);
	vsnprintf(command + len, sizeof(command) - (size_t)len, format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || system("command -v objcopy >/dev/null && command -v xz >/dev/null"))
		return -1;
	run("cp /proc/%d/exe whole && objcopy --only-keep-debug whole debug && objcopy --strip-all whole stripped && "
	    "objcopy --remove-section .note.gnu.build-id whole anonymous",
	    getpid());
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	run("rm -rf %s", dir);
	return 0;
}

/* What a process has mapped if it runs a file of the directory. */
static struct mapping mapping_of(const char *name, char *path, size_t size)
{
	struct proc_maps *maps;
	struct mapping mapping;
	struct elf_file file;
	struct stat st;
	int fd;

	assert_int_equal(proc_maps__read((uint32_t)getpid(), &maps), 0);
	mapping = *proc_maps__find(maps, (uint64_t)(uintptr_t)static_function);
	proc_maps__free(maps);
	snprintf(path, size, "%s/%s", dir, name);
	mapping.path = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && !fstat(fd, &st));
	mapping.dev = st.st_dev;
	mapping.inode = st.st_ino;
	assert_int_equal(elf_file__open(&file, fd), 0);
	elf_file__build_id(&file, &mapping.build_id);
	elf_file__close(&file);
	return mapping;
}

/* Whether the name of static_function is found for that file. */
static bool finds(const char *name, const char *with_dir)
{
	char path[256];
	const struct mapping mapping = mapping_of(name, path, sizeof(path));
	const struct symbol_search search = { .dir = with_dir, .max_bytes = BUDGET };
	uint64_t vaddr = (uint64_t)(uintptr_t)static_function - mapping.start + mapping.vaddr;
	struct symtab *tab = symbol_search__read(&search, &mapping).tab;
	struct symbol symbol;
	bool found = tab && symtab__find(tab, vaddr, &symbol) && !strcmp(symbol.name, "static_function");

	symtab__free(tab);
	return found;
}

static struct elf_file open_elf(const char *name)
{
	struct elf_file file;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(elf_file__open(&file, open(path, O_RDONLY | O_CLOEXEC)), 0);
	return file;
}

/* The caller frees it. */
static char *read_whole(const char *name, size_t *size)
{
	char path[256], *image;
	struct stat st;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "re");
	assert_true(in && !fstat(fileno(in), &st));
	image = malloc((size_t)st.st_size);
	assert_true(image && fread(image, 1, (size_t)st.st_size, in) == (size_t)st.st_size);
	fclose(in);
	*size = (size_t)st.st_size;
	return image;
}

static size_t count_starts(char *image, size_t size)
{
	struct symtab *tab = symtab__new(BUDGET);
	struct elf_file file;
	size_t nr;

	assert_int_equal(elf_file__open_image(&file, image, size), 0);
	nr = function_starts__add(&file, "x", tab);
	elf_file__close(&file);
	symtab__free(tab);
	return nr;
}

/* What stands for static_function in a file without its name. */
static bool names_start(const char *name, const char *text)
{
	char path[256];
	const struct mapping mapping = mapping_of(name, path, sizeof(path));
	const struct symbol_search search = { .max_bytes = BUDGET };
	uint64_t vaddr = (uint64_t)(uintptr_t)static_function - mapping.start + mapping.vaddr;
	struct symtab *tab = symbol_search__read(&search, &mapping).tab;
	struct symbol symbol;
	char expected[128];
	bool same;

	snprintf(expected, sizeof(expected), text, vaddr);
	same = tab && symtab__find(tab, vaddr + 1, &symbol) && !strcmp(symbol.name, expected) && symbol.start == vaddr;
	symtab__free(tab);
	return same;
}

/* A name from the table of functions for other files is one; below it, where each other function begins. */
static void starts(void **state)
{
	struct symtab *tab = symtab__new(BUDGET), *small = symtab__new(8192);
	struct elf_file file = open_elf("stripped");
	size_t nr;

	(void)state;
	assert_true(names_start("stripped", "stripped@0x%lx"));
	assert_true(names_start("whole", "static_function"));
	run("cp stripped 'a;b%%s@0x1'");
	assert_true(names_start("a;b%s@0x1", "a;b%%s@0x1@0x%lx"));
	nr = function_starts__add(&file, "x", tab);
	assert_true(nr > 100);
	assert_int_equal(symtab__count(tab), nr);
	assert_true(function_starts__add(&file, "x", small) < nr); /* the table is full */
	assert_true(symtab__bytes(small) <= 8192);
	symtab__free(tab);
	symtab__free(small);
	elf_file__close(&file);
}

/* Each byte of its head, and an index that ends before it says. */
static void damaged_starts(void **state)
{
	struct elf_file file = open_elf("stripped");
	size_t size, whole, nr, at, head;
	struct symtab *tab;
	GElf_Phdr header;
	char *image;

	(void)state;
	image = read_whole("stripped", &size);
	for (head = 0; gelf_getphdr(file.elf, (int)head, &header) && header.p_type != PT_GNU_EH_FRAME; head++)
		;
	elf_file__close(&file);
	whole = count_starts(image, size);
	assert_true(whole > 100);
	for (at = 0; at < 4; at++) {
		image[header.p_offset + at] ^= 0x44;
		assert_int_equal(count_starts(image, size), 0);
		image[header.p_offset + at] ^= 0x44;
	}
	memset(image + header.p_offset + 8, 0xff, 4); /* as many entries as can be said */
	assert_int_equal(count_starts(image, size), whole);
	image[header.p_offset + 8] = 7;
	memset(image + header.p_offset + 9, 0, 3);
	assert_int_equal(count_starts(image, size), 7);
	image[header.p_offset + 12] ^= 1; /* not where its information says that it begins */
	assert_int_equal(count_starts(image, size), 6);
	memset(image + header.p_offset + 12, 0x7f, 7 * 8);
	assert_int_equal(count_starts(image, size), 0);
	tab = symtab__new(BUDGET);
	nr = size < header.p_offset + 40 ? 0 : header.p_offset + 40;
	assert_int_equal(elf_file__open_image(&file, image, nr), 0); /* the file ends in it */
	assert_int_equal(function_starts__add(&file, "x", tab), 0);
	elf_file__close(&file);
	symtab__free(tab);
	free(image);
}

static void by_link(void **state)
{
	char in[64];

	(void)state;
	assert_true(finds("whole", NULL));
	assert_false(finds("stripped", NULL));
	run("cp debug other.dbg && objcopy --add-gnu-debuglink=other.dbg stripped linked");
	assert_true(finds("linked", NULL)); /* beside it */
	run("mkdir .debug && mv other.dbg .debug");
	assert_true(finds("linked", NULL));
	run("mkdir elsewhere && mv .debug/other.dbg elsewhere");
	assert_false(finds("linked", NULL));
	snprintf(in, sizeof(in), "%s/elsewhere", dir);
	assert_true(finds("linked", in));
	run("cp anonymous elsewhere/other.dbg"); /* another file of that name */
	assert_false(finds("linked", in));
}

/* A file without a build id is believed by its checksum alone. */
static void by_checksum(void **state)
{
	(void)state;
	run("objcopy --only-keep-debug anonymous sum.dbg && objcopy --strip-all anonymous bare && "
	    "objcopy --add-gnu-debuglink=sum.dbg bare summed");
	assert_false(finds("bare", NULL));
	assert_true(finds("summed", NULL));
	run("printf x >>sum.dbg");
	assert_false(finds("summed", NULL));
}

static void by_debuginfod(void **state)
{
	char path[256], hex[BUILD_ID_HEX_SIZE], in[64];
	const struct mapping mapping = mapping_of("stripped", path, sizeof(path));

	(void)state;
	build_id__hex(hex, &mapping.build_id);
	assert_true(hex[0]);
	snprintf(in, sizeof(in), "%s/cache", dir);
	run("mkdir -p cache/%s && cp debug cache/%s/debuginfo", hex, hex);
	assert_true(finds("stripped", in));
	run("mv cache/%s/debuginfo cache/%s/executable && cp whole cache/%s/executable", hex, hex, hex);
	assert_true(finds("stripped", in));
	run("cp anonymous cache/%s/executable", hex);
	assert_false(finds("stripped", in));
}

static void mini(void **state)
{
	(void)state;
	run("objcopy --strip-debug debug mini && xz -k mini && objcopy --add-section .gnu_debugdata=mini.xz stripped "
	    "small");
	assert_true(finds("small", NULL));
	run("objcopy --add-section .gnu_debugdata=mini stripped plain"); /* not packed */
	assert_false(finds("plain", NULL));
	run("head -c 300 mini.xz >cut.xz && objcopy --add-section .gnu_debugdata=cut.xz stripped cut");
	assert_false(finds("cut", NULL));
}

/* 200 KB that unpack to 1 GiB, and what asks for a dictionary of 1 GiB. */
static void bombs(void **state)
{
	static const char *const names[] = { "bomb", "greedy" };
	struct symtab *tab = symtab__new(BUDGET);
	struct rusage before, after;
	struct elf_file file;
	size_t i;

	(void)state;
	run("head -c 1G /dev/zero | xz -0 >zeros.xz && objcopy --add-section .gnu_debugdata=zeros.xz stripped bomb && "
	    "xz -c --lzma2=preset=0,dict=1GiB --memlimit=max mini >big.xz && "
	    "objcopy --add-section .gnu_debugdata=big.xz stripped greedy");
	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		file = open_elf(names[i]);
		assert_false(mini_debug__add(&file, tab));
		elf_file__close(&file);
	}
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < (400 << 10)); /* in KiB; sanitizers keep what was freed */
	symtab__free(tab);
}

static void hostile_links(void **state)
{
	static const struct {
		const char *bytes; /* of printf(1) */
		const char *name;  /* NULL: it is none */
	} links[] = {
		{ "file\\0\\0\\0\\0\\1\\2\\3\\4", "file" },
		{ "a\\0\\0\\0\\1\\2\\3\\4", "a" },
		{ "../etc/x\\0\\0\\0\\0\\1\\2\\3\\4", NULL },
		{ "/etc/passwd\\0\\1\\2\\3\\4", NULL },
		{ "..\\0\\0\\1\\2\\3\\4", NULL },
		{ ".\\0\\0\\0\\1\\2\\3\\4", NULL },
		{ "\\0\\0\\0\\0\\1\\2\\3\\4", NULL },
		{ "file\\0\\0\\0\\0\\1\\2\\3", NULL },
		{ "noend", NULL },
	};
	struct debug_link link;
	struct elf_file file;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		run("printf '%s' >section && objcopy --add-section .gnu_debuglink=section stripped hostile",
		    links[i].bytes);
		file = open_elf("hostile");
		assert_int_equal(debug_link__read(&file, &link), links[i].name != NULL);
		assert_string_equal(link.name, links[i].name ? links[i].name : "");
		if (links[i].name)
			assert_int_equal(link.crc, 0x04030201);
		elf_file__close(&file);
	}
	run("head -c 300 /dev/zero | tr '\\0' a >section && head -c 8 /dev/zero >>section && "
	    "objcopy --add-section .gnu_debuglink=section stripped hostile");
	file = open_elf("hostile");
	assert_false(debug_link__read(&file, &link));
	elf_file__close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts),      cmocka_unit_test(damaged_starts), cmocka_unit_test(by_link),
		cmocka_unit_test(by_checksum), cmocka_unit_test(by_debuginfod),	 cmocka_unit_test(mini),
		cmocka_unit_test(bombs),       cmocka_unit_test(hostile_links),
	};

	return cmocka_run_group_tests_name("symbol_search", tests, make_dir, remove_dir);
}
