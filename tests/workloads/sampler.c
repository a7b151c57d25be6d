/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * sampler [-n N] [-w]: a program whose allocator has probes of its own (otel_memory:alloc and free), for each fifth
 * object.
 *
 * In N rounds it leaks one object of 100 bytes and allocates and frees four of 40, through malloc(); so each fifth is
 * one of those that leak, and, as each round is shifted by one more, of each kind some.  As such allocators do, it
 * samples only what is watched, which the probes' semaphores say.  At the end it prints "held=BYTES objects=N": what
 * the sampled ones that it holds stand for.  -w as in holder.
 */
#include "workload.h"

#define EVERY 5
#define ROUND 6

static long n = 1000;
static bool waits;

/* Whoever attaches to a probe counts it up. */
__attribute__((section(".probes"), used)) volatile unsigned short otel_memory_alloc_semaphore;
__attribute__((section(".probes"), used)) volatile unsigned short otel_memory_free_semaphore;

#define WORD(symbol) ".8byte " symbol "\n"

/* A note of the form that <sys/sdt.h> makes: the probe's address, a base, the semaphore; provider, name, arguments. */
#define PROBE(name, arguments, ...)                                                                                    \
	__asm__ volatile("990: nop\n"                                                                                  \
			 ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                 \
			 ".balign 4\n"                                                                                 \
			 ".4byte 992f-991f, 994f-993f, 3\n"                                                            \
			 "991: .asciz \"stapsdt\"\n"                                                                   \
			 "992: .balign 4\n"                                                                            \
			 "993: " WORD("990b") WORD("_.stapsdt.base") WORD(                                             \
				 "otel_memory_" name                                                                   \
				 "_semaphore") ".asciz \"otel_memory\"\n"                                              \
					       ".asciz \"" name "\"\n"                                                 \
					       ".asciz \"" arguments "\"\n"                                            \
					       "994: .balign 4\n"                                                      \
					       ".popsection\n"                                                         \
					       ".ifndef _.stapsdt.base\n"                                              \
					       ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
					       ".weak _.stapsdt.base\n"                                                \
					       ".hidden _.stapsdt.base\n"                                              \
					       "_.stapsdt.base: .space 1\n"                                            \
					       ".size _.stapsdt.base, 1\n"                                             \
					       ".popsection\n"                                                         \
					       ".endif\n" ::__VA_ARGS__)

/* Objects have a head, which says whether they are sampled. */
struct head {
	size_t bytes;
	long sampled;
};

static unsigned long calls, held, objects;

__attribute__((noinline)) static void *own_alloc(size_t bytes)
{
	struct head *head = malloc(sizeof(*head) + bytes);

	if (!head)
		die("malloc");
	head->bytes = bytes;
	head->sampled = otel_memory_alloc_semaphore && ++calls % EVERY == 0;
	if (head->sampled) {
		held += EVERY * bytes;
		objects++;
		PROBE("alloc", "8@%0 8@%1 8@%2", "r"(head + 1), "r"(bytes), "r"(EVERY * bytes));
	}
	return head + 1;
}

__attribute__((noinline)) static void own_free(void *p)
{
	struct head *head = (struct head *)p - 1;

	if (head->sampled) {
		held -= EVERY * head->bytes;
		objects--;
		PROBE("free", "8@%0", "r"(p));
	}
	free(head);
}

__attribute__((noinline)) static void leak_one(void)
{
	void *p = own_alloc(100);

	__asm__ volatile("" : "+r"(p)::"memory");
}

__attribute__((noinline)) static void churn(int nr)
{
	void *list[ROUND];

	for (int i = 0; i < nr; i++)
		list[i] = own_alloc(40);
	for (int i = 0; i < nr; i++)
		own_free(list[i]);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:w")) != -1) {
		if (option == 'n')
			n = number(optarg);
		else if (option == 'w')
			waits = true;
		else
			exit(2);
	}
	if (waits) {
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	for (long i = 0; i < n; i++) {
		leak_one();
		churn(ROUND - 1);
	}
	printf("held=%lu objects=%lu\n", held, objects);
	fflush(stdout);
	if (waits)
		wait_for_stdin();
	return 0;
}
