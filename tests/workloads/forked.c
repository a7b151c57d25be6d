/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * forked: as Redis when it saves.  A parent (mt-parent) touches memory and forks a child (mt-child) that reads all of
 *it and waits; meanwhile the parent writes to each page.
 *
 *	-n N  pages (default 5120)
 *	-s MS sleep at the end
 *	-r    the child ends before the parent writes: there is nothing to copy then
 */
#include "workload.h"

static long pages = 5120;

static void read_pages(const char *p)
{
	for (long i = 0; i < pages; i++)
		(void)((const volatile char *)p)[i * (long)PAGE];
}

static void run_child(const char *p, int ready, int go_on)
{
	char c = 0;

	set_comm("mt-child");
	read_pages(p);
	if (write(ready, &c, 1) != 1 || read(go_on, &c, 1) < 0)
		_exit(1);
	_exit(0);
}

static void end_child(pid_t child, int go_on)
{
	int status;

	close(go_on);
	if (waitpid(child, &status, 0) != child || status)
		die("the child failed");
}

int main(int argc, char **argv)
{
	int ready[2], go_on[2], opt;
	bool gone = false;
	long sleep_ms = 0;
	pid_t child;
	char c, *p;

	while ((opt = getopt(argc, argv, "n:rs:")) != -1) {
		if (opt == 'n')
			pages = number(optarg);
		else if (opt == 'r')
			gone = true;
		else if (opt == 's')
			sleep_ms = number(optarg);
		else
			return 2;
	}
	set_comm("mt-parent");
	p = fresh_pages((size_t)pages);
	touch_pages(p, (size_t)pages);
	if (pipe(ready) || pipe(go_on))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		close(go_on[1]);
		run_child(p, ready[1], go_on[0]);
	}
	if (read(ready[0], &c, 1) != 1)
		die("the child does not answer");
	if (gone)
		end_child(child, go_on[1]);
	touch_pages(p, (size_t)pages);
	if (!gone)
		end_child(child, go_on[1]);
	sleep_us(sleep_ms * 1000);
	return 0;
}
