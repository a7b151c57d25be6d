/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * faults: touches -n fresh pages, unmaps them, and does that -r times.
 *
 *	-n N  pages a round (default 10000)	-k N  of them, let read(2) write the first N
 *	-r N  rounds (default 1)		-c COMM  under this name
 *	-b N  bad reads that raise SIGSEGV	-U UID  as this user
 *	-p	print the pid and wait for a byte on stdin before touching anything
 *	-s MS	sleep after it
 *	-u	print getrusage at the end
 */
#include "workload.h"

#include <setjmp.h>
#include <signal.h>

static sigjmp_buf after_segv;

static void on_segv(int signal)
{
	(void)signal;
	siglongjmp(after_segv, 1);
}

/* Exceptions that the kernel answers with a signal: hits, but no accounted faults. */
static void bad_reads(long count)
{
	char *hole = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (hole == MAP_FAILED || signal(SIGSEGV, on_segv) == SIG_ERR)
		die("no hole to read from");
	for (volatile long i = 0; i < count; i++) {
		if (!sigsetjmp(after_segv, 1))
			(void)*(volatile char *)hole;
	}
	munmap(hole, PAGE);
}

static void one_round(size_t pages, size_t by_kernel)
{
	char *p = fresh_pages(pages);
	int zero;

	if (by_kernel) {
		zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		if (zero < 0 || read(zero, p, by_kernel * PAGE) != (ssize_t)(by_kernel * PAGE))
			die("read from /dev/zero");
		close(zero);
	}
	touch_pages(p + by_kernel * PAGE, pages - by_kernel);
	if (munmap(p, pages * PAGE))
		die("munmap");
}

int main(int argc, char **argv)
{
	long pages = 10000, rounds = 1, by_kernel = 0, bad = 0, sleep_ms = 0;
	bool wait = false, usage = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:r:k:b:c:U:ps:u")) != -1) {
		switch (opt) {
		case 'n':
			pages = number(optarg);
			break;
		case 'r':
			rounds = number(optarg);
			break;
		case 'k':
			by_kernel = number(optarg);
			break;
		case 'b':
			bad = number(optarg);
			break;
		case 'c':
			set_comm(optarg);
			break;
		case 'U':
			if (setuid((uid_t)number(optarg)))
				die("setuid");
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
	if (by_kernel > pages)
		by_kernel = pages;
	if (wait) {
		printf("pid=%d\n", getpid());
		fflush(stdout);
		wait_for_stdin();
	}
	for (long i = 0; i < rounds && pages; i++)
		one_round((size_t)pages, (size_t)by_kernel);
	if (bad)
		bad_reads(bad);
	if (usage)
		print_rusage();
	sleep_us(sleep_ms * 1000);
	return 0;
}
