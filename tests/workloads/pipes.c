/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * pipes DIR: fills pipes, whose pages the kernel allocates and charges, until it is refused more.  In the cgroup DIR,
 * which has a limit and whose OOM killer is off: then an allocation of the kernel fails.  Its own memory is all there
 * before it joins.
 *
 * Prints "pages=N refused=0|1": what it has written, and whether the last write failed with ENOMEM.
 */
#include "workload.h"

#define PIPES 64

int main(int argc, char **argv)
{
	static char page[4096];
	int ends[PIPES][2], i;
	bool refused = false;
	long pages = 0;

	if (argc != 2)
		die("name a cgroup");
	for (i = 0; i < PIPES; i++)
		if (pipe2(ends[i], O_NONBLOCK | O_CLOEXEC))
			die("pipe");
	if (mlockall(MCL_CURRENT))
		die("mlockall");
	join_cgroup(argv[1]);
	for (i = 0; i < PIPES && !refused; i++) {
		while (write(ends[i][1], page, sizeof(page)) == sizeof(page))
			pages++;
		refused = errno == ENOMEM;
	}
	/* what is printed takes memory, too */
	for (i = 0; i < PIPES; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
	printf("pages=%ld refused=%d\n", pages, refused);
	return 0;
}
