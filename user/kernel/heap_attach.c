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
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../../bpf/wire.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../symbols/allocators.h"
#include "../symbols/elf_needed.h"
#include "../symbols/maps.h"
#include "heap_probes.h"
#include "proc_maps.h"
#include "uprobe_multi.h"

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

void heap_attach__prepare(struct bpf_object *bpf)
{
	struct bpf_program *program;
	size_t form;

	if (!uprobe_multi__works())
		return;
	for (form = 0; form <= NR_ALLOCATOR_FORMS; form++) {
		program = bpf_object__find_program_by_name(bpf, form < NR_ALLOCATOR_FORMS ? programs[form] : AT_END);
		if (program)
			uprobe_multi__prepare(program);
	}
}

void heap_attach__init(struct heap_attach *attach, struct bpf_object *bpf)
{
	*attach = (struct heap_attach){ .bpf = bpf, .pid = -1 };
}

void heap_attach__forget(struct heap_attach *attach)
{
	free(attach->files.list);
	free(attach->mapped.list);
	attach->files = attach->mapped = (struct heap_files){ 0 };
}

void heap_attach__close(struct heap_attach *attach)
{
	heap_links__close(&attach->links);
	heap_attach__forget(attach);
	memset(attach, 0, sizeof(*attach));
}

int heap_attach__program(struct heap_attach *attach, const char *program, const struct heap_place *place)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(attach->bpf, program);

	return prog ? heap_links__attach(&attach->links, prog, place) : -ENOENT;
}

/* The offsets of the functions of that form or, with NR_ALLOCATOR_FORMS, of all that return something. */
static size_t offsets_of(const struct allocator *allocator, enum allocator_form form, uint64_t *offsets)
{
	size_t nr = 0, i;

	for (i = 0; i < allocator->nr; i++)
		if (allocator->functions[i].form == form ||
		    (form == NR_ALLOCATOR_FORMS && allocator->functions[i].form != ALLOCATOR_FREE))
			offsets[nr++] = allocator->functions[i].offset;
	return nr;
}

/* The ends first: a call whose begin is seen and whose end is not would be missed. */
static int attach_functions(struct heap_attach *attach, int fd, const char *name, const struct allocator *allocator)
{
	uint64_t offsets[MAX_ALLOCATOR_FUNCTIONS];
	struct heap_place place = { .offsets = offsets, .ends = true, .pid = attach->pid };
	char path[64];
	size_t form;
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	place.path = path;
	place.nr = offsets_of(allocator, NR_ALLOCATOR_FORMS, offsets);
	err = heap_attach__program(attach, AT_END, &place);
	place.ends = false;
	for (form = 0; !err && form < NR_ALLOCATOR_FORMS; form++) {
		place.nr = offsets_of(allocator, (enum allocator_form)form, offsets);
		err = heap_attach__program(attach, programs[form], &place);
		attach->functions += err ? 0 : (uint32_t)place.nr;
	}
	if (err && !attach->failed)
		log_warn("%s: not all %zu functions of its allocator can be traced: %s", name, allocator->nr,
			 strerror(-err));
	attach->failed |= err != 0;
	log_debug("%s: %zu functions of an allocator, %zu links", name, allocator->nr, attach->links.nr);
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
	if (!is_wide(&file))
		err = -ENOEXEC;
	else if (attach->probes)
		err = heap_probes__attach(attach, &file, name);
	else
		err = look_at(attach, &file, name, prefix);
	elf_file__close(&file);
	return err;
}

/*
 * Whether the process has a file system of that device mounted that another process answers for, and so perhaps never:
 * "36 35 98:0 /root /mnt rw,noatime master:1 - fuse.sshfs host: rw"
 */
static bool is_answered_by_others(uint32_t pid, uint64_t dev)
{
	unsigned int major_nr, minor_nr;
	char path[64], *line = NULL;
	const char *type;
	bool found = false;
	size_t cap = 0;
	FILE *mounts;

	snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	mounts = fopen(path, "re");
	while (mounts && !found && getline(&line, &cap, mounts) > 0) {
		if (sscanf(line, "%*u %*u %u:%u", &major_nr, &minor_nr) != 2 || makedev(major_nr, minor_nr) != dev)
			continue;
		type = strstr(line, " - ");
		found = type && !strncmp(type + 3, "fuse", 4);
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return found;
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
	if (is_answered_by_others(pid, mapping.dev)) {
		log_debug("%s: not looked at, as its file system may not answer", mapping.path);
		return 0;
	}
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

/* As filters compare: the first 15 bytes of a name are a thread's. */
static bool has_name(const char *pid, const char *tid, const char *const *names, size_t nr_names)
{
	char path[64], comm[MT_COMM_LEN + 1] = "";
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%.15s/task/%.15s/comm", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	for (i = 0; i < nr_names; i++)
		if (!strncmp(comm, names[i], MT_COMM_LEN - 1))
			return true;
	return false;
}

static bool has_thread_named(const char *pid, const char *const *names, size_t nr_names)
{
	struct dirent *entry;
	bool found = false;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%.15s/task", pid);
	tasks = opendir(path);
	while (tasks && !found && (entry = readdir(tasks)))
		found = isdigit((unsigned char)entry->d_name[0]) && has_name(pid, entry->d_name, names, nr_names);
	if (tasks)
		closedir(tasks);
	return found;
}

int heap_attach__machine(struct heap_attach *attach, const char *const *names, size_t nr_names)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && !stop__asked() && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    (names && !has_thread_named(entry->d_name, names, nr_names)))
			continue;
		err = heap_attach__process(attach, (uint32_t)strtoul(entry->d_name, NULL, 10));
		if (err == -ESRCH || err == -EACCES || err == -EPERM)
			err = 0;
	}
	closedir(proc);
	return err;
}
