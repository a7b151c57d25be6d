/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * foreign DIR: a process in cgroup DIR and one that stays outside.  Each has -n fresh pages (default
 * 4000); then the one outside writes to the pages of the one inside, or, with -o, the one inside to those
 * of the one outside: the kernel counts each fault for the owner of the memory's
 * cgroup, and for the task that wrote.
 *
 * Prints "pages=N".
 */
#include "workload.h"

#include <signal.h>
#include <stdint.h>

/* A byte to each page of another process, from here: its faults are ours. */
static void write_pages(pid_t pid, char *pages, long nr)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	for (long i = 0; i < nr; i++)
		if (pwrite(fd, "x", 1, (off_t)(uintptr_t)(pages + i * (long)PAGE)) != 1)
			die("pwrite to %s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	long nr = 4000;
	bool outward = false;
	int opt, ready[2], status;
	pid_t inside;
	char *pages, c;

	while ((opt = getopt(argc, argv, "n:o")) != -1) {
		if (opt == 'n')
			nr = number(optarg);
		else if (opt == 'o')
			outward = true;
		else
			return 2;
	}
	if (optind != argc - 1)
		die("name the cgroup");
	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	pages = fresh_pages(nr);
	inside = fork();
	if (inside < 0)
		die("fork");
	if (!inside) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		join_cgroup(argv[optind]);
		if (outward)
			write_pages(getppid(), pages, nr);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		if (outward)
			_exit(0);
		pause();
	}
	if (read(ready[0], &c, 1) != 1)
		die("the process in the cgroup did not start");
	if (!outward) {
		write_pages(inside, pages, nr);
		kill(inside, SIGKILL);
	}
	waitpid(inside, &status, 0);
	printf("pages=%ld\n", nr);
	return 0;
}
