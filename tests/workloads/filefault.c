/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * filefault FILE: writes -n pages (default 1024) to FILE, gets them out of
 * the page cache, maps the file for random access and reads one byte of each
 * page: as many major faults, on a filesystem that lies on a disk.
 *
 *	-k  keep FILE	-u  print getrusage
 *	-i  take a signal every 0.1 ms: faults that it cuts short are taken again
 *	-m  lock the pages with mlock() before they are read
 *	-t  time each touch; print "touches=N sum_ns=N", a line "le=2^I count=N"
 *	    for each power of two with touches, and what the disk says of the
 *	    same reads: "disk_reads=N disk_ms=N"
 *
 * Prints how many pages stayed in the page cache as "resident=N".
 */
#include "workload.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

/* How long touches took, sorted into powers of two: le[i] of them at most 2^i ns. */
struct touches {
	long le[64];
	long sum;
};

/* What the kernel counted of a disk's reads; /sys/dev/block/M:N/stat begins with reads, merges, sectors, ms. */
struct disk_reads {
	long reads;
	long ms;
};

static void fill(int fd, size_t pages)
{
	char page[PAGE];

	memset(page, 'x', sizeof(page));
	for (size_t i = 0; i < pages; i++) {
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			die("write");
	}
	if (fsync(fd))
		die("fsync");
}

static size_t resident(char *map, size_t pages)
{
	unsigned char *vec = malloc(pages);
	size_t count = 0;

	if (!vec || mincore(map, pages * PAGE, vec))
		die("mincore");
	for (size_t i = 0; i < pages; i++)
		count += vec[i] & 1;
	free(vec);
	return count;
}

static struct disk_reads disk_reads(int fd)
{
	struct disk_reads got;
	struct stat file;
	char path[64];
	FILE *stat;

	if (fstat(fd, &file))
		die("fstat");
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(file.st_dev), minor(file.st_dev));
	stat = fopen(path, "re");
	if (!stat || fscanf(stat, "%ld %*d %*d %ld", &got.reads, &got.ms) != 2)
		die("%s", path);
	fclose(stat);
	return got;
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void add_touch(struct touches *touches, long ns)
{
	int i = 0;

	while (ns > 1L << i)
		i++;
	touches->le[i]++;
	touches->sum += ns;
}

static unsigned int read_pages(const char *map, size_t pages, struct touches *touches)
{
	unsigned int sum = 0;
	long begin = 0;

	for (size_t i = 0; i < pages; i++) {
		if (touches)
			begin = now_ns();
		sum += ((volatile const unsigned char *)map)[i * PAGE];
		if (touches)
			add_touch(touches, now_ns() - begin);
	}
	return sum;
}

static unsigned int read_timed(const char *map, size_t pages, int fd)
{
	struct disk_reads before = disk_reads(fd), after;
	static struct touches touches;
	unsigned int sum;

	sum = read_pages(map, pages, &touches);
	after = disk_reads(fd);
	printf("touches=%zu sum_ns=%ld\n", pages, touches.sum);
	for (int i = 0; i < 64; i++) {
		if (touches.le[i])
			printf("le=%ld count=%ld\n", 1L << i, touches.le[i]);
	}
	printf("disk_reads=%ld disk_ms=%ld\n", after.reads - before.reads, after.ms - before.ms);
	return sum;
}

static void take_signal(int number)
{
	(void)number;
}

static void interrupt_every(long us)
{
	const struct itimerval every = { { 0, us }, { 0, us } };

	if (signal(SIGALRM, take_signal) == SIG_ERR || setitimer(ITIMER_REAL, &every, NULL))
		die("setitimer");
}

int main(int argc, char **argv)
{
	bool keep = false, usage = false, timed = false, interrupted = false, locked = false;
	size_t pages = 1024;
	unsigned int sum;
	int opt, fd;
	char *map;

	while ((opt = getopt(argc, argv, "n:kutim")) != -1) {
		switch (opt) {
		case 'n':
			pages = (size_t)number(optarg);
			break;
		case 'k':
			keep = true;
			break;
		case 'u':
			usage = true;
			break;
		case 't':
			timed = true;
			break;
		case 'i':
			interrupted = true;
			break;
		case 'm':
			locked = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1)
		die("name one file");
	fd = open(argv[optind], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", argv[optind]);
	fill(fd, pages);
	map = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || madvise(map, pages * PAGE, MADV_RANDOM))
		die("mmap");
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (errno)
		die("fadvise");
	printf("resident=%zu\n", resident(map, pages));
	if (locked && mlock(map, pages * PAGE))
		die("mlock");
	if (interrupted)
		interrupt_every(100);
	sum = timed ? read_timed(map, pages, fd) : read_pages(map, pages, NULL);
	if (interrupted)
		interrupt_every(0);
	if (sum != pages * 'x')
		die("%s does not hold what was written", argv[optind]);
	if (!keep)
		unlink(argv[optind]);
	if (usage)
		print_rusage();
	return 0;
}
