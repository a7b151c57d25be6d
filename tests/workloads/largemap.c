/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * largemap MIB N: has MIB MiB of anonymous memory in N mappings, all of it touched, in pages of the usual size, and
 * says its pid.  Then it maps a page and unmaps it, again and again, until it is ended; with each SIGUSR1 it says what
 * the longest of these took since the last one, in ns.
 */
#include "workload.h"
#include <signal.h>
#include <stdint.h>

static volatile sig_atomic_t asked;

static void ask(int signo)
{
	(void)signo;
	asked = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

/* Every second one may not be written to, so they stay apart. */
static void make(size_t bytes, size_t nr)
{
	size_t each = nr ? bytes / nr / PAGE * PAGE : 0;
	char *at;

	if (!each)
		die("expected at least a page for each mapping");
	at = map(each * nr);
	madvise(at, each * nr, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < each * nr; i += PAGE)
		((volatile char *)at)[i] = 1;
	for (size_t i = 0; i < nr; i += 2)
		mprotect(at + i * each, each, PROT_READ);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	uint64_t longest = 0, begin, took;

	if (argc != 3)
		return 2;
	signal(SIGUSR1, ask);
	make((size_t)number(argv[1]) << 20, (size_t)number(argv[2]));
	printf("pid=%d\n", getpid());
	fflush(stdout);
	for (;;) {
		begin = now_ns();
		munmap(map(PAGE), PAGE);
		took = now_ns() - begin;
		longest = took > longest ? took : longest;
		if (asked) {
			asked = 0;
			printf("longest=%llu\n", (unsigned long long)longest);
			fflush(stdout);
			longest = 0;
		}
		nanosleep(&pause, NULL);
	}
}
