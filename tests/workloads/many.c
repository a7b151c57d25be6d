/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * many: -t tasks (processes) spread over -g cgroups that it makes under -d, and
 * removes again; in each of -r rounds all of them touch -n fresh pages.
 *
 *	-t N  tasks (default 1000)	-g N  cgroups (default 0: none are made)
 *	-d DIR	a directory of the memory controller
 *	-n N  pages a round (default 10)	-r N  rounds (default 3)	-s MS  before each round (default 1000)
 *	-q	a task touches in one round only, one after the other takes its turn; else all do in each
 *	-u	print getrusage at the end
 *
 * It prints "pid=N", "ready" when all tasks exist, and "round=I" at the start of each round.
 */
#include "workload.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct shared {
	_Atomic unsigned int round; /* 0: none yet */
	_Atomic unsigned int done;  /* tasks that are through with it */
	unsigned int tasks;	    /* that there are: the last one wakes the parent */
};

static struct shared *shared;

static void futex(_Atomic unsigned int *word, int op, unsigned int value)
{
	syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void await_change(_Atomic unsigned int *word, unsigned int from)
{
	while (atomic_load(word) == from)
		futex(word, FUTEX_WAIT, from);
}

static void say_done(void)
{
	if (atomic_fetch_add(&shared->done, 1) + 1 == shared->tasks)
		futex(&shared->done, FUTEX_WAKE, 1);
}

static void task(long nr, long rounds, long pages, bool in_turn)
{
	for (long round = 0; round < rounds; round++) {
		await_change(&shared->round, (unsigned int)round);
		if (!in_turn || nr % rounds == round)
			touch_fresh((size_t)pages);
		say_done();
	}
	_exit(0);
}

static void cgroup_path(char *path, size_t size, const char *dir, long nr)
{
	if ((size_t)snprintf(path, size, "%s/many-%ld", dir, nr) >= size)
		die("path too long: %s", dir);
}

/* Their pids, to be freed: one wait for any of n costs a look at n. */
static pid_t *start(long tasks, long groups, const char *dir, long rounds, long pages, bool in_turn)
{
	pid_t *pids = calloc((size_t)tasks, sizeof(*pids));
	char path[4096];

	if (!pids)
		die("calloc");
	for (long i = 0; i < tasks; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork of task %ld", i);
		if (pid) {
			pids[i] = pid;
			continue;
		}
		if (groups) {
			cgroup_path(path, sizeof(path), dir, i % groups);
			join_cgroup(path);
		}
		say_done();
		task(i, rounds, pages, in_turn);
	}
	return pids;
}

/* Until all tasks have said that they are through with the current step. */
static void await_all(void)
{
	unsigned int done;

	while ((done = atomic_load(&shared->done)) < shared->tasks)
		futex(&shared->done, FUTEX_WAIT, done);
	atomic_store(&shared->done, 0);
}

static void say(const char *what, long nr)
{
	printf(nr < 0 ? "%s\n" : "%s=%ld\n", what, nr);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	long tasks = 1000, groups = 0, pages = 10, rounds = 3, pause_ms = 1000;
	bool in_turn = false, rusage = false;
	const char *dir = NULL;
	pid_t *pids;
	char path[4096];
	int opt;

	while ((opt = getopt(argc, argv, "t:g:d:n:r:s:qu")) != -1) {
		switch (opt) {
		case 't':
			tasks = number(optarg);
			break;
		case 'g':
			groups = number(optarg);
			break;
		case 'd':
			dir = optarg;
			break;
		case 'n':
			pages = number(optarg);
			break;
		case 'r':
			rounds = number(optarg);
			break;
		case 's':
			pause_ms = number(optarg);
			break;
		case 'q':
			in_turn = true;
			break;
		case 'u':
			rusage = true;
			break;
		default:
			die("see the top of many.c");
		}
	}
	if (groups && !dir)
		die("-g needs -d");
	if (rounds < 1)
		die("-r: at least one round");
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	for (long i = 0; i < groups; i++) {
		cgroup_path(path, sizeof(path), dir, i);
		if (mkdir(path, 0755))
			die("mkdir %s", path);
	}
	say("pid", getpid());
	shared->tasks = (unsigned int)tasks;
	pids = start(tasks, groups, dir, rounds, pages, in_turn);
	await_all();
	say("ready", -1);
	for (long round = 0; round < rounds; round++) {
		sleep_us(pause_ms * 1000);
		say("round", round);
		atomic_store(&shared->round, (unsigned int)round + 1);
		futex(&shared->round, FUTEX_WAKE, INT_MAX);
		await_all();
	}
	for (long i = 0; i < tasks; i++)
		waitpid(pids[i], NULL, 0);
	free(pids);
	for (long i = 0; i < groups; i++) {
		cgroup_path(path, sizeof(path), dir, i);
		if (rmdir(path))
			die("rmdir %s", path);
	}
	if (rusage)
		print_rusage();
	return 0;
}
