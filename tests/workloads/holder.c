/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * holder KIND [-n N] [-s BYTES] [-w]: a program that holds a known number of objects at its end.
 *
 *	churn	N rounds: one object is leaked, ten are allocated and freed
 *	forms	each function that allocates leaks N objects of a size of its own
 *	grow	realloc() makes N objects grow in 100 steps, frees a tenth of them with size 0, and fails for another
 *one thread	allocates N objects; a thread frees all but each tenth of them child	a child, too, leaks N objects of
 *BYTES, and frees as many that it has inherited; then both end exec	leaks N objects, then runs itself as churn jump
 *N calls of an allocator of its own (own_malloc, own_free) are left by longjmp(), one is not
 *
 *	maps	N mappings of 3 pages stay, and each of these: one of 8 pages, N times mapped and given back; one of 16
 *		pages of which 4 in the middle and the last 2 are given back; one of 4 pages that mremap() makes 9, and
 *		one of 9 that it makes 2; a page of a file; 5 pages by sbrk(), of which 2 are given back; 4 pages of
 *		which 2 are mapped anew; and 200 KiB of malloc(), which are none of these
 *
 * With -w it waits for a byte on standard input before it begins, after a line "pid=N", and before it ends.  Then it
 *prints "held=BYTES objects=N": what it holds of what it has allocated since it began; a child prints a line of its
 *own.
 */
#include "workload.h"
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>

#define TEN   10
#define STEPS 100

static long n = 1000, bytes = 100;
static size_t held, objects;
static bool waits;
static char **words;

/* Keeps compilers from leaving out what is allocated and never used. */
#define USED(p) __asm__ volatile("" : "+r"(p)::"memory")

#define LEAK(name, size, call)                                                                                         \
	__attribute__((noinline)) static void *name(size_t asked)                                                      \
	{                                                                                                              \
		void *p = NULL;                                                                                        \
                                                                                                                       \
		call;                                                                                                  \
		USED(p);                                                                                               \
		if (!p)                                                                                                \
			die(#name);                                                                                    \
		held += (size);                                                                                        \
		objects++;                                                                                             \
		return p;                                                                                              \
	}

LEAK(leak_malloc, asked, p = malloc(asked))
LEAK(leak_calloc, 3 * asked, p = calloc(3, asked))
LEAK(leak_realloc, asked, p = realloc(NULL, asked))
LEAK(leak_reallocarray, 2 * asked, p = reallocarray(NULL, 2, asked))
LEAK(leak_memalign, asked, p = memalign(64, asked))
LEAK(leak_aligned_alloc, asked, p = aligned_alloc(64, asked))
LEAK(leak_posix_memalign, asked, if (posix_memalign(&p, 64, asked)) p = NULL)
LEAK(leak_valloc, asked, p = valloc(asked))

__attribute__((noinline)) static void *churned(size_t asked)
{
	void *p = malloc(asked);

	USED(p);
	return p;
}

static void churn(void)
{
	void *others[TEN];

	for (long i = 0; i < n; i++) {
		for (int j = 0; j < TEN; j++)
			others[j] = churned((size_t)(bytes + j));
		leak_malloc((size_t)bytes);
		for (int j = 0; j < TEN; j++)
			free(others[j]);
		free(NULL);
	}
}

static void forms(void)
{
	for (long i = 0; i < n; i++) {
		leak_malloc(64);
		leak_calloc(128);
		leak_realloc(192);
		leak_reallocarray(256);
		leak_memalign(320);
		leak_aligned_alloc(384);
		leak_posix_memalign(448);
		leak_valloc(512);
	}
}

/* The largest that malloc() refuses without asking the kernel for it. */
#define TOO_MUCH (SIZE_MAX / 2 + 1)

__attribute__((noinline)) static void *grow_one(void *p, size_t size)
{
	void *q = realloc(p, size);

	USED(q);
	return q;
}

static void grow(void)
{
	void **list = calloc((size_t)n, sizeof(*list));
	size_t too_much = TOO_MUCH;

	__asm__ volatile("" : "+r"(too_much));
	held += (size_t)n * sizeof(*list);
	objects++;
	for (int step = 1; step <= STEPS; step++)
		for (long i = 0; i < n; i++)
			list[i] = grow_one(list[i], (size_t)step * 50);
	for (long i = 0; i < n; i++) {
		if (i % TEN == 0)
			list[i] = grow_one(list[i], 0);
		else if (grow_one(list[i], too_much))
			die("realloc of too much");
		if (!list[i])
			continue;
		held += STEPS * 50;
		objects++;
	}
}

static void *give_back(void *arg)
{
	void **list = arg;

	for (long i = 0; i < n; i++)
		if (i % TEN)
			free(list[i]);
	return NULL;
}

static void thread(void)
{
	static void *list[100000];
	pthread_t other;

	if (n > 100000)
		die("too many");
	for (long i = 0; i < n; i++)
		list[i] = i % TEN ? churned((size_t)bytes) : leak_malloc((size_t)bytes);
	if (pthread_create(&other, NULL, give_back, list))
		die("pthread_create");
	pthread_join(other, NULL);
	/* what libraries allocate for a thread may stay */
}

static void say(void)
{
	printf("held=%zu objects=%zu\n", held, objects);
	fflush(stdout);
}

static void child(void)
{
	void **list = calloc((size_t)n, sizeof(*list));
	pid_t pid;
	int status;

	for (long i = 0; i < n; i++)
		list[i] = churned((size_t)bytes);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		for (long i = 0; i < n; i++)
			free(list[i]);
	for (long i = 0; i < n; i++)
		leak_malloc((size_t)bytes);
	if (!pid) {
		say();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	for (long i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void run_again(void)
{
	char count[32];

	for (long i = 0; i < n; i++)
		leak_malloc((size_t)bytes);
	snprintf(count, sizeof(count), "%ld", n);
	execl("/proc/self/exe", words[0], "churn", "-n", count, NULL);
	die("exec");
}

/* An allocator of a program's own. */
static jmp_buf out;
static volatile bool jumps;

__attribute__((noinline)) void own_free(void *p)
{
	USED(p);
	free(p);
}

__attribute__((noinline)) void *own_malloc(size_t size)
{
	void *p;

	if (jumps)
		longjmp(out, 1);
	p = malloc(size);
	USED(p);
	return p;
}

/* A deeper place of the stack than the one from which was jumped. */
__attribute__((noinline)) static void *own_deeper(size_t size)
{
	char room[512];
	void *p;

	memset(room, 1, sizeof(room));
	__asm__ volatile("" ::"r"(room) : "memory");
	p = own_malloc(size);
	__asm__ volatile("" ::"r"(room) : "memory");
	return p;
}

static void jump(void)
{
	volatile long i;

	jumps = true;
	for (i = 0; i < n; i++)
		if (!setjmp(out))
			own_malloc(77);
	jumps = false;
	for (i = 0; i < n; i++) {
		own_free(own_malloc(33));
		held += 66;
		objects++;
		if (!own_deeper(66))
			die("own_deeper");
	}
}

__attribute__((noinline)) static char *map_some(long pages, int flags, int fd)
{
	char *p = mmap(NULL, (size_t)pages * (size_t)getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, fd, 0);

	USED(p);
	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

#define MAP_NAMED(name)                                                                                                \
	__attribute__((noinline)) static char *name(long pages)                                                        \
	{                                                                                                              \
		char *p = map_some(pages, MAP_ANONYMOUS, -1);                                                          \
                                                                                                                       \
		USED(p);                                                                                               \
		return p;                                                                                              \
	}

MAP_NAMED(map_leaked)
MAP_NAMED(map_churned)
MAP_NAMED(map_cut)
MAP_NAMED(map_resized)
MAP_NAMED(map_covered)

static void give_pages(char *p, long from, long pages)
{
	if (munmap(p + from * getpagesize(), (size_t)(pages * getpagesize())))
		die("munmap");
}

__attribute__((noinline)) static void resize(char *p, long before, long now)
{
	p = mremap(p, (size_t)(before * getpagesize()), (size_t)(now * getpagesize()), MREMAP_MAYMOVE);
	USED(p);
	if (p == MAP_FAILED)
		die("mremap");
}

__attribute__((noinline)) static void cover(char *p, long pages)
{
	p = mmap(p, (size_t)(pages * getpagesize()), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	USED(p);
	if (p == MAP_FAILED)
		die("mmap");
}

__attribute__((noinline)) static void move_break(long pages)
{
	void *p = sbrk(pages * getpagesize());

	USED(p);
	if (p == (void *)-1)
		die("sbrk");
}

__attribute__((noinline)) static void map_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("open");
	map_some(1, 0, fd);
	close(fd);
}

static void maps(void)
{
	char *p;

	for (long i = 0; i < n; i++) {
		map_leaked(3);
		give_pages(map_churned(8), 0, 8);
	}
	p = map_cut(16);
	give_pages(p, 6, 4);
	give_pages(p, 14, 2);
	resize(map_resized(4), 4, 9);
	resize(map_resized(9), 9, 2);
	map_file();
	move_break(5);
	move_break(-2);
	cover(map_covered(4) + getpagesize(), 2);
	leak_malloc(200 * 1024);
}

static const struct kind {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "churn", churn }, { "forms", forms },	   { "grow", grow }, { "thread", thread },
	{ "child", child }, { "exec", run_again }, { "jump", jump }, { "maps", maps },
};

static const struct kind *parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:w")) != -1) {
		if (option == 'n')
			n = number(optarg);
		else if (option == 's')
			bytes = number(optarg);
		else if (option == 'w')
			waits = true;
		else
			exit(2);
	}
	for (size_t i = 0; optind < argc && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(argv[optind], kinds[i].name))
			return &kinds[i];
	die("what?");
}

int main(int argc, char **argv)
{
	const struct kind *kind = parse(argc, argv);
	static char buffer[4096];

	words = argv;
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer)); /* it allocates nothing of its own */
	if (waits) {
		void *volatile first = malloc(1); /* so that there is a heap before anybody looks */

		free(first);
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	kind->run();
	say();
	if (waits)
		wait_for_stdin();
	return 0;
}
