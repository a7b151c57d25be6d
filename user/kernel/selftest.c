// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "selftest.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../model/task_places.h"

#define PAGES 32
#define SLACK 16 /* page tables, a page of the stack */

/* Task storage is keyed by a pidfd, the hash of older kernels by tid. */
static int open_key(bool has_task_storage)
{
	int fd;

	if (!has_task_storage)
		return syscall(SYS_gettid);
	fd = syscall(SYS_pidfd_open, getpid(), 0);
	return fd < 0 ? -errno : fd;
}

static int touch_pages(size_t page)
{
	char *p = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (p == MAP_FAILED)
		return -errno;
	madvise(p, PAGES * page, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		*(volatile char *)(p + i * page) = 1;
	munmap(p, PAGES * page);
	return 0;
}

int selftest__run(struct selftest *test, const struct object *core, const struct mt_cfg *cfg)
{
	/* "exited" prevents a look-up of its identity, so no filter clears the match */
	struct mt_state state = { .match = 1, .exited = 1 };
	const char *name = cfg->has_task_storage ? "task_state" : "tid_state";
	int map = bpf_object__find_map_fd_by_name(core->bpf, name);
	int key = open_key(cfg->has_task_storage), err;

	memset(test, 0, sizeof(*test));
	test->pages = PAGES;
	if (key < 0)
		return key;
	err = bpf_map_update_elem(map, &key, &state, BPF_ANY);
	if (!err)
		err = touch_pages(sysconf(_SC_PAGESIZE));
	if (!err)
		err = bpf_map_lookup_elem(map, &key, &state);
	if (!err)
		task_places__spread(cfg, (const uint64_t *)state.c, test->counted);
	bpf_map_delete_elem(map, &key);
	if (cfg->has_task_storage)
		close(key);
	return err;
}

bool selftest__passed(const struct selftest *test, enum mt_slot slot)
{
	return test->counted[slot] >= test->pages && test->counted[slot] <= test->pages + SLACK;
}
