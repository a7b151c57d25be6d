/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * threads: -n threads, at most -j alive at a time, that touch -t pages each
 * and exit (default 1000, 100, 8).  With -g thread i touches i times -t pages.
 *
 *	-p	each prints "tid=N", then the process prints "pid=N" and waits
 *		for a byte on stdin before any thread touches a page
 *	-u	print getrusage
 */
#include "workload.h"

#include <pthread.h>

struct job {
	pthread_t thread;
	size_t pages;
};

static pthread_barrier_t started, go;
static bool wait_first;

static void *work(void *arg)
{
	struct job *job = arg;

	if (wait_first) {
		printf("tid=%d pages=%zu\n", gettid(), job->pages);
		pthread_barrier_wait(&started);
		pthread_barrier_wait(&go);
	}
	touch_fresh(job->pages);
	return NULL;
}

static void run_batch(struct job *jobs, long count)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (long i = 0; i < count; i++) {
		errno = pthread_create(&jobs[i].thread, &attr, work, &jobs[i]);
		if (errno)
			die("pthread_create");
	}
	if (wait_first) {
		pthread_barrier_wait(&started);
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
		pthread_barrier_wait(&go);
	}
	for (long i = 0; i < count; i++)
		pthread_join(jobs[i].thread, NULL);
	pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
	long count = 1000, parallel = 100, pages = 8;
	bool growing = false, usage = false;
	struct job *jobs;
	int opt;

	while ((opt = getopt(argc, argv, "n:j:t:gpu")) != -1) {
		switch (opt) {
		case 'n':
			count = number(optarg);
			break;
		case 'j':
			parallel = number(optarg);
			break;
		case 't':
			pages = number(optarg);
			break;
		case 'g':
			growing = true;
			break;
		case 'p':
			wait_first = true;
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	if (wait_first)
		parallel = count;
	if (parallel < 1 || count < 1)
		die("nothing to do");
	pthread_barrier_init(&started, NULL, (unsigned int)count + 1);
	pthread_barrier_init(&go, NULL, (unsigned int)count + 1);
	jobs = calloc((size_t)count, sizeof(*jobs));
	if (!jobs)
		die("calloc");
	for (long i = 0; i < count; i++)
		jobs[i].pages = (size_t)(growing ? pages * (i + 1) : pages);
	for (long i = 0; i < count; i += parallel)
		run_batch(jobs + i, count - i < parallel ? count - i : parallel);
	free(jobs);
	if (usage)
		print_rusage();
	return 0;
}
