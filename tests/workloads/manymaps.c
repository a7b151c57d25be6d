/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * manymaps FILE N: maps FILE's first page N times to be executed, each apart from the others, says how many of them
 * it got, and its pid, and then takes a page fault every 10 ms until it is ended.
 */
#include "workload.h"

static volatile char *map(void *at, size_t size, int protection, int flags, int fd)
{
	return mmap(at, size, protection, MAP_PRIVATE | flags, fd, 0);
}

int main(int argc, char **argv)
{
	size_t nr = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, got = 0;
	int fd = nr ? open(argv[1], O_RDONLY) : -1;
	volatile char *all = map(NULL, 2 * nr * PAGE + 1, PROT_NONE, MAP_ANONYMOUS | MAP_NORESERVE, -1), *page;

	if (fd < 0)
		return 2;
	for (size_t i = 0; i < nr; i++)
		got += map((void *)(all + 2 * i * PAGE), PAGE, PROT_READ | PROT_EXEC, MAP_FIXED, fd) != MAP_FAILED;
	printf("%zu mappings\npid=%d\n", got, getpid());
	fflush(stdout);
	for (;;) {
		page = map(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1);
		page[0] = 1;
		munmap((void *)page, PAGE);
		usleep(10000);
	}
}
