/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * jitted [-n N] [-o UID] [-s MS] [-k]: as a just-in-time compiler does it, makes two functions at run time, jit_outer,
 * which calls jit_touch, and writes their places to /tmp/perf-PID.map.  Through them it touches N fresh pages (default
 * 1000). -o: the file is of that user.  -s: sleeps after it.  -k: leaves the file, and prints its name.
 */
#include "workload.h"
#include <stdint.h>

#if defined(__x86_64__)
/* jit_touch(p): a frame, a write to *p */
static const unsigned char touch[] = { 0x55, 0x48, 0x89, 0xe5, 0xc6, 0x07, 0x01, 0x5d, 0xc3 };
/* jit_outer(p, function): a frame, a call */
static const unsigned char outer[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd6, 0x90, 0x5d, 0xc3 };
#elif defined(__aarch64__)
static const uint32_t touch[] = { 0xa9bf7bfd, 0x910003fd, 0x52800021, 0x39000001, 0xa8c17bfd, 0xd65f03c0 };
static const uint32_t outer[] = { 0xa9bf7bfd, 0x910003fd, 0xd63f0020, 0xd503201f, 0xa8c17bfd, 0xd65f03c0 };
#else
#error "no code for this architecture"
#endif

static char path[64];

static void write_map(const char *code, long owner)
{
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	file = fopen(path, "wx");
	if (!file)
		die("%s", path);
	/* what was there before does not count any more */
	fprintf(file, "%lx 40 old\nnot a line\n%lx %zx jit_touch\n%lx %zx jit_outer LazyCompile:~f /a b.js:1\n",
		(unsigned long)code, (unsigned long)code, sizeof(touch), (unsigned long)code + 64, sizeof(outer));
	if (owner >= 0 && fchown(fileno(file), (uid_t)owner, (gid_t)-1))
		die("%s", path);
	fclose(file);
}

int main(int argc, char **argv)
{
	long pages = 1000, owner = -1, sleep_ms = 0, i;
	bool keep = false;
	char *code, *p;
	int option;

	while ((option = getopt(argc, argv, "n:o:s:k")) != -1) {
		if (option == 'n')
			pages = atol(optarg);
		else if (option == 'o')
			owner = atol(optarg);
		else if (option == 's')
			sleep_ms = atol(optarg);
		else if (option == 'k')
			keep = true;
		else
			return 2;
	}
	code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED || p == MAP_FAILED)
		die("mmap");
	madvise(p, (size_t)pages * PAGE, MADV_NOHUGEPAGE);
	memcpy(code, touch, sizeof(touch));
	memcpy(code + 64, outer, sizeof(outer));
	__builtin___clear_cache(code, code + 128);
	write_map(code, owner);
	for (i = 0; i < pages; i++)
		((void (*)(char *, void *))(void *)(code + 64))(p + i * PAGE, code);
	usleep((useconds_t)sleep_ms * 1000);
	if (keep)
		puts(path);
	else
		unlink(path);
	return 0;
}
