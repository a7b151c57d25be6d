// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "mapped_name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../symbols/maps.h"

/* A file that is mapped has its name in memory, unless it has lost it.  Kernels before 5.12 cannot look there alone. */
static int find(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_CACHED };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd >= 0 || errno != EINVAL)
		return fd;
	how.resolve = RESOLVE_IN_ROOT;
	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static bool is_file_of(int fd, const struct map_area *area)
{
	struct statx st;

	return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st) && st.stx_ino == area->inode &&
	       makedev(st.stx_dev_major, st.stx_dev_minor) == area->dev;
}

/* The name with the kernel's word behind it, if that is the file's; "": it is deleted; NULL: no memory. */
static const char *own_name(struct process_map *map, const struct map_area *area, int root)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s" MAPPING_DELETED, area->name), fd;
	bool is_it = false;
	char *name;

	fd = len < (int)sizeof(path) ? find(root, path) : -1;
	if (fd >= 0) {
		is_it = is_file_of(fd, area);
		close(fd);
	}
	if (!is_it)
		return "";
	name = arena__zeroed(&map->names, (size_t)len + 1);
	return name ? memcpy(name, path, (size_t)len) : NULL;
}

static int tell_all(struct process_map *map, int root)
{
	const struct map_area *last = NULL;
	struct map_area was = { 0 }, *area;
	const char *name = "";

	for (area = map->areas; area < map->areas + map->nr_areas; area++) {
		if (!area->deleted || area->name[0] != '/')
			continue;
		/* segments of a file follow each other */
		if (!last || area->name != was.name || area->inode != was.inode || area->dev != was.dev)
			name = own_name(map, area, root);
		if (!name)
			return -ENOMEM;
		was = *area;
		last = area;
		area->deleted = !name[0];
		if (name[0])
			area->name = name;
	}
	return 0;
}

int mapped_name__tell(struct process_map *map, int dir)
{
	int root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (root < 0)
		return 0;
	err = tell_all(map, root);
	close(root);
	return err;
}
