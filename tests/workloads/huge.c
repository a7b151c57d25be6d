/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * huge: memory that khugepaged makes huge pages of.  Touches it in small pages, then asks for huge ones (MADV_HUGEPAGE)
 * and waits until it has them, or 30 s are over.
 *
 *	-n N  huge pages (default 4)
 *	-f    ask for huge pages first, touch one small page of each, and end: so many faults may get a huge page
 *
 * Prints how many it has: "collapsed=N"
 */
#include "workload.h"

static size_t huge_bytes(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	size_t size = 0;

	if (!file || fscanf(file, "%zu", &size) != 1 || !size)
		die("no huge pages");
	fclose(file);
	return size;
}

static long huge_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "AnonHugePages:", 14))
			kib = strtol(line + 14, NULL, 10);
	if (file)
		fclose(file);
	return kib;
}

static void ask_for_huge(char *p, size_t bytes)
{
	if (madvise(p, bytes, MADV_HUGEPAGE))
		die("madvise");
}

int main(int argc, char **argv)
{
	size_t size = huge_bytes();
	long nr = 4, kib, tries, i;
	bool faults = false;
	char *p;
	int opt;

	while ((opt = getopt(argc, argv, "n:f")) != -1) {
		if (opt == 'n')
			nr = number(optarg);
		else if (opt == 'f')
			faults = true;
		else
			return 2;
	}
	p = fresh_pages((size_t)(nr + 1) * size / PAGE);
	p += size - (size_t)p % size;
	if (faults) {
		ask_for_huge(p, (size_t)nr * size);
		for (i = 0; i < nr; i++)
			p[i * (long)size] = 1;
		return 0;
	}
	touch_pages(p, (size_t)nr * size / PAGE);
	ask_for_huge(p, (size_t)nr * size);
	for (tries = 0; tries < 300; tries++) {
		kib = huge_kib();
		if (kib >= nr * (long)(size / 1024))
			break;
		sleep_us(100000);
	}
	printf("collapsed=%ld\n", kib / (long)(size / 1024));
	return 0;
}
