/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * steady: processes that go on and on at a known rate, for what shows who does most.
 *
 *	-c COMM  the name (default "steady")	-g DIR	go into this cgroup first
 *	-m MIB   holds that much (default 0)	-n N	pages touched in each step (default 0)
 *	-e MS    a step takes that long (default 100)
 *	-t NAME  a thread of that name does the same
 *	-s       the main thread sleeps
 *	-l       what is touched is kept, up to 256 MiB
 *	-k N     children that do nothing (default 0)
 *
 * It prints "ready" and goes on until it is killed; its children end with it.
 */
#include "workload.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

static size_t pages;
static long step_ms = 100;
static bool keeps;

#define MAX_KEPT (256UL << 20)

static void go_on(void)
{
	size_t kept;

	for (kept = 0;; kept += pages * PAGE) {
		if (pages && keeps && kept < MAX_KEPT)
			touch_pages(fresh_pages(pages), pages);
		else if (pages && !keeps)
			touch_fresh(pages);
		sleep_us(step_ms * 1000);
	}
}

static void *work(void *name)
{
	set_comm(name);
	go_on();
	return NULL;
}

static void make_children(long nr)
{
	pid_t parent = getpid();

	for (; nr > 0; nr--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
			_exit(1);
		for (;;)
			pause();
	}
}

int main(int argc, char **argv)
{
	const char *comm = "steady", *thread_name = NULL;
	long held_mib = 0, children = 0;
	bool sleeps = false;
	pthread_t thread;
	int opt;

	while ((opt = getopt(argc, argv, "c:g:m:n:e:t:slk:")) != -1) {
		switch (opt) {
		case 'c':
			comm = optarg;
			break;
		case 'g':
			join_cgroup(optarg);
			break;
		case 'm':
			held_mib = number(optarg);
			break;
		case 'n':
			pages = (size_t)number(optarg);
			break;
		case 'e':
			step_ms = number(optarg);
			break;
		case 't':
			thread_name = optarg;
			break;
		case 's':
			sleeps = true;
			break;
		case 'l':
			keeps = true;
			break;
		case 'k':
			children = number(optarg);
			break;
		default:
			die("wrong option");
		}
	}
	set_comm(comm);
	if (held_mib)
		touch_pages(fresh_pages((size_t)(held_mib << 20) / PAGE), (size_t)(held_mib << 20) / PAGE);
	make_children(children);
	if (thread_name && pthread_create(&thread, NULL, work, (void *)thread_name))
		die("pthread_create");
	puts("ready");
	fflush(stdout);
	while (sleeps)
		pause();
	go_on();
}
