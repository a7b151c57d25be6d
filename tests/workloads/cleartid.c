/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * cleartid: -n processes with -j threads each (default 20 and 8).  At the end
 * of a thread the kernel stores 0 at its clear_child_tid pointer; here that
 * lies on a page that nobody has touched, so the store faults, after the
 * thread is past everything that it runs itself.
 *
 *	-u  print getrusage
 */
#include "workload.h"

#include <dirent.h>
#include <sched.h>
#include <stdatomic.h>

#define STACK (16 * PAGE)

static atomic_long done;

/* Shares the main thread's TLS: nothing here may use it. */
static int work(void *arg)
{
	touch_pages(arg, 4);
	atomic_fetch_add(&done, 1);
	return 0;
}

static long threads_alive(void)
{
	DIR *dir = opendir("/proc/self/task");
	long count = 0;

	if (!dir)
		die("/proc/self/task");
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void one_process(long threads)
{
	char *stacks = fresh_pages((size_t)threads * STACK / PAGE);
	char *work_pages = fresh_pages((size_t)threads * 4);
	char *tid_pages = fresh_pages((size_t)threads);
	int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;

	for (long i = 0; i < threads; i++) {
		if (clone(work, stacks + (i + 1) * STACK, flags, work_pages + i * 4 * PAGE, NULL, NULL,
			  tid_pages + i * PAGE) < 0)
			die("clone");
	}
	/* The store happens only while another user of the memory is there. */
	while (atomic_load(&done) < threads || threads_alive() > 1)
		sleep_us(200);
}

int main(int argc, char **argv)
{
	long processes = 20, threads = 8;
	bool usage = false;
	int opt, status;

	while ((opt = getopt(argc, argv, "n:j:u")) != -1) {
		switch (opt) {
		case 'n':
			processes = number(optarg);
			break;
		case 'j':
			threads = number(optarg);
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	for (long i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			one_process(threads);
			_exit(0);
		}
	}
	for (long i = 0; i < processes; i++) {
		if (wait(&status) < 0 || status)
			die("a child failed (status %d)", status);
	}
	if (usage)
		print_rusage();
	return 0;
}
