/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * named: a process named -c COMM, whose threads NAME=PAGES are named NAME, touch that many pages, and end one after the
 * other; then it sleeps -s MS.
 */
#include "workload.h"

#include <pthread.h>

struct job {
	const char *name;
	size_t pages;
};

static void *work(void *arg)
{
	const struct job *job = arg;

	if (prctl(PR_SET_NAME, job->name))
		die("prctl");
	touch_fresh(job->pages);
	return NULL;
}

static void run(char *text)
{
	char *pages = strrchr(text, '=');
	pthread_t thread;
	struct job job;

	if (!pages)
		die("expected NAME=PAGES, not %s", text);
	*pages = '\0';
	job = (struct job){ .name = text, .pages = (size_t)number(pages + 1) };
	errno = pthread_create(&thread, NULL, work, &job);
	if (!errno)
		errno = pthread_join(thread, NULL);
	if (errno)
		die("a thread");
}

int main(int argc, char **argv)
{
	long sleep_ms = 0;
	int opt;

	while ((opt = getopt(argc, argv, "c:s:")) != -1) {
		if (opt == 'c' && !prctl(PR_SET_NAME, optarg))
			continue;
		if (opt != 's')
			return 2;
		sleep_ms = number(optarg);
	}
	for (; optind < argc; optind++)
		run(argv[optind]);
	usleep((useconds_t)sleep_ms * 1000);
	return 0;
}
