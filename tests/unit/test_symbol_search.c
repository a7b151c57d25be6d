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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/kernel/symbol_search.h"
#include "../../user/symbols/debug_link.h"
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

static struct elf_file open_elf(const char *name)
{
	struct elf_file file;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(elf_file__open(&file, open(path, O_RDONLY | O_CLOEXEC)), 0);
	return file;
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
		cmocka_unit_test(by_link), cmocka_unit_test(by_checksum), cmocka_unit_test(by_debuginfod),
		cmocka_unit_test(mini),	   cmocka_unit_test(bombs),	  cmocka_unit_test(hostile_links),
	};

	return cmocka_run_group_tests_name("symbol_search", tests, make_dir, remove_dir);
}
