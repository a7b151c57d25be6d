/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * frameless: touches fresh pages at the end of known chains of calls, without frame pointers: -n N of them in
 * main -> outer -> middle -> inner, -m N in main -> outer -> filled -> memset, and -t N in a thread of its own:
 * work -> middle -> inner.
 *
 *	-n N, -m N, -t N  pages (default 300, 40, 25)
 *	-k BYTES	how much of the stack middle takes (default 600)
 *	-s MS		sleep after it
 *
 * frameless is static; frameless-dynamic is the same with shared libraries, frameless-stripped without its symbols.
 */
#include "workload.h"

#include <pthread.h>

#define LINK __attribute__((noinline, noclone)) static

static long taken = 600;

LINK void inner(volatile char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

LINK int middle(char *p, size_t pages)
{
	volatile char room[taken];

	room[0] = 1;
	inner(p, pages);
	return room[0];
}

/* memset() is the library's: it has no frame, and its caller is one whose frame has no pointer. */
LINK int filled(char *p, size_t pages)
{
	memset(p, 7, pages * PAGE);
	return p[0];
}

LINK int outer(long n, long m)
{
	int sum = 0;

	if (n)
		sum += middle(fresh_pages((size_t)n), (size_t)n);
	if (m)
		sum += filled(fresh_pages((size_t)m), (size_t)m);
	return sum;
}

LINK void *work(void *arg)
{
	long n = *(long *)arg;

	*(long *)arg = n ? middle(fresh_pages((size_t)n), (size_t)n) : 1;
	return NULL;
}

int main(int argc, char **argv)
{
	long n = 300, m = 40, t = 25, sleep_ms = 0;
	pthread_t thread;
	int opt, sum;

	while ((opt = getopt(argc, argv, "n:m:t:k:s:")) != -1) {
		switch (opt) {
		case 'n':
			n = number(optarg);
			break;
		case 'm':
			m = number(optarg);
			break;
		case 't':
			t = number(optarg);
			break;
		case 'k':
			taken = number(optarg);
			break;
		case 's':
			sleep_ms = number(optarg);
			break;
		default:
			return 2;
		}
	}
	sum = outer(n, m);
	if (pthread_create(&thread, NULL, work, &t) || pthread_join(thread, NULL))
		return 1;
	sleep_us(sleep_ms * 1000);
	return sum + (int)t ? 0 : 1;
}
