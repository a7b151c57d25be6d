/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * spawn: -n processes, one after the other or -j at a time, that touch -t
 * pages each and live about -l microseconds (default 300 processes of 1000).
 * By fork, or with -s by posix_spawn of itself.
 *
 *	-p	print the pid and wait for a byte on stdin first
 *	-m N	do that, once more, after N processes
 *	-u	print getrusage
 */
#include "workload.h"

#include <spawn.h>

extern char **environ;

static long pages = 16, life_us = 1000;

static void live(void)
{
	touch_fresh((size_t)pages);
	sleep_us(life_us);
}

static void start(bool by_spawn)
{
	char pages_text[24], life_text[24];
	char *argv[] = { "spawn", "-C", "-t", pages_text, "-l", life_text, NULL };
	pid_t pid;

	if (by_spawn) {
		snprintf(pages_text, sizeof(pages_text), "%ld", pages);
		snprintf(life_text, sizeof(life_text), "%ld", life_us);
		errno = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
		if (errno)
			die("posix_spawn");
		return;
	}
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		live();
		_exit(0);
	}
}

static void reap(void)
{
	int status;

	if (wait(&status) < 0 || status)
		die("a child failed (status %d)", status);
}

static void pause_for_stdin(void)
{
	printf("pid=%d\n", getpid());
	fflush(stdout);
	wait_for_stdin();
}

int main(int argc, char **argv)
{
	long count = 300, parallel = 1, running = 0, pause_after = 0;
	bool by_spawn = false, child = false, wait_first = false, usage = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:j:t:l:m:sCpu")) != -1) {
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
		case 'l':
			life_us = number(optarg);
			break;
		case 'm':
			pause_after = number(optarg);
			break;
		case 's':
			by_spawn = true;
			break;
		case 'C':
			child = true;
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
	if (child) {
		live();
		return 0;
	}
	if (wait_first)
		pause_for_stdin();
	for (long i = 0; i < count; i++) {
		if (running == parallel) {
			reap();
			running--;
		}
		start(by_spawn);
		running++;
		if (pause_after && i + 1 == pause_after)
			pause_for_stdin();
	}
	while (running--)
		reap();
	if (usage)
		print_rusage();
	return 0;
}
