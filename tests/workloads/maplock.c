/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maplock: -n threads of one process (default 4), each of which maps, touches and unmaps -t pages (default 512) -r
 * times (default 20), while as many others take page faults in memory of their own.  They wait for each other's
 * mmap_lock: on a single CPU because unmapping may be preempted.
 */
#include "workload.h"

#include <pthread.h>

static size_t pages = 512;
static long rounds = 20;

static void *map_and_unmap(void *unused)
{
	(void)unused;
	for (long i = 0; i < rounds; i++)
		touch_fresh(pages);
	return NULL;
}

static void *fault(void *unused)
{
	char *p = fresh_pages(pages);

	(void)unused;
	for (long i = 0; i < rounds; i++) {
		touch_pages(p, pages);
		if (madvise(p, pages * PAGE, MADV_DONTNEED))
			die("madvise");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t *threads;
	long count = 4;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:r:")) != -1) {
		switch (opt) {
		case 'n':
			count = number(optarg);
			break;
		case 't':
			pages = (size_t)number(optarg);
			break;
		case 'r':
			rounds = number(optarg);
			break;
		default:
			return 2;
		}
	}
	threads = calloc((size_t)count * 2, sizeof(*threads));
	if (!threads)
		die("calloc");
	for (long i = 0; i < count * 2; i++) {
		errno = pthread_create(&threads[i], NULL, i % 2 ? fault : map_and_unmap, NULL);
		if (errno)
			die("pthread_create");
	}
	for (long i = 0; i < count * 2; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return 0;
}
