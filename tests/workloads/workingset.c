/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * workingset FILE: reads -n pages (default 256) of FILE that lie -k KiB apart (default 4, one behind the other), -r
 *times (default 1).  No readahead of one brings another where they lie far apart.
 *
 *	-g DIR   go into this cgroup first	-c COMM  its name
 *	-w       write these pages first; the rest of FILE is a hole
 *	-e       make ext4 forget where they are on the disk, so that it looks for them once more
 *	-m       through a mapping, not by read()
 */
#include "workload.h"

#include <sys/ioctl.h>

#ifndef EXT4_IOC_CLEAR_ES_CACHE
#define EXT4_IOC_CLEAR_ES_CACHE _IO('f', 40)
#endif

static size_t count = 256, apart = 4 << 10;

static void write_pages(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char page[PAGE];

	memset(page, 'x', sizeof(page));
	if (fd < 0)
		die("%s", path);
	for (size_t i = 0; i < count; i++) {
		if (pwrite(fd, page, sizeof(page), (off_t)(i * apart)) != (ssize_t)sizeof(page))
			die("write to %s", path);
	}
	if (fsync(fd))
		die("fsync of %s", path);
	close(fd);
}

static void read_mapped(int fd)
{
	size_t bytes = (count - 1) * apart + PAGE;
	const char *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < count; i++) {
		if (*(const volatile char *)(map + i * apart) != 'x')
			die("the file does not hold what was written");
	}
	if (munmap((void *)map, bytes))
		die("munmap");
}

static void read_pages(int fd)
{
	char page[PAGE];

	for (size_t i = 0; i < count; i++) {
		if (pread(fd, page, sizeof(page), (off_t)(i * apart)) != (ssize_t)sizeof(page))
			die("read");
	}
}

int main(int argc, char **argv)
{
	bool write_first = false, forget = false, mapped = false;
	const char *cgroup = NULL;
	long rounds = 1;
	int opt, fd;

	while ((opt = getopt(argc, argv, "n:k:r:g:c:wem")) != -1) {
		switch (opt) {
		case 'n':
			count = (size_t)number(optarg);
			break;
		case 'k':
			apart = (size_t)number(optarg) << 10;
			break;
		case 'r':
			rounds = number(optarg);
			break;
		case 'g':
			cgroup = optarg;
			break;
		case 'c':
			set_comm(optarg);
			break;
		case 'w':
			write_first = true;
			break;
		case 'e':
			forget = true;
			break;
		case 'm':
			mapped = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1)
		die("name one file");
	if (cgroup)
		join_cgroup(cgroup);
	if (write_first)
		write_pages(argv[optind]);
	fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", argv[optind]);
	if (forget && ioctl(fd, EXT4_IOC_CLEAR_ES_CACHE))
		die("EXT4_IOC_CLEAR_ES_CACHE");
	for (long i = 0; i < rounds; i++)
		(mapped ? read_mapped : read_pages)(fd);
	return 0;
}
