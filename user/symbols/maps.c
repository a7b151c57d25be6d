/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "starts.h"

struct proc_maps {
	uint32_t pid;
	uint64_t serial;
	struct mapping *v; /* sorted by address; each owns its path */
	size_t nr, cap;
	size_t path_bytes;
};

struct proc_maps *proc_maps__new(uint32_t pid)
{
	static uint64_t last_serial;
	struct proc_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return NULL;
	maps->pid = pid;
	maps->serial = ++last_serial;
	return maps;
}

void proc_maps__free(struct proc_maps *maps)
{
	if (!maps)
		return;
	for (size_t i = 0; i < maps->nr; i++)
		free((char *)maps->v[i].path);
	free(maps->v);
	free(maps);
}

uint32_t proc_maps__pid(const struct proc_maps *maps)
{
	return maps->pid;
}

uint64_t proc_maps__serial(const struct proc_maps *maps)
{
	return maps->serial;
}

size_t proc_maps__count(const struct proc_maps *maps)
{
	return maps->nr;
}

const struct mapping *proc_maps__at(const struct proc_maps *maps, size_t i)
{
	return &maps->v[i];
}

size_t proc_maps__bytes(const struct proc_maps *maps)
{
	return sizeof(*maps) + maps->cap * sizeof(*maps->v) + maps->path_bytes;
}

/* How many begin at the address or below it. */
static size_t begun(const struct proc_maps *maps, uint64_t address)
{
	return starts__count(maps->v, maps->nr, sizeof(*maps->v), address);
}

const struct mapping *proc_maps__find(const struct proc_maps *maps, uint64_t address)
{
	size_t i = begun(maps, address);

	return i && address < maps->v[i - 1].end ? &maps->v[i - 1] : NULL;
}

static int reserve_one(struct proc_maps *maps, size_t path_size)
{
	size_t cap = maps->nr < maps->cap ? maps->cap : maps->cap ? 2 * maps->cap : 16;
	struct mapping *v;

	if (sizeof(*maps) + cap * sizeof(*v) + maps->path_bytes + path_size > PROC_MAPS_MAX_BYTES)
		return -E2BIG;
	if (cap == maps->cap)
		return 0;
	v = realloc(maps->v, cap * sizeof(*v));
	if (!v)
		return -ENOMEM;
	maps->v = v;
	maps->cap = cap;
	return 0;
}

int proc_maps__add(struct proc_maps *maps, const struct mapping *mapping)
{
	size_t path_size = strlen(mapping->path) + 1, at = begun(maps, mapping->start);
	char *path;
	int err;

	if (mapping->start >= mapping->end || mapping->build_id.len > BUILD_ID_MAX)
		return -EINVAL;
	if ((at && maps->v[at - 1].end > mapping->start) || (at < maps->nr && maps->v[at].start < mapping->end))
		return -EINVAL;
	err = reserve_one(maps, path_size);
	if (err)
		return err;
	path = malloc(path_size);
	if (!path)
		return -ENOMEM;
	memcpy(path, mapping->path, path_size);
	memmove(&maps->v[at + 1], &maps->v[at], (maps->nr - at) * sizeof(*maps->v));
	maps->v[at] = *mapping;
	maps->v[at].path = path;
	maps->nr++;
	maps->path_bytes += path_size;
	return 0;
}

static void remove_at(struct proc_maps *maps, size_t at)
{
	maps->path_bytes -= strlen(maps->v[at].path) + 1;
	free((char *)maps->v[at].path);
	maps->nr--;
	memmove(&maps->v[at], &maps->v[at + 1], (maps->nr - at) * sizeof(*maps->v));
}

static void cut_front(struct mapping *mapping, uint64_t start)
{
	mapping->file_offset += start - mapping->start;
	mapping->vaddr += start - mapping->start;
	mapping->start = start;
}

/* Makes room: of a mapping that reaches over both ends, the part behind is added again. */
static int clear(struct proc_maps *maps, uint64_t start, uint64_t end)
{
	size_t at = begun(maps, start);
	struct mapping behind;
	int err = 0;

	if (at && maps->v[at - 1].end > start) {
		behind = maps->v[at - 1];
		maps->v[at - 1].end = start;
		if (behind.end > end) {
			cut_front(&behind, end);
			err = proc_maps__add(maps, &behind);
		}
		if (maps->v[at - 1].start == start)
			remove_at(maps, --at);
	}
	while (at < maps->nr && maps->v[at].end <= end)
		remove_at(maps, at);
	if (at < maps->nr && maps->v[at].start < end)
		cut_front(&maps->v[at], end);
	return err;
}

int proc_maps__put(struct proc_maps *maps, const struct mapping *mapping)
{
	int err = mapping->start < mapping->end ? clear(maps, mapping->start, mapping->end) : -EINVAL;

	return err ? err : proc_maps__add(maps, mapping);
}

/* Reads hexadecimal digits up to the character end; the place behind it, or NULL. */
static char *take_hex(char *p, char end, uint64_t *value)
{
	size_t nr = strspn(p, "0123456789abcdef");

	if (!nr || nr > 16 || p[nr] != end)
		return NULL;
	*value = strtoull(p, NULL, 16);
	return p + nr + 1;
}

/* The kernel writes a newline in a path as "\012"; it escapes no other character. */
static void unescape(char *path)
{
	char *out = path;

	while (*path) {
		bool newline = !strncmp(path, "\\012", 4);

		*out++ = newline ? '\n' : *path;
		path += newline ? 4 : 1;
	}
	*out = '\0';
}

/* Whether it was there. */
static bool cut_end(char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	if (len < end_len || strcmp(text + len - end_len, end))
		return false;
	text[len - end_len] = '\0';
	return true;
}

const char *mapping__clean_path(char *path)
{
	if (!strncmp(path, "//", 2))
		path[0] = '\0';
	cut_end(path, MAPPING_DELETED);
	return path;
}

/* "55d0c0de1000-55d0c0de3000 r-xp 00001000 fe:00 1234                      /usr/bin/true" */
int mapping__parse(char *line, struct mapping *mapping)
{
	struct mapping m = { 0 };
	char *p = line, *perms;
	uint64_t major, minor;

	line[strcspn(line, "\n")] = '\0';
	p = take_hex(p, '-', &m.start);
	p = p ? take_hex(p, ' ', &m.end) : NULL;
	perms = p;
	if (!p || strspn(p, "rwxsp-") != 4 || p[4] != ' ')
		return -EINVAL;
	p = take_hex(p + 5, ' ', &m.file_offset);
	p = p ? take_hex(p, ':', &major) : NULL; /* not always those of fstat(2) */
	p = p ? take_hex(p, ' ', &minor) : NULL;
	if (!p || m.start >= m.end)
		return -EINVAL;
	m.dev = makedev((unsigned int)major, (unsigned int)minor);
	m.inode = strtoull(p, NULL, 10);
	p += strspn(p, "0123456789");
	if (*p && *p != ' ')
		return -EINVAL;
	p += strspn(p, " ");
	m.deleted = cut_end(p, MAPPING_DELETED);
	unescape(p);
	m.path = p;
	*mapping = m;
	return perms[2] == 'x';
}
