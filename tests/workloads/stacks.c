/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * stacks: touches fresh pages at the end of known chains of calls, with frame
 * pointers: -n N of them in main -> chain_a -> chain_b -> chain_c, and -m N in main -> chain_d.
 *
 *	-n N, -m N  pages (default 1000, 100)
 *	-c N	and N in main -> work::touch, whose name is mangled as in C++
 *	-f N	and N in main -> filled -> memset, which is the library's and has no frame
 *	-w N	and 2^N pages, each at the end of a chain of its own
 *	-p	print the pid and wait for a byte on stdin before touching anything
 *	-s MS	sleep after it
 *
 * The Makefile's flags give the chains frame pointers, keep calls from becoming jumps, and keep
 * chain_d from being merged with chain_c.
 * stacks is static; stacks-dynamic is the same, position independent, with libc as a shared library.
 */
#include "workload.h"

/* A function of its own, whose calls are no jumps: its caller must be on the stack. */
#define LINK   __attribute__((noinline, noclone)) static
#define STAY() __asm__ volatile("" ::: "memory")

/* In the caller's own code, so that it is the leaf. */
__attribute__((always_inline)) static inline void touch_here(volatile char *p, size_t pages)
{
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

LINK void chain_c(char *p, size_t pages)
{
	touch_here(p, pages);
}

LINK void chain_b(char *p, size_t pages)
{
	chain_c(p, pages);
}

LINK void chain_a(char *p, size_t pages)
{
	chain_b(p, pages);
}

LINK void chain_d(char *p, size_t pages)
{
	touch_here(p, pages);
}

/* To the symbol table this one is of C++: work::touch(char *, unsigned long). */
static void mangled(char *p, size_t pages) __asm__("_ZN4work5touchEPcm");

LINK void mangled(char *p, size_t pages)
{
	volatile char *at = p;

	touch_here(at, pages - 1);
	at[(pages - 1) * PAGE] = 2; /* so that it is not merged with others */
}

LINK void filled(char *p, size_t pages)
{
	memset(p, 7, pages * PAGE);
	STAY();
}

/* Which of two calls led on tells the chains apart; the leaf is the same. */
LINK void way(char **p, long depth)
{
	if (!depth) {
		touch_here(*p, 1);
		*p += PAGE;
		return;
	}
	way(p, depth - 1);
	STAY();
	way(p, depth - 1);
	STAY();
}

int main(int argc, char **argv)
{
	long n = 1000, m = 100, c = 0, f = 0, depth = 0, sleep_ms = 0;
	char *at;
	bool wait = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:m:c:f:w:ps:")) != -1) {
		switch (opt) {
		case 'n':
			n = number(optarg);
			break;
		case 'm':
			m = number(optarg);
			break;
		case 'c':
			c = number(optarg);
			break;
		case 'f':
			f = number(optarg);
			break;
		case 'w':
			depth = number(optarg);
			break;
		case 'p':
			wait = true;
			break;
		case 's':
			sleep_ms = number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (wait) {
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	if (n)
		chain_a(fresh_pages((size_t)n), (size_t)n);
	if (m)
		chain_d(fresh_pages((size_t)m), (size_t)m);
	if (c)
		mangled(fresh_pages((size_t)c), (size_t)c);
	if (f)
		filled(fresh_pages((size_t)f), (size_t)f);
	if (depth) {
		at = fresh_pages(1UL << depth);
		way(&at, depth);
	}
	sleep_us(sleep_ms * 1000);
	return 0;
}
