// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "symbol_search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../symbols/debug_link.h"
#include "../symbols/elf_file.h"
#include "../symbols/function_starts.h"
#include "../symbols/mini_debug.h"

/* A place where a file, a copy of it, or its separate debug file may be. */
struct place {
	enum { BY_PATH, BY_NAME, BY_BUILD_ID, BY_WHOLE_ID, BY_LINK } by;
	bool in_dir; /* below the user's directory, not from the root */
	const char *prefix, *suffix;
};

/* The fourth and fifth are those of debuginfod's clients, in their cache. */
static const struct place places[] = {
	{ .by = BY_PATH, .prefix = "", .suffix = "" },
	{ .by = BY_BUILD_ID, .in_dir = true, .prefix = "/.build-id/", .suffix = ".debug" },
	{ .by = BY_BUILD_ID, .in_dir = true, .prefix = "/.build-id/", .suffix = "" },
	{ .by = BY_WHOLE_ID, .in_dir = true, .prefix = "/", .suffix = "/debuginfo" },
	{ .by = BY_WHOLE_ID, .in_dir = true, .prefix = "/", .suffix = "/executable" },
	{ .by = BY_PATH, .in_dir = true, .prefix = "", .suffix = "" },
	{ .by = BY_PATH, .in_dir = true, .prefix = "", .suffix = ".debug" },
	{ .by = BY_NAME, .in_dir = true, .prefix = "", .suffix = "" },
	{ .by = BY_NAME, .in_dir = true, .prefix = "", .suffix = ".debug" },
	{ .by = BY_LINK, .in_dir = true, .prefix = "", .suffix = "" },
	{ .by = BY_BUILD_ID, .prefix = "/usr/lib/debug/.build-id/", .suffix = ".debug" },
	{ .by = BY_PATH, .prefix = "/usr/lib/debug", .suffix = ".debug" },
	{ .by = BY_PATH, .prefix = "", .suffix = ".debug" },
	{ .by = BY_LINK, .prefix = "", .suffix = "" },
	{ .by = BY_LINK, .prefix = "", .suffix = ".debug/" },
	{ .by = BY_LINK, .prefix = "/usr/lib/debug", .suffix = "" },
};

/* The best symbols that were found so far for a mapping's file. */
struct found {
	const struct mapping *mapping;
	size_t max_bytes, max_debug;
	struct symtab *tab; /* NULL: none */
	struct inlined *inlined;
	enum elf_symbols have;
	struct debug_link link; /* what the file says of its debug file */
};

/* The path of a place; false: there is none. */
static bool path_of(const struct place *place, const char *dir, const struct found *found, char *path, size_t size)
{
	const char *whole = found->mapping->path, *name = strrchr(whole, '/');
	char id[BUILD_ID_HEX_SIZE];
	int len = -1;

	build_id__hex(id, &found->mapping->build_id);
	switch (place->by) {
	case BY_PATH:
		len = snprintf(path, size, "%s%s%s%s", dir, place->prefix, whole, place->suffix);
		break;
	case BY_NAME:
		len = snprintf(path, size, "%s%s%s%s", dir, place->prefix, name, place->suffix);
		break;
	case BY_BUILD_ID: /* "ab/cdef...": the first byte is a directory */
		len = snprintf(path, size, "%s%s%.2s/%s%s", dir, place->prefix, id, id[0] ? id + 2 : id, place->suffix);
		break;
	case BY_WHOLE_ID:
		len = snprintf(path, size, "%s%s%s%s", dir, place->prefix, id, place->suffix);
		break;
	case BY_LINK: /* beside the file, or in a directory there; by its name alone in the user's */
		len = snprintf(path, size, "%s%s%.*s/%s%s", dir, place->prefix, place->in_dir ? 0 : (int)(name - whole),
			       whole, place->suffix, found->link.name);
		break;
	}
	return len >= 0 && len < (int)size;
}

static int open_place(const struct place *place, const char *dir, const struct found *found)
{
	bool by_id = place->by == BY_BUILD_ID || place->by == BY_WHOLE_ID;
	char path[2 * 4096];

	if ((place->in_dir && !dir) || (by_id && !found->mapping->build_id.len) ||
	    (place->by == BY_LINK && !found->link.name[0]))
		return -ENOENT;
	if (!path_of(place, place->in_dir ? dir : "", found, path, sizeof(path)))
		return -ENAMETOOLONG;
	return open_regular(AT_FDCWD, path, false);
}

/* Without a build id only the mapped file itself is accepted, and the debug file that it names. */
static bool is_wanted(const struct elf_file *file, const struct found *found)
{
	const struct mapping *mapping = found->mapping;
	struct build_id id;

	elf_file__build_id(file, &id);
	if (!build_id__equal(&id, &mapping->build_id))
		return false;
	return id.len || (mapping->inode && file->dev == mapping->dev && file->inode == mapping->inode) ||
	       debug_link__matches(&found->link, file);
}

/* What the file has: names, and where functions without one begin. */
static enum elf_symbols read_table(const struct elf_file *file, const char *path, struct symtab *tab)
{
	enum elf_symbols got = elf_file__symbols(file, tab);
	const char *name = strrchr(path, '/');
	size_t starts;

	if (got != ELF_SYMBOLS_ALL && mini_debug__add(file, tab))
		got = ELF_SYMBOLS_MINI;
	starts = got != ELF_SYMBOLS_ALL ? function_starts__add(file, name ? name + 1 : path, tab) : 0;
	return got == ELF_SYMBOLS_NONE && starts ? ELF_SYMBOLS_STARTS : got;
}

/* Takes over the file. */
static void read_better(struct found *found, struct elf_file *file)
{
	struct symtab *tab = is_wanted(file, found) ? symtab__new(found->max_bytes) : NULL;
	enum elf_symbols got = tab ? read_table(file, found->mapping->path, tab) : ELF_SYMBOLS_NONE;

	if (tab && !found->link.name[0])
		debug_link__read(file, &found->link);
	if (got <= found->have) {
		elf_file__close(file);
		symtab__free(tab);
		return;
	}
	symtab__free(found->tab);
	inlined__free(found->inlined);
	found->tab = tab;
	found->have = got;
	found->inlined = found->max_debug ? inlined__new(file, found->max_debug) : NULL;
	elf_file__close(file);
}

/* fd: a file descriptor, or -errno */
static void read_fd(struct found *found, int fd)
{
	struct elf_file file;

	if (fd >= 0 && !elf_file__open(&file, fd))
		read_better(found, &file);
}

/*
 * Uses this process's own image, because all processes have the same.  A different one (in a recording, in a 32-bit
 * process) also has a different build id.
 */
static void read_vdso(struct found *found)
{
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	const struct mapping *own;
	struct proc_maps *maps;
	struct elf_file file;

	if (!start || proc_maps__read((uint32_t)getpid(), &maps))
		return;
	own = proc_maps__find(maps, start);
	if (own && !elf_file__open_image(&file, (char *)(uintptr_t)start, own->end - start))
		read_better(found, &file);
	proc_maps__free(maps);
}

/* A process's path that also leads to its file from here.  Files that only a recording knows are found by build ids. */
static bool is_path_ours(const struct mapping *mapping)
{
	int fd = mapping->inode ? open_regular(AT_FDCWD, mapping->path, false) : -1;
	bool same = fd >= 0 && proc_maps__is_file(fd, mapping);

	if (fd >= 0)
		close(fd);
	return same || !mapping->inode;
}

struct symbol_source symbol_search__read(const struct symbol_search *search, const struct mapping *mapping)
{
	struct found found = { .mapping = mapping, .max_bytes = search->max_bytes, .max_debug = search->max_debug };
	struct maps_access access = search->access;
	bool ours;

	if (!strcmp(mapping->path, "[vdso]"))
		read_vdso(&found);
	if (mapping->path[0] != '/')
		return (struct symbol_source){ found.tab, found.inlined };
	if (mapping->inode)
		read_fd(&found, proc_maps__open_file(&access, mapping));
	ours = is_path_ours(mapping);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && found.have != ELF_SYMBOLS_ALL; i++)
		if (ours || places[i].in_dir || places[i].by == BY_BUILD_ID)
			read_fd(&found, open_place(&places[i], search->dir, &found));
	return (struct symbol_source){ found.tab, found.inlined };
}
