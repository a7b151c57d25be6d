/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * hog: goes into the cgroup of directory -g, then reads -f FILE through the
 * page cache and touches -a MiB of anonymous memory, -r times each.
 *
 *	-g DIR   a cgroup of the memory controller (default: stay)
 *	-f FILE  read it; with -w MiB write it first, as long as that
 *	-a MIB   touch it, at once, and hold it until the end
 *	-r N     rounds over both (default 1)
 *	-l MIB   of the memory, touch only the first MIB in rounds after the first
 *	-o ADJ   its oom_score_adj	-c COMM  its name
 *	-p       print the pid and wait for a byte on stdin after it went there
 *	-s MS    sleep at the end	-u  print getrusage
 */
#include "workload.h"

static char buffer[1 << 16];

static void write_mib(const char *path, long mib)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s", path);
	for (long i = 0; i < mib * 16; i++) {
		if (write(fd, buffer, sizeof(buffer)) != (ssize_t)sizeof(buffer))
			die("write to %s", path);
	}
	if (fsync(fd))
		die("fsync of %s", path);
	close(fd);
}

static void read_through(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		die("%s", path);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (got < 0)
		die("read of %s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *cgroup = NULL, *file = NULL, *adj = NULL;
	long write_first = 0, anon = 0, rounds = 1, later = -1, sleep_ms = 0;
	bool wait = false, usage = false;
	char *memory = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "g:f:w:a:r:l:o:c:ps:u")) != -1) {
		switch (opt) {
		case 'g':
			cgroup = optarg;
			break;
		case 'f':
			file = optarg;
			break;
		case 'w':
			write_first = number(optarg);
			break;
		case 'a':
			anon = number(optarg);
			break;
		case 'r':
			rounds = number(optarg);
			break;
		case 'l':
			later = number(optarg);
			break;
		case 'o':
			adj = optarg;
			break;
		case 'c':
			set_comm(optarg);
			break;
		case 'p':
			wait = true;
			break;
		case 's':
			sleep_ms = number(optarg);
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	if (later > anon)
		later = anon;
	if (adj)
		write_file("/proc/self/oom_score_adj", adj);
	if (cgroup)
		join_cgroup(cgroup);
	if (wait) {
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	if (file && write_first)
		write_mib(file, write_first);
	if (anon)
		memory = fresh_pages((size_t)anon << 8);
	for (long i = 0; i < rounds; i++) {
		if (file)
			read_through(file);
		if (anon)
			touch_pages(memory, (size_t)(i && later >= 0 ? later : anon) << 8);
	}
	if (usage)
		print_rusage();
	sleep_us(sleep_ms * 1000);
	return 0;
}
