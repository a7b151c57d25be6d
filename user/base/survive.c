// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "survive.h"

#include "capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define ADJ "-999" /* -1000 would be for good: a leak of memtrace itself must not take the machine down */

static size_t heap;

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.arena + info.hblkhd;
}

static void take(size_t bytes)
{
	void *all;

	/* from now on all comes from the one heap, which never shrinks */
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_ARENA_MAX, 1);
	all = malloc(bytes);
	if (all)
		memset(all, 1, bytes);
	/* a compiler leaves out what nobody can see */
	__asm__ volatile("" : : "r"(all) : "memory");
	free(all);
}

/*
 * Whether all memory may be locked, for good.  What a capability allows beyond RLIMIT_MEMLOCK ends with it: then
 * mmap(2) and brk(2) fail, as what is to be locked cannot be had.
 */
static bool may_lock_all(bool alone)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return false;
	if (limit.rlim_cur == RLIM_INFINITY)
		return true;
	if (!alone)
		return capabilities__has(CAP_IPC_LOCK);
	limit = (struct rlimit){ .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	return !setrlimit(RLIMIT_MEMLOCK, &limit);
}

int survive__lock(size_t bytes, bool alone)
{
	bool all = may_lock_all(alone);
	int err;

	take(bytes);
	err = mlockall(all ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) ? -errno : !all;
	heap = heap_bytes();
	return err;
}

size_t survive__grown(void)
{
	size_t now = heap_bytes();

	return now > heap ? now - heap : 0;
}

int survive__last(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, ADJ, strlen(ADJ)) < 0)
		err = -errno;
	close(fd);
	return err;
}
