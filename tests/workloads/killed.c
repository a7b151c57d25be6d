/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * killed: -n times (default 1) a child whose -j threads (default 4) fault
 * without end gets SIGKILL after -l microseconds (default 20000), and is
 * reaped.
 *
 *	-u  print getrusage
 */
#include "workload.h"

#include <pthread.h>
#include <signal.h>

static void *fault_forever(void *arg)
{
	(void)arg;
	for (;;)
		touch_fresh(256);
	return NULL;
}

static void child(long threads, int ready)
{
	pthread_t thread;

	for (long i = 1; i < threads; i++) {
		errno = pthread_create(&thread, NULL, fault_forever, NULL);
		if (errno)
			die("pthread_create");
	}
	if (write(ready, "x", 1) != 1)
		die("write");
	fault_forever(NULL);
}

int main(int argc, char **argv)
{
	long count = 1, threads = 4, life_us = 20000;
	bool usage = false;
	int opt, status, ready[2];
	char c;

	while ((opt = getopt(argc, argv, "n:j:l:u")) != -1) {
		switch (opt) {
		case 'n':
			count = number(optarg);
			break;
		case 'j':
			threads = number(optarg);
			break;
		case 'l':
			life_us = number(optarg);
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			child(threads, ready[1]);
		}
		if (read(ready[0], &c, 1) != 1)
			die("read");
		sleep_us(life_us);
		if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
			die("the child was not killed");
	}
	if (usage)
		print_rusage();
	return 0;
}
