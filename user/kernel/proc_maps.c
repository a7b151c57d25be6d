// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "proc_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"

/* The kernel's own image in each process is a few pages. */
#define MAX_VDSO_BYTES (64 * 1024)

static int open_mapped(uint32_t pid, const struct mapping *mapping)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start, mapping->end);
	return open_regular(AT_FDCWD, path, false);
}

/* By its path the process may by now find another file: the inode must be the same. */
static int open_in_root(uint32_t pid, const struct mapping *mapping)
{
	char path[64];
	struct stat st;
	int root, fd;

	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = open_regular(root, mapping->path, true);
	close(root);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != mapping->inode)) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

int proc_maps__open_file(uint32_t pid, const struct mapping *mapping)
{
	int fd;

	if (mapping->path[0] != '/')
		return -ENOENT;
	fd = open_mapped(pid, mapping);
	return fd == -EPERM || fd == -EACCES ? open_in_root(pid, mapping) : fd;
}

static void describe(struct mapping *mapping, const struct elf_file *file)
{
	elf_file__build_id(file, &mapping->build_id);
	mapping->elf = elf_file__vaddr(file, mapping->file_offset, mapping->end - mapping->start, &mapping->vaddr);
	mapping->dev = file->dev;
	mapping->inode = file->inode;
}

static void describe_file(uint32_t pid, struct mapping *mapping)
{
	struct elf_file file;
	int fd = proc_maps__open_file(pid, mapping);

	if (fd < 0 || elf_file__open(&file, fd))
		return;
	describe(mapping, &file);
	elf_file__close(&file);
}

/* No file: its image is in the process's memory. */
static void describe_vdso(uint32_t pid, struct mapping *mapping)
{
	size_t size = mapping->end - mapping->start;
	struct elf_file file;
	char path[64], *image;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/mem", pid);
	image = size <= MAX_VDSO_BYTES ? malloc(size) : NULL;
	fd = image ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && pread(fd, image, size, (off_t)mapping->start) == (ssize_t)size &&
	    !elf_file__open_image(&file, image, size)) {
		describe(mapping, &file);
		elf_file__close(&file);
	}
	if (fd >= 0)
		close(fd);
	free(image);
}

static int add_line(struct proc_maps *maps, char *line)
{
	struct mapping mapping;

	if (mapping__parse(line, &mapping) <= 0)
		return 0;
	if (!strcmp(mapping.path, "[vdso]"))
		describe_vdso(proc_maps__pid(maps), &mapping);
	else
		describe_file(proc_maps__pid(maps), &mapping);
	/* -EINVAL: mappings changed while they were read, and one came twice */
	return proc_maps__add(maps, &mapping) == -ENOMEM ? -ENOMEM : 0;
}

static int add_lines(struct proc_maps *maps, FILE *file)
{
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	while (!err && getline(&line, &cap, file) > 0)
		err = add_line(maps, line);
	free(line);
	return err ? err : proc_maps__count(maps) ? 0 : -ESRCH;
}

int proc_maps__read(uint32_t pid, struct proc_maps **maps)
{
	char path[64];
	FILE *file;
	int err;

	*maps = NULL;
	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	*maps = proc_maps__new(pid);
	err = *maps ? add_lines(*maps, file) : -ENOMEM;
	fclose(file);
	if (err) {
		proc_maps__free(*maps);
		*maps = NULL;
	}
	return err;
}
