// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_paths.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

#define PARTS 4 /* so many cgroups may have as much as they like */

struct entry {
	UT_hash_handle hh;
	struct call_paths *paths;
	char cgroup[];
};

struct cgroup_paths {
	struct entry *table;
	size_t max_bytes;
	uint64_t dropped;
};

struct cgroup_paths *cgroup_paths__new(size_t max_bytes)
{
	struct cgroup_paths *paths = calloc(1, sizeof(*paths));

	if (paths)
		paths->max_bytes = max_bytes;
	return paths;
}

static void drop(struct cgroup_paths *paths, struct entry *entry)
{
	HASH_DEL(paths->table, entry);
	call_paths__free(entry->paths);
	free(entry);
}

void cgroup_paths__free(struct cgroup_paths *paths)
{
	struct entry *entry, *next;

	if (!paths)
		return;
	HASH_ITER (hh, paths->table, entry, next) {
		drop(paths, entry);
	}
	free(paths);
}

static size_t bytes_of_all(const struct cgroup_paths *paths)
{
	const struct entry *entry;
	size_t bytes = 0;

	for (entry = paths->table; entry; entry = entry->hh.next)
		bytes += call_paths__bytes(entry->paths);
	return bytes;
}

static struct entry *add_entry(struct cgroup_paths *paths, const char *cgroup)
{
	size_t len = strlen(cgroup), left = paths->max_bytes, taken = bytes_of_all(paths);
	struct entry *entry = taken < left ? malloc(sizeof(*entry) + len + 1) : NULL;

	if (!entry)
		return NULL;
	left = (left - taken) / PARTS;
	entry->paths = call_paths__new(left);
	memcpy(entry->cgroup, cgroup, len + 1);
	if (entry->paths)
		HASH_ADD_KEYPTR(hh, paths->table, entry->cgroup, len, entry);
	if (entry->paths && entry->hh.tbl)
		return entry;
	call_paths__free(entry->paths);
	free(entry);
	return NULL;
}

void cgroup_paths__add(struct cgroup_paths *paths, const char *cgroup, const char *const *parts, size_t nr_parts,
		       const uint64_t *sums)
{
	struct entry *entry;

	HASH_FIND_STR(paths->table, cgroup, entry);
	if (!entry)
		entry = add_entry(paths, cgroup);
	if (entry)
		call_paths__add(entry->paths, parts, nr_parts, sums);
	else
		paths->dropped++;
}

/* Whether it is that cgroup, or below it. */
static bool is_below(const char *cgroup, const char *above)
{
	size_t len = strlen(above);

	if (!strcmp(above, "/"))
		return true;
	return !strncmp(cgroup, above, len) && (!cgroup[len] || cgroup[len] == '/');
}

/* 0 or -1: no memory. */
static int add_all(struct call_paths *sum, const struct call_paths *paths)
{
	const struct call_path *rest = call_paths__rest(paths), **list;
	size_t nr, i;

	list = call_paths__sorted(paths, &nr);
	if (!list && call_paths__nr(paths))
		return -1;
	for (i = 0; i < nr; i++)
		call_paths__add(sum, &list[i]->text, 1, list[i]->sums);
	free(list);
	call_paths__add(sum, NULL, 0, rest->sums);
	return 0;
}

struct call_paths *cgroup_paths__sum(const struct cgroup_paths *paths, const char *cgroup)
{
	struct call_paths *sum = call_paths__new(paths->max_bytes);
	const struct entry *entry;

	for (entry = paths->table; sum && entry; entry = entry->hh.next) {
		if (!is_below(entry->cgroup, cgroup) || !add_all(sum, entry->paths))
			continue;
		call_paths__free(sum);
		sum = NULL;
	}
	return sum;
}

void cgroup_paths__forget(struct cgroup_paths *paths, const char *cgroup)
{
	struct entry *entry, *next;

	HASH_ITER (hh, paths->table, entry, next) {
		if (is_below(entry->cgroup, cgroup))
			drop(paths, entry);
	}
}

uint64_t cgroup_paths__dropped(const struct cgroup_paths *paths)
{
	return paths->dropped;
}
