// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cfi_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/queue.h>
#include <unistd.h>

#include "../symbols/elf_file.h"

/* Enough for the libraries of some programs; each keeps what was looked up in it, and is read again after so much. */
#define MAX_FILES 48
#define MAX_USES  100000
/* A process through which a file is opened may be gone: then others are tried. */
#define MAX_TRIES 3

struct cfi_file {
	TAILQ_ENTRY(cfi_file) by_use;
	uint64_t dev, inode;
	struct build_id build_id;
	struct cfi *cfi;    /* NULL: there is none */
	unsigned int tries; /* to open it */
	uint32_t pid;	    /* the first process through which that was tried last */
};

struct cfi_files {
	TAILQ_HEAD(cfi_file_list, cfi_file) by_use; /* the most recently used first */
	size_t nr;
	struct maps_access access;
};

struct cfi_files *cfi_files__new(void)
{
	struct cfi_files *files = calloc(1, sizeof(*files));

	if (files)
		TAILQ_INIT(&files->by_use);
	return files;
}

static void drop(struct cfi_files *files, struct cfi_file *file)
{
	TAILQ_REMOVE(&files->by_use, file, by_use);
	files->nr--;
	cfi__free(file->cfi);
	free(file);
}

void cfi_files__free(struct cfi_files *files)
{
	if (!files)
		return;
	while (!TAILQ_EMPTY(&files->by_use))
		drop(files, TAILQ_FIRST(&files->by_use));
	free(files);
}

void cfi_files__through(struct cfi_files *files, const struct maps_access *access)
{
	files->access = *access;
}

static bool is_of(const struct cfi_file *file, const struct mapping *mapping)
{
	return file->dev == mapping->dev && file->inode == mapping->inode &&
	       file->build_id.len == mapping->build_id.len && build_id__equal(&file->build_id, &mapping->build_id);
}

/* This process's own: all have the same one. */
static struct cfi *open_vdso(void)
{
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	const struct mapping *own;
	struct cfi *cfi = NULL;
	struct proc_maps *maps;

	if (!start || proc_maps__read((uint32_t)getpid(), &maps))
		return NULL;
	own = proc_maps__find(maps, start);
	if (own)
		cfi = cfi__open_image((char *)(uintptr_t)start, own->end - start);
	proc_maps__free(maps);
	return cfi;
}

/* What a recording knows by its build id. */
static int open_same(const struct mapping *mapping)
{
	struct elf_file file;
	struct build_id id;
	bool same;
	int fd;

	if (mapping->inode || !mapping->build_id.len || mapping->path[0] != '/')
		return -1;
	fd = open_regular(AT_FDCWD, mapping->path, false);
	if (fd < 0 || elf_file__open(&file, fd))
		return -1;
	same = elf_file__build_id(&file, &id) && build_id__equal(&id, &mapping->build_id);
	fd = same ? fcntl(file.fd, F_DUPFD_CLOEXEC, 0) : -1;
	elf_file__close(&file);
	return fd;
}

static struct cfi *open_cfi(const struct cfi_files *files, const struct mapping *mapping)
{
	int fd;

	if (!strcmp(mapping->path, "[vdso]"))
		return open_vdso();
	fd = mapping->inode ? proc_maps__open_file(&files->access, mapping) : open_same(mapping);
	return fd < 0 ? NULL : cfi__open(fd);
}

static void try_open(struct cfi_files *files, struct cfi_file *file, const struct mapping *mapping)
{
	file->tries++;
	file->pid = files->access.nr ? files->access.pids[0] : 0;
	file->cfi = open_cfi(files, mapping);
}

static struct cfi_file *add(struct cfi_files *files, const struct mapping *mapping)
{
	struct cfi_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->dev = mapping->dev;
	file->inode = mapping->inode;
	file->build_id = mapping->build_id;
	try_open(files, file, mapping);
	if (files->nr >= MAX_FILES)
		drop(files, TAILQ_LAST(&files->by_use, cfi_file_list));
	TAILQ_INSERT_HEAD(&files->by_use, file, by_use);
	files->nr++;
	return file;
}

struct cfi *cfi_files__find(void *ctx, const struct mapping *mapping)
{
	struct cfi_files *files = ctx;
	struct cfi_file *file = TAILQ_FIRST(&files->by_use);

	while (file && !is_of(file, mapping))
		file = TAILQ_NEXT(file, by_use);
	if (file && file->cfi && cfi__used(file->cfi) > MAX_USES) {
		drop(files, file);
		file = NULL;
	}
	if (!file)
		file = add(files, mapping);
	else if (!file->cfi && file->tries < MAX_TRIES && files->access.nr && file->pid != files->access.pids[0])
		try_open(files, file, mapping);
	if (!file)
		return NULL;
	if (file != TAILQ_FIRST(&files->by_use)) {
		TAILQ_REMOVE(&files->by_use, file, by_use);
		TAILQ_INSERT_HEAD(&files->by_use, file, by_use);
	}
	return file->cfi;
}
