// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "call_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

struct entry {
	UT_hash_handle hh;
	struct call_path path;
	char text[];
};

struct call_paths {
	struct entry *table;
	struct call_path rest;
	size_t bytes, max_bytes;
	char *text; /* the one that is looked for */
	size_t room;
};

struct call_paths *call_paths__new(size_t max_bytes)
{
	struct call_paths *paths = calloc(1, sizeof(*paths));

	if (paths)
		paths->max_bytes = max_bytes;
	return paths;
}

void call_paths__free(struct call_paths *paths)
{
	struct entry *entry, *next;

	if (!paths)
		return;
	HASH_ITER (hh, paths->table, entry, next) {
		HASH_DEL(paths->table, entry);
		free(entry);
	}
	free(paths->text);
	free(paths);
}

/* The length of the text that the parts make, which is in paths->text then; 0: they make none, or no memory. */
static size_t join(struct call_paths *paths, const char *const *parts, size_t nr_parts)
{
	size_t len = 0, size, i;
	char *more;

	for (i = 0; i < nr_parts; i++) {
		size = parts[i] ? strlen(parts[i]) : 0;
		if (!size)
			continue;
		if (len + size + 2 > paths->room) {
			more = realloc(paths->text, (len + size + 2) * 2);
			if (!more)
				return 0;
			paths->text = more;
			paths->room = (len + size + 2) * 2;
		}
		if (len)
			paths->text[len++] = ';';
		memcpy(paths->text + len, parts[i], size);
		len += size;
	}
	return len;
}

/* NULL: there is no room, or no memory. */
static struct entry *add_entry(struct call_paths *paths, size_t len)
{
	size_t size = sizeof(struct entry) + len + 1;
	struct entry *entry;

	if (size > paths->max_bytes - paths->bytes)
		return NULL;
	entry = malloc(size);
	if (!entry)
		return NULL;
	memset(&entry->path, 0, sizeof(entry->path));
	memcpy(entry->text, paths->text, len);
	entry->text[len] = '\0';
	entry->path.text = entry->text;
	HASH_ADD_KEYPTR(hh, paths->table, entry->text, len, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	paths->bytes += size;
	return entry;
}

struct call_path *call_paths__at(struct call_paths *paths, const char *const *parts, size_t nr_parts)
{
	size_t len = join(paths, parts, nr_parts);
	struct entry *entry = NULL;

	if (len)
		HASH_FIND(hh, paths->table, paths->text, len, entry);
	if (len && !entry)
		entry = add_entry(paths, len);
	return entry ? &entry->path : &paths->rest;
}

void call_paths__add(struct call_paths *paths, const char *const *parts, size_t nr_parts, const uint64_t *sums)
{
	struct call_path *path = call_paths__at(paths, parts, nr_parts);
	size_t i;

	for (i = 0; i < NR_CALL_WEIGHTS; i++)
		path->sums[i] += sums[i];
}

size_t call_paths__nr(const struct call_paths *paths)
{
	return HASH_COUNT(paths->table);
}

size_t call_paths__bytes(const struct call_paths *paths)
{
	return paths->bytes;
}

const struct call_path *call_paths__rest(const struct call_paths *paths)
{
	return &paths->rest;
}

/* The end of a path comes before everything, the end of a function before all that may be in a name. */
static int rank(char c)
{
	return c == '\0' ? -1 : c == ';' ? 0 : (unsigned char)c;
}

static int by_text(const void *a, const void *b)
{
	const char *one = (*(const struct call_path *const *)a)->text;
	const char *two = (*(const struct call_path *const *)b)->text;

	for (; *one && *one == *two; one++, two++)
		;
	return rank(*one) - rank(*two);
}

const struct call_path **call_paths__sorted(const struct call_paths *paths, size_t *nr)
{
	const struct call_path **list;
	struct entry *entry;

	*nr = 0;
	errno = 0;
	if (!HASH_COUNT(paths->table))
		return NULL;
	list = calloc(HASH_COUNT(paths->table), sizeof(*list));
	if (!list) {
		errno = ENOMEM;
		return NULL;
	}
	for (entry = paths->table; entry; entry = entry->hh.next)
		list[(*nr)++] = &entry->path;
	qsort(list, *nr, sizeof(*list), by_text);
	return list;
}
