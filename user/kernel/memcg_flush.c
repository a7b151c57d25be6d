// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "memcg_flush.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/stop.h"
#include "counters.h"

/* More than the kernel may leave for later (64 in a CPU's own count, and 64 a CPU below the threshold). */
#define FAULTS_PER_CPU 256
/* The kernel's timer may wait for an idle CPU to wake (FLUSH_TIME is 2 s, and deferrable). */
#define WAIT_MAX_MS  6000
#define WAIT_STEP_MS 10

static int read_faults(const char *path, uint64_t *faults)
{
	/* v1's root: its own and those below */
	struct counter_sum sums[] = { { .names = "total_pgfault" }, { .names = "pgfault" } };
	int err = counters__read(path, sums, 2);

	*faults = sums[0].found ? sums[0].sum : sums[1].sum;
	if (err)
		return err;
	return sums[0].found || sums[1].found ? 0 : -ENOENT;
}

static int touch_fresh_pages(size_t nr)
{
	size_t page = sysconf(_SC_PAGESIZE), i;
	volatile char *p = mmap(NULL, nr * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	madvise((void *)p, nr * page, MADV_NOHUGEPAGE);
	for (i = 0; i < nr; i++)
		p[i * page] = 1;
	munmap((void *)p, nr * page);
	return 0;
}

int memcg_flush__wait(const char *root)
{
	size_t nr = FAULTS_PER_CPU * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t before = 0, touched = 0, now;
	char path[PATH_MAX];
	int err, i;

	if (snprintf(path, sizeof(path), "%s/memory.stat", root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = read_faults(path, &before);
	if (!err)
		err = touch_fresh_pages(nr);
	if (!err)
		err = read_faults(path, &touched);
	/* a read adds up the counts; if not, only the next change shows that they were added up */
	if (err || touched - before >= nr / 2)
		return err;
	for (i = 0; i < WAIT_MAX_MS / WAIT_STEP_MS && !stop__hurried(); i++) {
		stop__pause(WAIT_STEP_MS);
		err = read_faults(path, &now);
		if (err || now != touched)
			return err;
	}
	return -ETIMEDOUT;
}
