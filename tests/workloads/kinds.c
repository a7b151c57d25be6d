/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * kinds DIR: has so many minor faults of each kind, one kind a name (comm): k-NAME.  DIR is of a file system on a disk.
 * Prints what it did:
 *
 *	NAME=N	or NAME=- where the kernel does not have that
 */
#include "workload.h"

#include <signal.h>

#define PAGES	  200
#define HUGE	  (2UL << 20)
#define NR_HUGE	  2
#define SWAPPED	  512
#define RUN(name) run(#name, name)

static const char *dir;

static void run(const char *name, long (*work)(void))
{
	char comm[16];
	long done;

	snprintf(comm, sizeof(comm), "k-%s", name);
	set_comm(comm);
	done = work();
	set_comm("kinds");
	if (done < 0)
		printf("%s=-\n", name);
	else
		printf("%s=%ld\n", name, done);
	fflush(stdout);
}

static void read_pages(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		(void)((const volatile char *)p)[i * PAGE];
}

static char *map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static char *touched;

static long first(void)
{
	touched = fresh_pages(PAGES);
	touch_pages(touched, PAGES);
	return PAGES;
}

static char *only_read;

static long zero(void)
{
	only_read = fresh_pages(PAGES);
	read_pages(only_read, PAGES);
	return PAGES;
}

static long written(void)
{
	touch_pages(only_read, PAGES);
	return PAGES;
}

/* What is written while a child has it is copied; the child is never asked for anything. */
static pid_t child;

static void start_child(void)
{
	child = fork();
	if (child < 0)
		die("fork");
	while (!child)
		pause();
}

static void end_child(void)
{
	int status;

	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
}

static long copied(void)
{
	touch_pages(touched, PAGES);
	return PAGES;
}

static long reused(void)
{
	touch_pages(touched, PAGES);
	return PAGES;
}

/* A file whose pages are in the page cache. */
static int cached_file(void)
{
	char path[4096], buffer[65536];
	int fd;

	snprintf(path, sizeof(path), "%s/kinds", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", path);
	memset(buffer, 1, sizeof(buffer));
	for (size_t done = 0; done < PAGES * PAGE; done += sizeof(buffer))
		if (write(fd, buffer, sizeof(buffer)) != sizeof(buffer))
			die("write");
	return fd;
}

static int file_fd;

static long file(void)
{
	char *p = map(PAGES * PAGE, MAP_SHARED, file_fd);

	if (!p)
		die("mmap of a file");
	touch_pages(p, PAGES);
	munmap(p, PAGES * PAGE);
	return PAGES;
}

static long private(void)
{
	char *p = map(PAGES * PAGE, MAP_PRIVATE, file_fd);

	if (!p)
		die("mmap of a file");
	touch_pages(p, PAGES);
	munmap(p, PAGES * PAGE);
	return PAGES;
}

static long shmem(void)
{
	char *p = map(PAGES * PAGE, MAP_SHARED | MAP_ANONYMOUS, -1);

	if (!p)
		die("mmap");
	touch_pages(p, PAGES);
	return PAGES;
}

/* How many of the pages that were touched are huge; -1: the kernel has none. */
static long huge(void)
{
	char *p = map((NR_HUGE + 1) * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (!p)
		die("mmap");
	p += HUGE - (unsigned long)p % HUGE;
	if (madvise(p, NR_HUGE * HUGE, MADV_HUGEPAGE))
		return -1;
	for (size_t i = 0; i < NR_HUGE; i++)
		p[i * HUGE] = 1;
	return NR_HUGE;
}

static long hugetlb(void)
{
	char *p = map(NR_HUGE * HUGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);

	if (!p)
		return -1;
	for (size_t i = 0; i < NR_HUGE; i++)
		p[i * HUGE] = 1;
	munmap(p, NR_HUGE * HUGE);
	return NR_HUGE;
}

/* What is read ahead from swap is in the swap cache when it is touched: how many these are is the kernel's choice. */
static long swap(void)
{
	char *p = fresh_pages(SWAPPED);

	touch_pages(p, SWAPPED);
	if (madvise(p, SWAPPED * PAGE, MADV_PAGEOUT))
		return -1;
	sleep_us(200000);
	read_pages(p, SWAPPED);
	return SWAPPED;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	dir = argv[1];
	RUN(first);
	RUN(zero);
	RUN(written);
	start_child();
	RUN(copied);
	end_child();
	start_child();
	end_child();
	RUN(reused);
	file_fd = cached_file();
	RUN(file);
	RUN(private);
	RUN(shmem);
	RUN(huge);
	RUN(hugetlb);
	RUN(swap);
	return 0;
}
