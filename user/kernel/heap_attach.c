// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_attach.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../symbols/allocators.h"
#include "../symbols/elf_needed.h"
#include "../symbols/maps.h"
#include "proc_maps.h"

/* By enum allocator_form. */
static const char *const programs[NR_ALLOCATOR_FORMS] = {
	[ALLOCATOR_FIRST] = "heap_first",
	[ALLOCATOR_SECOND] = "heap_second",
	[ALLOCATOR_PRODUCT] = "heap_product",
	[ALLOCATOR_MOVE] = "heap_move",
	[ALLOCATOR_MOVE_PRODUCT] = "heap_move_product",
	[ALLOCATOR_STORE] = "heap_store",
	[ALLOCATOR_FREE] = "heap_free",
};

#define AT_END "heap_end"

void heap_attach__init(struct heap_attach *attach, struct bpf_object *bpf)
{
	*attach = (struct heap_attach){ .bpf = bpf, .pid = -1 };
}

void heap_attach__close(struct heap_attach *attach)
{
	while (attach->nr_links)
		bpf_link__destroy(attach->links[--attach->nr_links]);
	free(attach->links);
	free(attach->files.list);
	free(attach->mapped.list);
	memset(attach, 0, sizeof(*attach));
}

int heap_attach__program(struct heap_attach *attach, const char *program, bool ends, const char *path, uint64_t offset)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(attach->bpf, program);
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = ends);
	struct bpf_link **links, *link;

	if (!prog)
		return -ENOENT;
	links = realloc(attach->links, (attach->nr_links + 1) * sizeof(*links));
	if (!links)
		return -ENOMEM;
	attach->links = links;
	link = bpf_program__attach_uprobe_opts(prog, attach->pid, path, offset, &opts);
	if (!link)
		return -errno;
	attach->links[attach->nr_links++] = link;
	return 0;
}

/* The end first: a call whose begin is seen and whose end is not would be missed. */
static int attach_function(struct heap_attach *attach, const char *path, const struct allocator_function *function)
{
	int err = 0;

	if (function->form != ALLOCATOR_FREE)
		err = heap_attach__program(attach, AT_END, true, path, function->offset);
	return err ? err : heap_attach__program(attach, programs[function->form], false, path, function->offset);
}

static int attach_functions(struct heap_attach *attach, int fd, const char *name, const struct allocator *allocator)
{
	char path[64];
	size_t i;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (i = 0; !err && i < allocator->nr; i++)
		err = attach_function(attach, path, &allocator->functions[i]);
	if (err && !attach->failed)
		log_warn("%s: %s: cannot be traced: %s", name, allocator->functions[i - 1].name, strerror(-err));
	attach->failed |= err != 0;
	attach->functions += err ? i - 1 : i;
	log_debug("%s: %zu functions of an allocator", name, allocator->nr);
	return err;
}

/* Notes that a file was looked at: 1, 0 if it was already, or -ENOMEM. */
static int remember(struct heap_files *seen, struct heap_file file)
{
	struct heap_file *list;
	size_t i;

	for (i = 0; i < seen->nr; i++)
		if (seen->list[i].dev == file.dev && seen->list[i].inode == file.inode && seen->list[i].pid == file.pid)
			return 0;
	list = realloc(seen->list, (seen->nr + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	seen->list = list;
	list[seen->nr++] = file;
	return 1;
}

static void take_any_need(void *ctx, enum elf_need need, const char *text)
{
	*(bool *)ctx = true;
}

/* Such a program may well have an allocator in it. */
static void say_stripped(const struct heap_attach *attach, const struct elf_file *file, const char *name)
{
	bool is_dynamic = false;

	elf_file__visit_needed(file, take_any_need, &is_dynamic);
	if (attach->tells && !is_dynamic)
		log_note("%s: has no table of symbols (it is stripped), so an allocator in it is not found", name);
}

static int look_at(struct heap_attach *attach, struct elf_file *file, const char *name, const char *prefix)
{
	struct allocator *allocator = malloc(sizeof(*allocator));
	int err = 0, nr;

	if (!allocator)
		return -ENOMEM;
	allocator__find(allocator, file, prefix);
	nr = (int)allocator->nr;
	if (allocator->symbols == ELF_SYMBOLS_NONE)
		say_stripped(attach, file, name);
	if (nr) {
		attach->with_functions++;
		err = attach_functions(attach, file->fd, name, allocator);
	}
	free(allocator);
	return err ? err : nr;
}

/* A 32-bit program has its arguments on the stack, where no program looks for them. */
static bool is_wide(const struct elf_file *file)
{
	const char *ident = elf_getident(file->elf, NULL);

	return ident && ident[EI_CLASS] == ELFCLASS64 && elf_file__is_our_order(file);
}

int heap_attach__file(struct heap_attach *attach, int fd, const char *name, const char *prefix)
{
	struct elf_file file;
	struct stat st;
	int err;

	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	err = remember(&attach->files, (struct heap_file){ st.st_dev, st.st_ino, attach->pid });
	if (err <= 0) {
		close(fd);
		return err;
	}
	err = elf_file__open(&file, fd);
	if (err)
		return err;
	err = is_wide(&file) ? look_at(attach, &file, name, prefix) : -ENOEXEC;
	elf_file__close(&file);
	return err;
}

static int take_line(struct heap_attach *attach, uint32_t pid, char *line)
{
	const struct maps_access access = { .pids = { pid }, .nr = 1 };
	struct mapping mapping;
	int fd, err;

	if (mapping__parse(line, &mapping) <= 0 || !mapping.inode)
		return 0;
	err = remember(&attach->mapped, (struct heap_file){ mapping.dev, mapping.inode, attach->pid });
	if (err <= 0)
		return err;
	fd = proc_maps__open_file(&access, &mapping);
	if (fd < 0)
		return 0;
	err = heap_attach__file(attach, fd, mapping.path, NULL);
	return err < 0 && err != -ENOEXEC ? err : 0;
}

int heap_attach__process(struct heap_attach *attach, uint32_t pid)
{
	char path[64], *line = NULL;
	size_t cap = 0;
	FILE *maps;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!err && !stop__asked() && getline(&line, &cap, maps) > 0)
		err = take_line(attach, pid, line);
	free(line);
	fclose(maps);
	return err;
}

int heap_attach__machine(struct heap_attach *attach)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && !stop__asked() && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		err = heap_attach__process(attach, (uint32_t)strtoul(entry->d_name, NULL, 10));
		if (err == -ESRCH || err == -EACCES || err == -EPERM)
			err = 0;
	}
	closedir(proc);
	return err;
}
