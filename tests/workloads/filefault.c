/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * filefault FILE: writes -n pages (default 1024) to FILE, gets them out of
 * the page cache, maps the file for random access and reads one byte of each
 * page: as many major faults, on a filesystem that lies on a disk.
 *
 *	-k  keep FILE	-u  print getrusage
 *
 * Prints how many pages stayed in the page cache as "resident=N".
 */
#include "workload.h"

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

int main(int argc, char **argv)
{
	bool keep = false, usage = false;
	size_t pages = 1024;
	unsigned int sum = 0;
	int opt, fd;
	char *map;

	while ((opt = getopt(argc, argv, "n:ku")) != -1) {
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
	for (size_t i = 0; i < pages; i++)
		sum += ((volatile unsigned char *)map)[i * PAGE];
	if (sum != pages * 'x')
		die("%s does not hold what was written", argv[optind]);
	if (!keep)
		unlink(argv[optind]);
	if (usage)
		print_rusage();
	return 0;
}
