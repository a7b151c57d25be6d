/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * toggler: -n times (default 100000), as "mt-one" it touches one fresh page, and as "mt-two" another: -n minor faults
 * under each name, and as many changes of name as it can make.
 */
#include "workload.h"

static void touch_as(const char *name)
{
	char *p;

	set_comm(name);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	touch_pages(p, 1);
	munmap(p, PAGE);
}

int main(int argc, char **argv)
{
	long times = 100000;
	struct rusage before, after;
	int opt;

	while ((opt = getopt(argc, argv, "n:")) != -1) {
		if (opt != 'n')
			return 2;
		times = number(optarg);
	}
	touch_as("mt-two");
	if (getrusage(RUSAGE_SELF, &before))
		die("getrusage");
	for (long i = 0; i < times; i++) {
		touch_as("mt-one");
		touch_as("mt-two");
	}
	if (getrusage(RUSAGE_SELF, &after))
		die("getrusage");
	printf("in_loop=%ld\n", after.ru_minflt - before.ru_minflt);
	return 0;
}
