/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * grower KIND [-n STEPS] [-u USEC] [-s BYTES] [-w] [-f]: a program whose growth is known, without huge pages.  In each
 *of STEPS steps it does what KIND says, and then sleeps for USEC.
 *
 *	leak	allocates ten objects of BYTES, touches them, frees nine
 *	cache	allocates one and keeps it; in the second half of the steps none
 *	saw	keeps one in each of ten steps, then frees all ten, as a collector does
 *	child	the same as leak, in a child
 *	map	maps BYTES with MAP_POPULATE and keeps them
 *	huge	maps BYTES, asks for huge pages, touches each page and keeps them
 *	holes	allocates ten, and frees all but the last when half of the steps are over, nothing more: the heap stays
 *
 * With -w it waits for a byte on standard input before the first step, after a line "pid=N", and after the last.  At
 *the end it prints "held=N rss=N pid=N", in bytes: what it allocated and did not free, and VmRSS.  Sizes of 128 KiB and
 * more are mappings of their own.  With -f it then frees what it has kept, and ends.
 */
#include "workload.h"
#include <malloc.h>

#define TEN 10

static long steps = 100, sleep_time = 1000, bytes = 4000;
static size_t held;
static bool waits, frees;

struct object {
	struct object *next;
	char rest[];
};

static struct object *kept;

static void *touched(void)
{
	char *p = malloc(bytes);

	if (!p)
		die("malloc");
	for (long i = 0; i < bytes; i += PAGE)
		((volatile char *)p)[i] = 1;
	((volatile char *)p)[bytes - 1] = 1;
	return p;
}

static void keep(struct object *object)
{
	object->next = kept;
	kept = object;
	held += malloc_usable_size(object);
}

__attribute__((noinline)) static void *leaky(void)
{
	void *p = touched();

	__asm__ volatile("" ::: "memory");
	return p;
}

__attribute__((noinline)) static void *churned(void)
{
	void *p = touched();

	__asm__ volatile("" ::: "memory");
	return p;
}

static void leak_one(void)
{
	void *other[TEN - 1];

	for (int i = 0; i < TEN / 2; i++)
		other[i] = churned();
	keep(leaky());
	for (int i = TEN / 2; i < TEN - 1; i++)
		other[i] = churned();
	for (int i = 0; i < TEN - 1; i++)
		free(other[i]);
}

static void free_kept(void)
{
	while (kept) {
		struct object *next = kept->next;

		held -= malloc_usable_size(kept);
		free(kept);
		kept = next;
	}
}

static void do_leak(long step)
{
	(void)step;
	leak_one();
}

static void do_cache(long step)
{
	if (step < steps / 2)
		keep(leaky());
}

static void do_saw(long step)
{
	keep(leaky());
	if (step % TEN == TEN - 1)
		free_kept();
}

static void do_holes(long step)
{
	if (step < steps / 2) {
		for (int i = 0; i < TEN; i++)
			keep(churned());
	} else if (step == steps / 2) {
		struct object *last = kept;

		kept = kept->next;
		free_kept();
		kept = last;
		kept->next = NULL;
	}
}

__attribute__((noinline)) static char *mapped(int flags)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	held += bytes;
	return p;
}

static void do_map(long step)
{
	(void)step;
	mapped(MAP_POPULATE);
}

static void do_huge(long step)
{
	char *p = mapped(0);

	(void)step;
	if (madvise(p, bytes, MADV_HUGEPAGE) && errno != EINVAL)
		die("madvise");
	touch_pages(p, bytes / PAGE);
}

static const struct {
	const char *name;
	void (*step)(long step);
} kinds[] = {
	{ "leak", do_leak },   { "cache", do_cache }, { "saw", do_saw },   { "child", do_leak },
	{ "holes", do_holes }, { "map", do_map },     { "huge", do_huge },
};

static size_t rss(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	size_t kib = 0;
	char line[256];

	if (!status)
		die("status");
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmRSS: %zu", &kib) == 1)
			break;
	fclose(status);
	return kib * 1024;
}

static void run(void (*step)(long step))
{
	if (waits) {
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	for (long i = 0; i < steps; i++) {
		step(i);
		if (sleep_time)
			sleep_us(sleep_time);
	}
	printf("held=%zu rss=%zu pid=%d\n", held, rss(), getpid());
	fflush(stdout);
	if (waits)
		wait_for_stdin();
	if (frees)
		free_kept();
}

int main(int argc, char **argv)
{
	size_t kind = 0;
	int opt, status;

	while ((opt = getopt(argc, argv, "n:u:s:wf")) != -1) {
		switch (opt) {
		case 'n':
			steps = number(optarg);
			break;
		case 'u':
			sleep_time = number(optarg);
			break;
		case 's':
			bytes = number(optarg);
			break;
		case 'w':
			waits = true;
			break;
		case 'f':
			frees = true;
			break;
		default:
			return 2;
		}
	}
	while (optind < argc && kind < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[kind].name, argv[optind]))
		kind++;
	if (optind >= argc || kind == sizeof(kinds) / sizeof(*kinds) || bytes < (long)sizeof(struct object))
		die("usage: grower leak|cache|saw|child|map|huge|holes [-n STEPS] [-u USEC] [-s BYTES] [-w] [-f]");
	mallopt(M_MMAP_THRESHOLD, 128 * 1024); /* it does not move then */
	if (kinds[kind].step != do_huge && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("prctl");
	if (strcmp(kinds[kind].name, "child") == 0 && fork() > 0)
		return wait(&status) < 0 || status;
	run(kinds[kind].step);
	return 0;
}
