/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * frag: touches -a MiB in base pages and gives every second page back, so
 * that free memory is all holes; then asks for -t MiB in huge pages and
 * touches each once.  Prints how many it got as "huge=N".
 */
#include "workload.h"

#define HUGE_PAGE ((size_t)2 << 20)

static void make_holes(size_t pages)
{
	char *p = fresh_pages(pages);

	touch_pages(p, pages);
	for (size_t i = 0; i < pages; i += 2) {
		if (madvise(p + i * PAGE, PAGE, MADV_DONTNEED))
			die("madvise");
	}
}

static void touch_huge(size_t count)
{
	char *p = mmap(NULL, (count + 1) * HUGE_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p = (char *)(((size_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	if (madvise(p, count * HUGE_PAGE, MADV_HUGEPAGE))
		die("no huge pages");
	for (size_t i = 0; i < count; i++)
		((volatile char *)p)[i * HUGE_PAGE] = 1;
}

static long huge_pages(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	long sum = 0, kib;
	char line[512];

	if (!smaps)
		die("smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "AnonHugePages: %ld", &kib) == 1)
			sum += kib;
	}
	fclose(smaps);
	return sum / 2048;
}

int main(int argc, char **argv)
{
	long holes = 100, huge = 32;
	int opt;

	while ((opt = getopt(argc, argv, "a:t:")) != -1) {
		switch (opt) {
		case 'a':
			holes = number(optarg);
			break;
		case 't':
			huge = number(optarg);
			break;
		default:
			return 2;
		}
	}
	make_holes((size_t)holes << 8);
	touch_huge((size_t)huge / 2);
	printf("huge=%ld\n", huge_pages());
	return 0;
}
