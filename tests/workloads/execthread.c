/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * execthread: touches pages, then a thread that is not the leader executes
 * the program again, -k times (default 20).  The kernel ends all other
 * threads and gives the leader's tid to the one that called exec.
 *
 *	-t N  pages that leader and thread touch each in every life (default 50)
 *	-u    print getrusage in the last life
 */
#include "workload.h"

#include <pthread.h>

static long left = 20, pages = 50;
static bool usage;

static void *exec_again(void *arg)
{
	char left_text[24], pages_text[24];
	char *argv[] = { "execthread", "-k", left_text, "-t", pages_text, usage ? "-u" : NULL, NULL };

	(void)arg;
	touch_fresh((size_t)pages);
	snprintf(left_text, sizeof(left_text), "%ld", left - 1);
	snprintf(pages_text, sizeof(pages_text), "%ld", pages);
	execv("/proc/self/exe", argv);
	die("exec");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int opt;

	while ((opt = getopt(argc, argv, "k:t:u")) != -1) {
		switch (opt) {
		case 'k':
			left = number(optarg);
			break;
		case 't':
			pages = number(optarg);
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	touch_fresh((size_t)pages);
	if (!left) {
		if (usage)
			print_rusage();
		return 0;
	}
	errno = pthread_create(&thread, NULL, exec_again, NULL);
	if (errno)
		die("pthread_create");
	for (;;)
		pause();
}
