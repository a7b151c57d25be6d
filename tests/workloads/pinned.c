/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * pinned KIND N [PATH]: has the kernel hold memory for it, which no process has mapped.
 *
 *	pipes		N pages that were written into pipes, by writev(2), as hardly anybody else does it
 *	spliced		N pages of its own that it gave to pipes (vmsplice), and that it has unmapped since
 *	tables		N page tables: one page in each is touched
 *	descriptors	a table of N file descriptors
 *	sockets		N sockets that stay open, in pairs
 *	bytes		N pages that were sent to sockets and that nobody receives
 *	names PATH	N lookups of files in the directory PATH that do not exist
 *
 * Prints pid=, and waits for a line; prints held= and waits for another, then ends.
 */
#include "workload.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PIPE_PAGES 16
#define TABLE	   (512 * PAGE) /* what a page table of x86 and arm64 with pages of 4 KiB covers */

static void hold_pipes(long nr)
{
	static char page[8 << 16];
	const struct iovec whole = { page, PAGE };
	int ends[2], done = 0;

	for (; nr > 0; nr -= PIPE_PAGES, done++) {
		if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) || fcntl(ends[1], F_SETPIPE_SZ, PIPE_PAGES * PAGE) < 0)
			die("pipe %d", done);
		for (long i = 0; i < PIPE_PAGES && i < nr; i++)
			if (writev(ends[1], &whole, 1) != (ssize_t)PAGE)
				die("write to pipe %d", done);
	}
}

/* Without huge pages. */
static char *map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED || (madvise(p, size, MADV_NOHUGEPAGE) && errno != EINVAL))
		die("mmap");
	return p;
}

static void hold_spliced(long nr)
{
	char *p = map((size_t)nr * PAGE);
	int ends[2];

	memset(p, 1, (size_t)nr * PAGE);
	for (long i = 0; i < nr; i += PIPE_PAGES) {
		long some = nr - i < PIPE_PAGES ? nr - i : PIPE_PAGES;
		struct iovec part = { p + (size_t)i * PAGE, (size_t)some * PAGE };

		if (pipe2(ends, O_CLOEXEC) || vmsplice(ends[1], &part, 1, SPLICE_F_NONBLOCK) != (ssize_t)part.iov_len)
			die("vmsplice");
	}
	if (munmap(p, (size_t)nr * PAGE))
		die("munmap");
}

static void hold_tables(long nr)
{
	char *p = map((size_t)(nr + 1) * TABLE);

	p = (char *)(((uintptr_t)p + TABLE - 1) / TABLE * TABLE);
	/* read: the zero page, so that the table is all that it takes */
	for (long i = 0; i < nr; i++)
		(void)*(volatile char *)(p + i * TABLE);
}

static void allow_descriptors(long nr)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)nr, .rlim_max = (rlim_t)nr };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

static void hold_descriptors(long nr)
{
	allow_descriptors(nr);
	if (dup2(STDOUT_FILENO, (int)nr - 1) < 0)
		die("dup2");
}

static void hold_sockets(long nr)
{
	int pair[2];

	allow_descriptors(nr + 64);
	for (; nr > 0; nr -= 2)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			die("socketpair");
}

static void hold_bytes(long nr)
{
	static char page[8 << 16];
	int pair[2] = { -1, -1 };

	allow_descriptors(nr + 64);
	for (; nr > 0; nr -= 8) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
			die("socketpair");
		if (write(pair[0], page, 8 * PAGE) != (ssize_t)(8 * PAGE))
			die("write to a socket");
	}
}

static void hold_names(const char *dir, long nr)
{
	char path[4096];

	for (long i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/no-such-file-%ld", dir, i);
		if (!access(path, F_OK) || errno != ENOENT)
			die("%s", path);
	}
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	long nr = argc > 2 ? number(argv[2]) : 0;

	printf("pid=%d\n", getpid());
	fflush(stdout);
	wait_for_stdin();
	if (!strcmp(kind, "pipes"))
		hold_pipes(nr);
	else if (!strcmp(kind, "spliced"))
		hold_spliced(nr);
	else if (!strcmp(kind, "tables"))
		hold_tables(nr);
	else if (!strcmp(kind, "descriptors"))
		hold_descriptors(nr);
	else if (!strcmp(kind, "sockets"))
		hold_sockets(nr);
	else if (!strcmp(kind, "bytes"))
		hold_bytes(nr);
	else if (!strcmp(kind, "names") && argc == 4)
		hold_names(argv[3], nr);
	else
		die("name what to hold, and how much");
	printf("held=%ld\n", nr);
	fflush(stdout);
	wait_for_stdin();
	return 0;
}
