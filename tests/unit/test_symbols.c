/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers elf_file.h, proc_maps.h and symbols.h on real files: this program's
 * own functions and libc's, the vdso, files that were deleted, stripped, are in
 * another mount namespace, or are known from a recording only; build ids
 * against readelf; the caches and their bounds; files that are cut off, damaged
 * at random, absurd, or no regular files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/symbols/elf_file.h"
#include "../../user/kernel/proc_maps.h"
#include "../../user/kernel/symbols.h"

#define BUDGET ((size_t)16 * 1024 * 1024)

static char dir[] = "/tmp/memtrace-test.XXXXXX";

/* What is looked for by its address.  Its size is its own: no other code may be merged with it. */
static __attribute__((noinline)) int static_function(int n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 1;
}

/* As it is not static, it is in .dynsym, too. */
int exported_function(int n);

__attribute__((noinline)) int exported_function(int n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 2;
}

static uint64_t address_of(int (*function)(int))
{
	return (uint64_t)(uintptr_t)function;
}

__attribute__((format(printf, 1, 2))) static const char *in_dir(const char *format, ...)
{
	static char paths[4][4096];
	static unsigned int next;
	char *path = paths[next++ % 4];
	va_list args;
	int len = snprintf(path, sizeof(paths[0]), "%s/", dir);

	va_start(args, format);
	vsnprintf(path + len, sizeof(paths[0]) - (size_t)len, format, args);
	va_end(args);
	return path;
}

__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
	char command[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static void need_tool(const char *name)
{
	if (shell("command -v %s >/dev/null", name)) {
		print_message("missing: %s\n", name);
		skip();
	}
}

static void need_root(void)
{
	if (geteuid()) {
		print_message("needs root\n");
		skip();
	}
}

static int open_self(void)
{
	int fd = open_regular(AT_FDCWD, "/proc/self/exe", false);

	assert_true(fd >= 0);
	return fd;
}

static struct proc_maps *own_maps(void)
{
	struct proc_maps *maps;

	assert_int_equal(proc_maps__read((uint32_t)getpid(), &maps), 0);
	return maps;
}

static struct stack_frame resolve(struct symbols *symbols, const struct proc_maps *maps, uint64_t address)
{
	struct stack_frame frame;

	symbols__user(symbols, maps, &address, 1, &frame);
	assert_int_equal(frame.address, address);
	assert_false(frame.kernel);
	return frame;
}

static void expect_symbol(struct symbols *symbols, const struct proc_maps *maps, uint64_t address, const char *symbol)
{
	struct stack_frame frame = resolve(symbols, maps, address);

	if (!symbol) {
		assert_null(frame.symbol);
		return;
	}
	assert_non_null(frame.symbol);
	assert_string_equal(frame.symbol, symbol);
}

static void own_functions(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct proc_maps *maps = own_maps();
	uint64_t address = address_of(static_function);
	struct stack_frame frame = resolve(symbols, maps, address + 1);
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)state;
	assert_true(len > 0);
	path[len] = '\0';
	assert_string_equal(frame.symbol, "static_function");
	assert_int_equal(frame.offset, 1);
	assert_string_equal(frame.module, path);
	assert_non_null(frame.build_id);
	assert_true(frame.file_offset > 0);
	expect_symbol(symbols, maps, (uint64_t)(uintptr_t)own_functions, "own_functions");
	proc_maps__free(maps);
	symbols__free(symbols);
}

static void libc_functions(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct proc_maps *maps = own_maps();
	struct stack_frame frame = resolve(symbols, maps, (uint64_t)(uintptr_t)dlsym(RTLD_NEXT, "getppid"));

	(void)state;
	assert_string_equal(frame.symbol, "getppid");
	assert_non_null(strstr(frame.module, "/libc"));
	proc_maps__free(maps);
	symbols__free(symbols);
}

/* What dlsym() asks for, and which of the names at that address is told. */
#if defined(__aarch64__)
#define VDSO_FUNCTION "__kernel_clock_gettime"
#define VDSO_NAME     "__kernel_clock_gettime"
#else
#define VDSO_FUNCTION "__vdso_clock_gettime"
#define VDSO_NAME     "clock_gettime"
#endif

static void the_vdso(void **state)
{
	void *vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	void *function = vdso ? dlsym(vdso, VDSO_FUNCTION) : NULL;
	struct symbols *symbols;
	struct proc_maps *maps;
	struct stack_frame frame;

	(void)state;
	if (!function) {
		print_message("no clock_gettime in a vdso here\n");
		skip();
	}
	symbols = symbols__new(NULL, BUDGET);
	maps = own_maps();
	frame = resolve(symbols, maps, (uint64_t)(uintptr_t)function);
	assert_string_equal(frame.symbol, VDSO_NAME);
	assert_string_equal(frame.module, "[vdso]");
	assert_non_null(frame.build_id);
	proc_maps__free(maps);
	symbols__free(symbols);
	dlclose(vdso);
}

/* A return address may be the first of the next function; a leaf is where it is. */
static void return_addresses_are_in_the_caller(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct proc_maps *maps = own_maps();
	uint64_t start = address_of(static_function), addresses[] = { start, start + 1, start, start - 1 };
	struct stack_frame frames[4];

	(void)state;
	symbols__user(symbols, maps, addresses, 4, frames);
	assert_string_equal(frames[0].symbol, "static_function");
	assert_int_equal(frames[0].offset, 0);
	assert_string_equal(frames[1].symbol, "static_function");
	assert_int_equal(frames[1].offset, 1);
	assert_true(!frames[2].symbol || strcmp(frames[2].symbol, "static_function"));
	proc_maps__free(maps);
	symbols__free(symbols);
}

static void addresses_that_are_nowhere(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct proc_maps *maps = own_maps();
	static const uint64_t addresses[] = { 0, 1, UINT64_MAX, 0x8000000000000000, 0 };
	struct stack_frame frames[5];
	void *anonymous = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(anonymous, MAP_FAILED);
	symbols__user(symbols, maps, addresses, 5, frames);
	for (size_t i = 0; i < 5; i++)
		assert_true(!frames[i].symbol && !frames[i].module && !frames[i].build_id);
	symbols__user(symbols, NULL, addresses, 5, frames);
	assert_true(!frames[2].module && frames[2].address == UINT64_MAX);
	proc_maps__free(maps);
	maps = own_maps();
	frames[0] = resolve(symbols, maps, (uint64_t)(uintptr_t)anonymous);
	assert_string_equal(frames[0].module, "");
	assert_null(frames[0].symbol);
	munmap(anonymous, 4096);
	proc_maps__free(maps);
	symbols__free(symbols);
}

static void build_id_equals_readelf(void **state)
{
	char expected[256] = "", hex[BUILD_ID_HEX_SIZE], line[512];
	struct elf_file file;
	struct build_id id;
	FILE *readelf;

	(void)state;
	need_tool("readelf");
	snprintf(line, sizeof(line), "readelf -n /proc/%d/exe 2>/dev/null", getpid());
	readelf = popen(line, "r");
	assert_non_null(readelf);
	while (fgets(line, sizeof(line), readelf))
		sscanf(line, " Build ID: %255s", expected);
	pclose(readelf);
	assert_int_equal(elf_file__open(&file, open_self()), 0);
	assert_true(elf_file__build_id(&file, &id));
	assert_string_equal(build_id__hex(hex, &id), expected);
	elf_file__close(&file);
}

/* Maps a file's code, as the loader would, at the file offset where this program has static_function. */
static uint64_t map_like_self(const char *path, struct mapping *own, void **at)
{
	struct proc_maps *maps = own_maps();
	const struct mapping *m = proc_maps__find(maps, address_of(static_function));
	uint64_t into;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(m && fd >= 0);
	*own = *m;
	own->path = NULL;
	into = address_of(static_function) - m->start;
	*at = mmap(NULL, m->end - m->start, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, (off_t)m->file_offset);
	assert_ptr_not_equal(*at, MAP_FAILED);
	close(fd);
	proc_maps__free(maps);
	return (uint64_t)(uintptr_t)*at + into;
}

static void a_deleted_file(void **state)
{
	const char *path = in_dir("deleted\nfile");
	struct symbols *symbols;
	struct proc_maps *maps;
	struct stack_frame frame;
	struct mapping own;
	uint64_t address;
	void *at;

	(void)state;
	need_root();
	symbols = symbols__new(NULL, BUDGET);
	assert_int_equal(shell("cp /proc/%d/exe '%s'", getpid(), path), 0);
	address = map_like_self(path, &own, &at);
	unlink(path);
	maps = own_maps();
	frame = resolve(symbols, maps, address);
	assert_string_equal(frame.symbol, "static_function");
	assert_string_equal(frame.module, path);
	munmap(at, own.end - own.start);
	proc_maps__free(maps);
	symbols__free(symbols);
}

/* Rows of the same mappings as a recording has them: no process, no inodes. */
static struct proc_maps *recorded(const struct proc_maps *maps)
{
	struct proc_maps *copy = proc_maps__new(0);

	for (size_t i = 0; i < proc_maps__count(maps); i++) {
		struct mapping m = *proc_maps__at(maps, i);

		m.dev = m.inode = 0;
		assert_int_equal(proc_maps__add(copy, &m), 0);
	}
	return copy;
}

/* Makes the file at path one with another build id. */
static void change_build_id(const char *path, const struct build_id *id)
{
	char *bytes, *at;
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0 && !fstat(fd, &st));
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	at = memmem(bytes, (size_t)st.st_size, id->bytes, id->len);
	assert_non_null(at);
	at[0] ^= 1;
	munmap(bytes, (size_t)st.st_size);
	close(fd);
}

static void debug_file_path(char *path, size_t size, const struct build_id *id)
{
	char hex[BUILD_ID_HEX_SIZE];

	build_id__hex(hex, id);
	snprintf(path, size, "%s/.build-id/%.2s/%s.debug", dir, hex, hex + 2);
}

/* The places where the symbols of a stripped file are found, one after the other; each only with its build id. */
static void stripped_files(void **state)
{
	const char *stripped = in_dir("stripped");
	char debug[4096];
	struct proc_maps *maps, *rows;
	struct stack_frame frame;
	struct symbols *symbols;
	struct mapping own;
	uint64_t address, exported;
	void *at;

	(void)state;
	need_tool("objcopy");
	assert_int_equal(shell("objcopy --strip-all /proc/%d/exe '%s'", getpid(), stripped), 0);
	address = map_like_self(stripped, &own, &at);
	maps = own_maps();
	rows = recorded(maps);

	symbols = symbols__new(NULL, BUDGET);
	frame = resolve(symbols, maps, address);
	assert_non_null(frame.symbol);
	assert_true(!strncmp(frame.symbol, "stripped@0x", 11)); /* where it begins, which has no name */
	assert_true(build_id__equal(frame.build_id, &own.build_id));
	assert_string_equal(frame.module, stripped);
	assert_int_equal(frame.file_offset, address - (uint64_t)(uintptr_t)at + own.file_offset);
	exported = address + address_of(exported_function) - address_of(static_function);
	expect_symbol(symbols, maps, exported, "exported_function");
	expect_symbol(symbols, rows, exported, "exported_function");
	symbols__free(symbols);

	/* a separate debug file, for the process and for a recording of it */
	debug_file_path(debug, sizeof(debug), &own.build_id);
	assert_int_equal(shell("mkdir -p $(dirname '%s') && objcopy --only-keep-debug /proc/%d/exe '%s'", debug,
			       getpid(), debug),
			 0);
	symbols = symbols__new(dir, BUDGET);
	expect_symbol(symbols, maps, address + 1, "static_function");
	expect_symbol(symbols, rows, address + 1, "static_function");
	symbols__free(symbols);
	/* without the file that was mapped */
	unlink(stripped);
	symbols = symbols__new(dir, BUDGET);
	expect_symbol(symbols, rows, address, "static_function");
	symbols__free(symbols);
	setenv("MEMTRACE_SYMBOLS", dir, 1);
	symbols = symbols__new(NULL, BUDGET);
	expect_symbol(symbols, rows, address, "static_function");
	symbols__free(symbols);
	unsetenv("MEMTRACE_SYMBOLS");
	symbols = symbols__new(NULL, BUDGET);
	expect_symbol(symbols, rows, address, NULL);
	symbols__free(symbols);

	/* by its name */
	assert_int_equal(shell("mv '%s' '%s/stripped.debug'", debug, dir), 0);
	symbols = symbols__new(dir, BUDGET);
	expect_symbol(symbols, rows, address, "static_function");
	symbols__free(symbols);

	/* a file of that name with another build id is another file */
	change_build_id(in_dir("stripped.debug"), &own.build_id);
	symbols = symbols__new(dir, BUDGET);
	expect_symbol(symbols, rows, address, NULL);
	symbols__free(symbols);

	munmap(at, own.end - own.start);
	proc_maps__free(rows);
	proc_maps__free(maps);
}

/* Only the very file that is mapped speaks for a mapping without a build id. */
static void files_without_build_id(void **state)
{
	const char *path = in_dir("no-build-id");
	struct proc_maps *maps, *rows;
	struct symbols *symbols;
	struct stack_frame frame;
	struct mapping own;
	uint64_t address;
	void *at;

	(void)state;
	need_tool("objcopy");
	assert_int_equal(shell("objcopy --remove-section .note.gnu.build-id /proc/%d/exe '%s'", getpid(), path), 0);
	address = map_like_self(path, &own, &at);
	maps = own_maps();
	rows = recorded(maps);
	symbols = symbols__new(dir, BUDGET);
	frame = resolve(symbols, maps, address);
	assert_string_equal(frame.symbol, "static_function");
	assert_null(frame.build_id);
	frame = resolve(symbols, rows, address);
	assert_null(frame.symbol);
	assert_string_equal(frame.module, path);
	munmap(at, own.end - own.start);
	proc_maps__free(rows);
	proc_maps__free(maps);
	symbols__free(symbols);
}

/* One that carries another's build id names its own addresses, not the other's. */
static void a_copied_build_id(void **state)
{
	const char *path = in_dir("renamed");
	struct symbols *symbols;
	struct proc_maps *maps;
	struct mapping own;
	uint64_t address;
	void *at;

	(void)state;
	need_tool("objcopy");
	symbols = symbols__new(NULL, BUDGET);
	assert_int_equal(shell("objcopy --redefine-sym static_function=forged /proc/%d/exe '%s'", getpid(), path), 0);
	address = map_like_self(path, &own, &at);
	maps = own_maps();
	expect_symbol(symbols, maps, address, "forged");
	expect_symbol(symbols, maps, address_of(static_function), "static_function");
	munmap(at, own.end - own.start);
	proc_maps__free(maps);
	symbols__free(symbols);
}

/* Starts a child that calls prepare(), then waits to be killed; *word: what prepare() returned. */
static pid_t child_that(uint64_t (*prepare)(void), uint64_t *word)
{
	int pipe_fds[2];
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		*word = prepare();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(pipe_fds[1], word, sizeof(*word)) == sizeof(*word))
			pause();
		_exit(1);
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], word, sizeof(*word)), sizeof(*word));
	close(pipe_fds[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static uint64_t map_in_own_namespace(void)
{
	struct mapping own;
	void *at;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", in_dir("mount"), "tmpfs", 0, "size=64m") ||
	    shell("cp /proc/%d/exe '%s'", getpid(), in_dir("mount/program")))
		return 0;
	return map_like_self(in_dir("mount/program"), &own, &at);
}

/* In a chroot the kernel names what is mounted outside of it from the root of all. */
static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

static void another_mount_namespace(void **state)
{
	struct proc_maps *maps, *gone;
	struct stack_frame frame;
	struct symbols *symbols;
	uint64_t address;
	pid_t pid;

	(void)state;
	need_root();
	assert_int_equal(mkdir(in_dir("mount"), 0755), 0);
	pid = child_that(map_in_own_namespace, &address);
	if (!address) {
		end_child(pid);
		print_message("no mount namespaces here\n");
		skip();
	}
	symbols = symbols__new(NULL, BUDGET);
	assert_int_equal(access(in_dir("mount/program"), F_OK), -1);
	assert_int_equal(proc_maps__read((uint32_t)pid, &maps), 0);
	frame = resolve(symbols, maps, address);
	assert_string_equal(frame.symbol, "static_function");
	assert_true(ends_with(frame.module, in_dir("mount/program")));
	end_child(pid);
	/* it is gone, what was read is not */
	expect_symbol(symbols, maps, address, "static_function");
	assert_int_equal(proc_maps__read((uint32_t)pid, &gone), -ESRCH);
	assert_null(gone);
	proc_maps__free(maps);
	symbols__free(symbols);
}

/* A file that lies where the mapped one lay is another file. */
static bool names_a_replaced_file(struct symbols *symbols, uint64_t address)
{
	struct stack_frame frame;
	struct proc_maps *maps;

	if (proc_maps__read((uint32_t)getpid(), &maps))
		return true;
	symbols__user(symbols, maps, &address, 1, &frame);
	return frame.symbol || !frame.module || strcmp(frame.module, in_dir("replaced"));
}

/* What a child without capabilities sees, as its exit status: 0 if all is as expected. */
static int look_without_capabilities(uint64_t replaced)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct stack_frame frame;
	struct proc_maps *maps, *parents;
	uint64_t address = (uint64_t)(uintptr_t)dlsym(RTLD_NEXT, "getppid");
	bool was_root = !geteuid();
	char link[96];

	if (was_root && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
		return 2;
	if (prctl(PR_SET_DUMPABLE, 1) || proc_maps__read((uint32_t)getpid(), &maps))
		return 3;
	snprintf(link, sizeof(link), "/proc/self/map_files/%llx-%llx",
		 (unsigned long long)proc_maps__find(maps, address)->start,
		 (unsigned long long)proc_maps__find(maps, address)->end);
	if (open(link, O_RDONLY) >= 0)
		return 4;
	symbols__user(symbols, maps, &address, 1, &frame);
	if (!frame.symbol || strcmp(frame.symbol, "getppid"))
		return 5;
	if (names_a_replaced_file(symbols, replaced))
		return 6;
	if (was_root && proc_maps__read((uint32_t)getppid(), &parents) != -EACCES)
		return 7;
	return 0;
}

static void without_capabilities(void **state)
{
	struct mapping own;
	uint64_t address;
	int status;
	void *at;
	pid_t pid;

	(void)state;
	assert_int_equal(shell("cp /proc/%d/exe '%s'", getpid(), in_dir("replaced")), 0);
	address = map_like_self(in_dir("replaced"), &own, &at);
	assert_int_equal(shell("cp --remove-destination /proc/%d/exe '%s'", getpid(), in_dir("replaced")), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(look_without_capabilities(address));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	munmap(at, own.end - own.start);
}

/* A file that was put in a mapping's place is another one, whatever its name. */
static void only_the_mapped_file(void **state)
{
	const char *path = in_dir("same-name");
	struct maps_access access = { .pids = { (uint32_t)getpid() }, .nr = 1 };
	struct mapping own, found;
	struct proc_maps *maps;
	void *at;
	int fd;

	(void)state;
	need_root();
	assert_int_equal(shell("cp /proc/%d/exe '%s'", getpid(), path), 0);
	map_like_self(path, &own, &at);
	maps = own_maps();
	found = *proc_maps__find(maps, (uint64_t)(uintptr_t)at);
	fd = proc_maps__open_file(&access, &found);
	assert_true(fd >= 0 && proc_maps__is_file(fd, &found));
	close(fd);
	/* the process has unmapped it, and its path leads elsewhere */
	munmap(at, own.end - own.start);
	assert_int_equal(shell("mv '%s' '%s.old' && cp /proc/%d/exe '%s'", path, path, getpid(), path), 0);
	assert_true(proc_maps__open_file(&access, &found) < 0);
	found.dev++;
	assert_true(proc_maps__open_file(&access, &found) < 0);
	proc_maps__free(maps);
}

/* Pseudo-files are regular ones to stat(2); reading them may take something away, or wait. */
static void no_file_of_the_kernels_own(void **state)
{
	static const char *const paths[] = { "/proc/kmsg", "/proc/version", "/proc/self/maps",
					     "/sys/kernel/mm/transparent_hugepage/enabled" };
	struct mapping mapping = { .start = 0x1000, .end = 0x2000, .elf = true, .build_id = { .len = 20 } };
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct stack_frame frame;
	struct proc_maps *maps;
	uint64_t address = 0x1800;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], F_OK))
			continue;
		assert_int_equal(open_regular(AT_FDCWD, paths[i], false), -EMEDIUMTYPE);
		maps = proc_maps__new(0);
		mapping.path = paths[i];
		assert_int_equal(proc_maps__add(maps, &mapping), 0);
		symbols__user(symbols, maps, &address, 1, &frame);
		assert_null(frame.symbol);
		proc_maps__free(maps);
	}
	symbols__free(symbols);
}

/* Two copies of this program, which make two tables, where there is room for one. */
static void tables_are_bounded(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	struct proc_maps *maps;
	struct stack_frame frames[2];
	uint64_t addresses[2];
	struct mapping own;
	size_t one;
	void *at[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(shell("cp /proc/%d/exe '%s'", getpid(), in_dir("copy%d", i)), 0);
		addresses[i] = map_like_self(in_dir("copy%d", i), &own, &at[i]) + 1;
	}
	maps = own_maps();
	expect_symbol(symbols, maps, addresses[0], "static_function");
	one = symbols__bytes(symbols);
	symbols__user(symbols, maps, addresses, 2, frames);
	assert_string_equal(frames[1].symbol, "static_function");
	assert_in_range(symbols__bytes(symbols), 2 * one, 2 * one);
	symbols__free(symbols);

	symbols = symbols__new(NULL, one + one / 2);
	for (int i = 0; i < 6; i++) {
		expect_symbol(symbols, maps, addresses[i % 2], "static_function");
		assert_true(symbols__bytes(symbols) <= one + one / 2);
	}
	/* what is in use by a call is not dropped for another file of that call */
	symbols__free(symbols);
	symbols = symbols__new(NULL, one + one / 2);
	symbols__user(symbols, maps, addresses, 2, frames);
	assert_string_equal(frames[0].symbol, "static_function");
	assert_null(frames[1].symbol);
	symbols__free(symbols);
	symbols = symbols__new(NULL, 0);
	expect_symbol(symbols, maps, addresses[0], NULL);
	symbols__free(symbols);
	for (int i = 0; i < 2; i++)
		munmap(at[i], own.end - own.start);
	proc_maps__free(maps);
}

/* Either it knows the running kernel's functions, or it says why not. */
static void running_kernel(void **state)
{
	struct symbols *symbols = symbols__new(NULL, BUDGET);
	unsigned long long address = 0;
	struct symbol symbol;
	char line[1024], type, name[512];
	FILE *file = fopen("/proc/kallsyms", "r");

	(void)state;
	assert_null(symbols__kernel_why(symbols));
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %511s", &address, &type, name) == 3 && !strcmp(name, "handle_mm_fault"))
			break;
	}
	if (file)
		fclose(file);
	if (symbols__find_kernel(symbols, address + 3, &symbol)) {
		assert_string_equal(symbol.name, "handle_mm_fault");
		assert_string_equal(symbol.module, "");
		assert_int_equal(symbol.start, address);
		assert_null(symbols__kernel_why(symbols));
	} else {
		assert_non_null(symbols__kernel_why(symbols));
		print_message("%s\n", symbols__kernel_why(symbols));
	}
	symbols__free(symbols);
}

/*
 * Segments as lld lays them out: their edges share pages, so a mapping's first
 * bytes may be another segment's.  Two of them are code.
 */
static void addresses_of_segments(void **state)
{
	static const Elf64_Phdr segments[] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R, .p_offset = 0, .p_vaddr = 0x200000, .p_filesz = 0x1a40 },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_offset = 0x1a40,
		  .p_vaddr = 0x202a40,
		  .p_filesz = 0x5600 },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_offset = 0x7040,
		  .p_vaddr = 0x209040,
		  .p_filesz = 0x1800 },
		{ .p_type = PT_NOTE, .p_flags = PF_X, .p_offset = 0x9000, .p_vaddr = 0x20c000, .p_filesz = 0x1000 },
		{ .p_type = PT_LOAD, .p_flags = PF_X, .p_offset = UINT64_MAX - 9, .p_vaddr = 5, .p_filesz = 0x1000 },
	};
	static const struct {
		uint64_t offset, len, vaddr; /* 0: none */
	} rows[] = {
		{ 0x1000, 0x7000, 0x202000 }, /* the whole of the first */
		{ 0x3000, 0x1000, 0x204000 }, /* from its middle, as mprotect(2) splits it */
		{ 0x7000, 0x2000, 0x209000 }, /* the second, whose first page has the end of the first */
		{ 0x0000, 0x1000, 0 },	      { 0x9000, 0x1000, 0 },
		{ 0x20000, 0x1000, 0 },	      { UINT64_MAX - 4095, 4096, 0 },
	};
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[5];
	} image = { .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
				.e_type = ET_DYN,
				.e_machine = EM_X86_64,
				.e_version = EV_CURRENT,
				.e_phoff = sizeof(Elf64_Ehdr),
				.e_ehsize = sizeof(Elf64_Ehdr),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 5 } };
	struct elf_segment found[ELF_CACHE_SEGMENTS];
	struct elf_file file;
	uint64_t vaddr;
	size_t nr;

	(void)state;
	memcpy(image.segments, segments, sizeof(segments));
	assert_int_equal(elf_file__open_image(&file, (char *)&image, sizeof(image)), 0);
	nr = elf_file__segments(&file, found, ELF_CACHE_SEGMENTS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vaddr = 0;
		assert_int_equal(elf_segments__vaddr(found, nr, rows[i].offset, rows[i].len, &vaddr), !!rows[i].vaddr);
		assert_int_equal(vaddr, rows[i].vaddr);
	}
	elf_file__close(&file);
}

/* A copy of this program in memory that a test may damage; what is changed in it is 64-bit. */
struct victim {
	int fd;
	char *bytes; /* shared with fd */
	size_t size;
};

static struct victim victim(void)
{
	int self = open_self();
	struct victim v = { .fd = memfd_create("victim", MFD_CLOEXEC) };
	struct stat st;

	assert_true(v.fd >= 0);
	assert_int_equal(fstat(self, &st), 0);
	v.size = (size_t)st.st_size;
	assert_int_equal(ftruncate(v.fd, st.st_size), 0);
	v.bytes = mmap(NULL, v.size, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, 0);
	assert_ptr_not_equal(v.bytes, MAP_FAILED);
	assert_int_equal(pread(self, v.bytes, v.size, 0), v.size);
	close(self);
	return v;
}

static void free_victim(struct victim *v)
{
	munmap(v->bytes, v->size);
	close(v->fd);
}

/* Everything that is ever asked of a file; the number of its functions, or -errno. */
static int examine(int fd)
{
	struct symtab *tab;
	struct elf_file file;
	struct build_id id;
	struct elf_segment segments[ELF_CACHE_SEGMENTS];
	int nr = elf_file__open(&file, dup(fd));

	if (nr)
		return nr;
	elf_file__build_id(&file, &id);
	assert_true(id.len <= BUILD_ID_MAX);
	elf_file__segments(&file, segments, ELF_CACHE_SEGMENTS);
	tab = symtab__new(BUDGET);
	elf_file__symbols(&file, tab);
	nr = (int)symtab__count(tab);
	symtab__free(tab);
	elf_file__close(&file);
	return nr;
}

static void files_cut_anywhere(void **state)
{
	struct victim v = victim();
	int whole = examine(v.fd);
	size_t size, step = v.size / 300;

	(void)state;
	assert_true(whole > 20);
	for (size = v.size; size > step; size -= step) {
		assert_int_equal(ftruncate(v.fd, (off_t)size), 0);
		assert_true(examine(v.fd) <= whole);
	}
	for (size = step < 1200 ? step : 1200; size; size--) {
		assert_int_equal(ftruncate(v.fd, (off_t)size), 0);
		assert_true(examine(v.fd) <= 0);
	}
	assert_int_equal(ftruncate(v.fd, 0), 0);
	assert_int_equal(examine(v.fd), -ENOEXEC);
	free_victim(&v);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Damages some bytes of one part of the file, examines it, and repairs it. */
static void damage(const struct victim *v, size_t at, size_t len, uint32_t *seed)
{
	struct {
		size_t at;
		char was;
	} changes[4];
	uint32_t nr = 1 + next_random(seed) % 4;

	for (uint32_t i = 0; i < nr; i++) {
		changes[i].at = at + next_random(seed) % len;
		changes[i].was = v->bytes[changes[i].at];
		v->bytes[changes[i].at] = (char)(next_random(seed) % 3 ? next_random(seed) : 0xff);
	}
	examine(v->fd);
	while (nr--)
		v->bytes[changes[nr].at] = changes[nr].was;
}

static void files_damaged_at_random(void **state)
{
	struct victim v = victim();
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)v.bytes;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(v.bytes + header->e_phoff);
	size_t sections = header->e_shoff, sections_len = (size_t)header->e_shnum * header->e_shentsize;
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		damage(&v, 0, sizeof(*header), &seed);
		damage(&v, header->e_phoff, header->e_phnum * sizeof(*segments), &seed);
		damage(&v, sections, sections_len, &seed);
		for (int j = 0; j < header->e_phnum; j++) {
			if (segments[j].p_type == PT_NOTE)
				damage(&v, segments[j].p_offset, segments[j].p_filesz, &seed);
		}
	}
	free_victim(&v);
}

static Elf64_Shdr *section_of_type(const struct victim *v, uint32_t type)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)v->bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(v->bytes + header->e_shoff);

	for (int i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type == type)
			return &sections[i];
	}
	fail_msg("no section of type %u", type);
	return NULL;
}

/* Numbers that are possible, in a sparse file of a terabyte, but that nobody must take at their word. */
static void absurd_sizes(void **state)
{
	struct victim v = victim();
	Elf64_Ehdr *header = (Elf64_Ehdr *)v.bytes, good = *header;
	Elf64_Shdr *symtab = section_of_type(&v, SHT_SYMTAB), good_symtab = *symtab;
	Elf64_Shdr *first = (Elf64_Shdr *)(v.bytes + header->e_shoff), good_first = *first;
	Elf64_Shdr *names = &first[symtab->sh_link], good_names = *names;

	int exported; /* functions that .dynsym has */

	(void)state;
	assert_int_equal(ftruncate(v.fd, (off_t)1 << 40), 0);
	symtab->sh_type = SHT_NULL;
	exported = examine(v.fd);
	*symtab = good_symtab;
	assert_true(exported > 0 && examine(v.fd) > exported);

	symtab->sh_size = (uint64_t)24 << 34;
	assert_int_equal(examine(v.fd), exported);
	*symtab = good_symtab;
	names->sh_size = (uint64_t)1 << 39;
	assert_int_equal(examine(v.fd), exported);
	*names = good_names;
	symtab->sh_link = 0xffffffff;
	assert_int_equal(examine(v.fd), exported);
	*symtab = good_symtab;
	symtab->sh_entsize = 0;
	examine(v.fd);
	*symtab = good_symtab;
	symtab->sh_link = (uint32_t)(symtab - first); /* a table of symbols is none of names */
	assert_int_equal(examine(v.fd), exported);
	*symtab = good_symtab;

	header->e_shnum = 0;
	first->sh_size = 1 << 30;
	assert_int_equal(examine(v.fd), -ENOEXEC);
	*header = good;
	header->e_phnum = PN_XNUM;
	first->sh_info = 0xffffffff;
	assert_int_equal(examine(v.fd), -ENOEXEC);
	*header = good;
	*first = good_first;

	/* the name of a symbol where no string ends */
	memset(v.bytes + names->sh_offset, 'x', names->sh_size);
	assert_int_equal(examine(v.fd), exported);
	free_victim(&v);
}

/* Separate debug files may have segments that lead nowhere. */
static void build_id_without_segments(void **state)
{
	struct victim v = victim();
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)v.bytes;
	Elf64_Phdr *segments = (Elf64_Phdr *)(v.bytes + header->e_phoff);
	struct build_id id, again;
	struct elf_file file;

	(void)state;
	assert_int_equal(elf_file__open(&file, dup(v.fd)), 0);
	assert_true(elf_file__build_id(&file, &id));
	elf_file__close(&file);
	for (int i = 0; i < header->e_phnum; i++)
		segments[i].p_offset += 4;
	assert_int_equal(elf_file__open(&file, dup(v.fd)), 0);
	assert_true(elf_file__build_id(&file, &again));
	elf_file__close(&file);
	assert_true(build_id__equal(&id, &again));
	free_victim(&v);
}

static Elf64_Sym *symbol_of_name(const struct victim *v, const char *name)
{
	const Elf64_Shdr *table = section_of_type(v, SHT_SYMTAB);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)v->bytes;
	const Elf64_Shdr *names = (const Elf64_Shdr *)(v->bytes + header->e_shoff) + table->sh_link;
	Elf64_Sym *symbols = (Elf64_Sym *)(v->bytes + table->sh_offset);

	for (size_t i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		if (!strcmp(v->bytes + names->sh_offset + symbols[i].st_name, name))
			return &symbols[i];
	}
	fail_msg("no symbol %s", name);
	return NULL;
}

static void versions_are_cut_off(void **state)
{
	static const char *const names[][2] = { { "static@@V_1.2", "static" },
						{ "static@V", "static" },
						{ "@static", "@static" },
						{ "@", "@" },
						{ "static_functio", "static_functio" } };
	struct victim v = victim();
	Elf64_Sym *function = symbol_of_name(&v, "static_function");
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)v.bytes;
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(v.bytes + header->e_shoff);
	char *name = v.bytes + sections[section_of_type(&v, SHT_SYMTAB)->sh_link].sh_offset + function->st_name;
	struct symbol symbol;
	struct elf_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct symtab *tab = symtab__new(BUDGET);

		strcpy(name, names[i][0]);
		assert_int_equal(elf_file__open(&file, dup(v.fd)), 0);
		assert_int_equal(elf_file__symbols(&file, tab), ELF_SYMBOLS_ALL);
		elf_file__close(&file);
		assert_true(symtab__find(tab, function->st_value, &symbol));
		assert_string_equal(symbol.name, names[i][1]);
		symtab__free(tab);
	}
	free_victim(&v);
}

/* A function without a size does not go on where its section does not. */
static void functions_end_with_their_section(void **state)
{
	struct symtab *tab = symtab__new(BUDGET);
	struct victim v = victim();
	Elf64_Sym *function = symbol_of_name(&v, "static_function");
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)v.bytes;
	Elf64_Shdr *section = (Elf64_Shdr *)(v.bytes + header->e_shoff) + function->st_shndx;
	struct symbol symbol;
	struct elf_file file;

	(void)state;
	function->st_size = 0;
	section->sh_size = function->st_value + 2 - section->sh_addr;
	assert_int_equal(elf_file__open(&file, dup(v.fd)), 0);
	assert_int_equal(elf_file__symbols(&file, tab), ELF_SYMBOLS_ALL);
	elf_file__close(&file);
	assert_true(symtab__find(tab, function->st_value + 1, &symbol));
	assert_string_equal(symbol.name, "static_function");
	assert_true(!symtab__find(tab, function->st_value + 2, &symbol) || strcmp(symbol.name, "static_function"));
	symtab__free(tab);
	free_victim(&v);
}

static void no_regular_files(void **state)
{
	static const char *const names[] = { "fifo", "directory", "link", "nothing", "/dev/null", "/dev/zero" };

	(void)state;
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(mkdir(in_dir("directory"), 0700), 0);
	assert_int_equal(symlink("fifo", in_dir("link")), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = names[i][0] == '/' ? names[i] : in_dir("%s", names[i]);

		assert_int_equal(open_regular(AT_FDCWD, path, false), strstr(path, "nothing") ? -ENOENT : -EINVAL);
	}
}

/* Links in somebody's root lead to files of that root. */
static void links_stay_in_the_root(void **state)
{
	int root = open(in_dir("root"), O_PATH), fd;
	char c = 0;

	(void)state;
	assert_int_equal(mkdir(in_dir("root"), 0700), 0);
	root = open(in_dir("root"), O_PATH | O_CLOEXEC);
	assert_true(root >= 0);
	assert_int_equal(symlink("/proc/self/exe", in_dir("root/out")), 0);
	assert_int_equal(symlink("/../../file", in_dir("root/in")), 0);
	assert_int_equal(shell("printf r >'%s'", in_dir("root/file")), 0);
	assert_int_equal(open_regular(root, "/out", true), -ENOENT);
	assert_int_equal(open_regular(root, "/proc/self/exe", true), -ENOENT);
	fd = open_regular(root, "/in", true);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(c, 'r');
	close(fd);
	close(root);
}

/* Rows with the most hostile paths name no file and crash nothing. */
static void recorded_paths_are_hostile(void **state)
{
	static const char *const paths[] = { "", "/", "//", "relative", "[vdso]", "/dev/zero", "/%s%n", "/a\n\033[2J" };
	struct symbols *symbols = symbols__new(dir, BUDGET);
	struct proc_maps *maps = proc_maps__new(0);
	static char longest[20000];

	(void)state;
	memset(longest, '/', sizeof(longest) - 1);
	for (uint64_t i = 0; i <= sizeof(paths) / sizeof(paths[0]); i++) {
		struct mapping m = {
			.start = (i + 1) << 32, .end = (i + 2) << 32, .vaddr = UINT64_MAX - 5, .elf = true
		};
		struct stack_frame frame;

		m.path = i < sizeof(paths) / sizeof(paths[0]) ? paths[i] : longest;
		m.build_id = (struct build_id){ .len = (uint8_t)(i % 3), .bytes = { 0xab } };
		assert_int_equal(proc_maps__add(maps, &m), 0);
		frame = resolve(symbols, maps, m.start + 99);
		assert_null(frame.symbol);
	}
	proc_maps__free(maps);
	symbols__free(symbols);
}

static int make_dir(void **state)
{
	(void)state;
	unsetenv("MEMTRACE_SYMBOLS");
	return address_of(static_function) && static_function(1) == 2 && mkdtemp(dir) && !chmod(dir, 0755) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return shell("rm -rf '%s'", dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_functions),
		cmocka_unit_test(libc_functions),
		cmocka_unit_test(the_vdso),
		cmocka_unit_test(return_addresses_are_in_the_caller),
		cmocka_unit_test(addresses_that_are_nowhere),
		cmocka_unit_test(build_id_equals_readelf),
		cmocka_unit_test(a_deleted_file),
		cmocka_unit_test(stripped_files),
		cmocka_unit_test(files_without_build_id),
		cmocka_unit_test(a_copied_build_id),
		cmocka_unit_test(another_mount_namespace),
		cmocka_unit_test(without_capabilities),
		cmocka_unit_test(only_the_mapped_file),
		cmocka_unit_test(no_file_of_the_kernels_own),
		cmocka_unit_test(tables_are_bounded),
		cmocka_unit_test(running_kernel),
		cmocka_unit_test(addresses_of_segments),
		cmocka_unit_test(files_cut_anywhere),
		cmocka_unit_test(files_damaged_at_random),
		cmocka_unit_test(absurd_sizes),
		cmocka_unit_test(build_id_without_segments),
		cmocka_unit_test(versions_are_cut_off),
		cmocka_unit_test(functions_end_with_their_section),
		cmocka_unit_test(no_regular_files),
		cmocka_unit_test(links_stay_in_the_root),
		cmocka_unit_test(recorded_paths_are_hostile),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
