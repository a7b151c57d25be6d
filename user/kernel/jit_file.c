// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "jit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../symbols/elf_file.h"
#include "line_file.h"

/* Files have times of the last tick, 10 ms ago at most. */
#define SLACK_NS 50000000

/* A process as it knows itself. */
struct own {
	uint64_t pid, uid;
};

/*
 * "NSpid:\t4026\t17": the last one is what the process itself knows.  "Uid:\t1000\t1000\t1000\t1000": real, then
 * effective (fs/proc/array.c, task_state()).
 */
static void take_own(void *ctx, char *line)
{
	const char *last = strrchr(line, '\t');
	struct own *own = ctx;

	if (!strncmp(line, "NSpid:", 6) && last)
		own->pid = strtoull(last + 1, NULL, 10);
	sscanf(line, "Uid: %*s %20" SCNu64, &own->uid);
}

static int read_own(uint32_t pid, struct own *own)
{
	char path[64];
	int fd, err;

	*own = (struct own){ .uid = UINT64_MAX };
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = line_file__each(fd, take_own, own);
	close(fd);
	return err || own->pid ? err : -ESRCH;
}

/* O_PATH, or -errno.  A process that has ended has none (fs/proc/base.c, get_task_root()). */
static int open_root(uint32_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Closes root. */
static int open_below(int root, const struct own *own, struct stat *found)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/perf-%" PRIu64 ".map", own->pid);
	fd = open_regular(root, path, true);
	close(root);
	if (fd >= 0 && (fstat(fd, found) || found->st_uid != own->uid)) {
		close(fd);
		fd = -EACCES;
	}
	return fd;
}

/* Since the Unix epoch. */
static int64_t changed_ns(const struct stat *file)
{
	return file->st_mtim.tv_sec * (int64_t)NSEC_PER_SEC + file->st_mtim.tv_nsec;
}

static int open_of_ended(const struct jit_process *process, const uint32_t *through, size_t nr, struct stat *found)
{
	const struct own own = { process->pid, process->uid };
	int64_t begin_ns = (int64_t)process->start_ns + clock__wall_offset_ns() - SLACK_NS;
	int fd = -ESRCH, root = open_root(process->pid);
	size_t i;

	if (root >= 0)
		close(root); /* another process */
	for (i = 0; fd < 0 && root < 0 && process->start_ns && i <= nr; i++) {
		int other = open_root(i < nr ? through[i] : (uint32_t)getpid());

		if (other >= 0)
			fd = open_below(other, &own, found);
		if (fd >= 0 && changed_ns(found) < begin_ns) {
			close(fd);
			fd = -ESRCH;
		}
	}
	return fd;
}

int jit_file__open(const struct jit_process *process, const uint32_t *through, size_t nr, struct stat *found)
{
	struct own own;
	int root = -ESRCH;

	if (nr && through[0] == process->pid && !read_own(process->pid, &own))
		root = open_root(process->pid);
	return root < 0 ? open_of_ended(process, through, nr, found) : open_below(root, &own, found);
}
