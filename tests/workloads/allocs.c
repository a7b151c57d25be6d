/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * allocs ROUNDS [-w]: a server's use of malloc(): SLOTS objects live, of 16 to 1039 bytes; in each round one of them is
 * freed and another one allocated and written, by one of two call paths.  One in a hundred is never freed.  It prints
 * what a round took, "ns=N": CPU time of the process, so that what its start took is not in it.  With -w it prints
 * "ready" and waits for a byte on standard input first.
 */
#include "workload.h"
#include <string.h>
#include <time.h>

#define SLOTS 4096

static char *slots[SLOTS];
static unsigned long state = 88172645463325252UL;

static unsigned long any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

__attribute__((noinline)) static char *make(size_t size)
{
	char *p = malloc(size);

	if (!p)
		die("malloc");
	memset(p, 1, size);
	return p;
}

__attribute__((noinline)) static char *answer(void)
{
	char *p = make(16 + any() % 240);

	__asm__ volatile("" : "+r"(p)::"memory");
	return p;
}

__attribute__((noinline)) static char *page(void)
{
	char *p = make(16 + any() % 1024);

	__asm__ volatile("" : "+r"(p)::"memory");
	return p;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 0) : 0, i;
	double begin;
	char byte;

	if (rounds < 1 || argc > 3 || (argc == 3 && strcmp(argv[2], "-w"))) {
		fprintf(stderr, "allocs: expected ROUNDS [-w]\n");
		return 2;
	}
	if (argc == 3) {
		puts("ready");
		fflush(stdout);
		if (read(STDIN_FILENO, &byte, 1) != 1)
			return 1;
	}
	for (i = 0; i < SLOTS; i++)
		slots[i] = answer();
	begin = cpu_ns();
	for (i = 0; i < rounds; i++) {
		size_t at = any() % SLOTS;

		if (i % 100)
			free(slots[at]);
		slots[at] = i % 3 ? answer() : page();
	}
	printf("ns=%.1f\n", (cpu_ns() - begin) / (double)rounds);
	return 0;
}
