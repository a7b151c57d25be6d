// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "proc_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../symbols/elf_file.h"
#include "proc.h"

/* The kernel's own image in each process is a few pages. */
#define MAX_VDSO_BYTES (64 * 1024)

static int open_mapped(uint32_t pid, const struct mapping *mapping)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start, mapping->end);
	return open_regular(AT_FDCWD, path, false);
}

static int open_in_root(uint32_t pid, const struct mapping *mapping)
{
	char path[64];
	int root, fd;

	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = open_regular(root, mapping->path, true);
	close(root);
	return fd;
}

/* The device and inode that the kernel shows of a mapping of that file; false if it cannot be mapped. */
static bool mapped_identity(int fd, struct mapping *found)
{
	void *at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	FILE *file = at == MAP_FAILED ? NULL : fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t cap = 0;
	bool is_it = false;

	while (file && !is_it && getline(&line, &cap, file) > 0)
		is_it = mapping__parse(line, found) >= 0 && found->start == (uintptr_t)at;
	free(line);
	if (file)
		fclose(file);
	if (at != MAP_FAILED)
		munmap(at, 1);
	return is_it;
}

/*
 * Some file systems show another device, or inode, for a mapping than fstat(2) does (btrfs, overlayfs): then the file
 * is mapped here to find out.  Nothing of it is read that way.
 */
bool proc_maps__is_file(int fd, const struct mapping *mapping)
{
	struct mapping found;
	struct stat st;

	if (!mapping->inode || fstat(fd, &st))
		return false;
	if (st.st_dev == mapping->dev && st.st_ino == mapping->inode)
		return true;
	return mapped_identity(fd, &found) && found.dev == mapping->dev && found.inode == mapping->inode;
}

static int checked(int fd, const struct mapping *mapping)
{
	if (fd < 0 || proc_maps__is_file(fd, mapping))
		return fd;
	close(fd);
	return -ESTALE;
}

int proc_maps__open_file(const struct maps_access *access, const struct mapping *mapping)
{
	int fd = -ENOENT;

	if (mapping->path[0] != '/')
		return -ENOENT;
	for (size_t i = 0; fd < 0 && i < access->nr; i++)
		fd = checked(open_mapped(access->pids[i], mapping), mapping);
	for (size_t i = 0; fd < 0 && i < access->nr; i++)
		fd = checked(open_in_root(access->pids[i], mapping), mapping);
	return fd < 0 ? checked(open_regular(AT_FDCWD, mapping->path, false), mapping) : fd;
}

/* No file: its image is in the process's memory. */
static bool describe_vdso(uint32_t pid, struct mapping *mapping)
{
	size_t size = mapping->end - mapping->start;
	struct elf_file file;
	char path[64], *image;
	bool ok = false;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/mem", pid);
	image = size <= MAX_VDSO_BYTES ? malloc(size) : NULL;
	fd = image ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && pread(fd, image, size, (off_t)mapping->start) == (ssize_t)size &&
	    !elf_file__open_image(&file, image, size)) {
		elf_cache__describe_open(&file, mapping);
		elf_file__close(&file);
		ok = true;
	}
	if (fd >= 0)
		close(fd);
	free(image);
	return ok;
}

/* All processes have the same one, except 32-bit ones.  For a process that is gone, this process's own is used. */
static void describe_own_vdso(struct mapping *mapping)
{
	struct mapping own = { .start = getauxval(AT_SYSINFO_EHDR) };

	own.end = own.start + (mapping->end - mapping->start);
	if (!own.start || !describe_vdso((uint32_t)getpid(), &own))
		return;
	mapping->build_id = own.build_id;
	mapping->elf = own.elf;
	mapping->vaddr = own.vaddr;
}

static void describe_image(const struct maps_access *access, struct mapping *mapping)
{
	bool done = false;

	for (size_t i = 0; !done && i < access->nr; i++)
		done = describe_vdso(access->pids[i], mapping);
	if (!done)
		describe_own_vdso(mapping);
}

void proc_maps__describe(struct maps_access *access, struct mapping *mapping)
{
	int fd;

	if (!strcmp(mapping->path, "[vdso]")) {
		describe_image(access, mapping);
	} else if (access->until_ns && clock__boot_ns() > access->until_ns) {
		access->unread++;
	} else {
		fd = proc_maps__open_file(access, mapping);
		if (fd >= 0)
			elf_cache__describe(access->cache, fd, mapping);
	}
}

static int add_line(struct proc_maps *maps, struct maps_access *access, char *line)
{
	struct mapping mapping;

	if (mapping__parse(line, &mapping) <= 0)
		return 0;
	proc_maps__describe(access, &mapping);
	/* -EINVAL: mappings changed while they were read, and one came twice */
	return proc_maps__add(maps, &mapping) == -ENOMEM ? -ENOMEM : 0;
}

static int add_lines(struct proc_maps *maps, struct maps_access *access, FILE *file)
{
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	while (!err && getline(&line, &cap, file) > 0)
		err = add_line(maps, access, line);
	free(line);
	return err ? err : proc_maps__count(maps) ? 0 : -ESRCH;
}

/* Goes by its directory, which still refers to that process if the pid is reused. */
static int open_maps(uint32_t pid, uint64_t start_ns)
{
	char path[64];
	int dir, fd;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	dir = start_ns ? proc__open(pid, start_ns) : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return start_ns ? dir : errno == ENOENT ? -ESRCH : -errno;
	fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = errno == ENOENT ? -ESRCH : -errno;
	close(dir);
	return fd;
}

int proc_maps__read_with(uint32_t pid, uint64_t start_ns, struct maps_access *access, struct proc_maps **maps)
{
	int fd = open_maps(pid, start_ns), err;
	FILE *file;

	*maps = NULL;
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	*maps = proc_maps__new(pid);
	err = *maps ? add_lines(*maps, access, file) : -ENOMEM;
	fclose(file);
	if (err) {
		proc_maps__free(*maps);
		*maps = NULL;
	}
	return err;
}

int proc_maps__read(uint32_t pid, struct proc_maps **maps)
{
	struct maps_access access = { .pids = { pid }, .nr = 1 };

	return proc_maps__read_with(pid, 0, &access, maps);
}
