// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "held_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add(struct held_objects *to, const struct held_objects *more)
{
	if (more->objects && (!to->objects || more->oldest_ns < to->oldest_ns))
		to->oldest_ns = more->oldest_ns;
	to->bytes += more->bytes;
	to->objects += more->objects;
}

/* In memory that the caller frees; NULL if it ran out. */
static char *join(const char *const *parts, size_t nr_parts)
{
	size_t size = 1, i;
	char *text, *to;

	for (i = 0; i < nr_parts; i++)
		size += parts[i] ? strlen(parts[i]) + 1 : 0;
	text = to = malloc(size);
	for (i = 0; text && i < nr_parts; i++) {
		if (!parts[i] || !parts[i][0])
			continue;
		if (to > text)
			*to++ = ';';
		to = stpcpy(to, parts[i]);
	}
	if (text)
		*to = '\0';
	return text;
}

/* NULL: no memory.  Without room it is what found none. */
static struct held_path *make(struct held_paths *paths, const char *text, size_t len)
{
	size_t size = sizeof(struct held_path) + len + 1;
	struct held_path *path;

	if (size > paths->max_bytes - paths->bytes)
		return &paths->rest;
	path = calloc(1, size);
	if (!path)
		return NULL;
	memcpy(path->text, text, len);
	HASH_ADD_KEYPTR(hh, paths->table, path->text, len, path);
	if (!path->hh.tbl) {
		free(path);
		return NULL;
	}
	paths->bytes += size;
	return path;
}

struct held_path *held_paths__at(struct held_paths *paths, const char *const *parts, size_t nr_parts)
{
	char *text = join(parts, nr_parts);
	struct held_path *path = NULL;

	if (!text)
		return NULL;
	HASH_FIND(hh, paths->table, text, strlen(text), path);
	if (!path)
		path = make(paths, text, strlen(text));
	free(text);
	return path;
}

static struct held_context *find_context(const struct held_paths *paths, uint32_t number)
{
	struct held_context *context;

	HASH_FIND(hh, paths->contexts, &number, sizeof(number), context);
	return context;
}

/* Two processes may have been the first at once; and a recording may say anything. */
int held_paths__take_path(struct held_paths *paths, const struct mt_heap_path *rec, const char *const *parts,
			  size_t nr_parts)
{
	struct held_context *context = find_context(paths, rec->context);
	struct held_path *path = held_paths__at(paths, parts, nr_parts);

	if (!path)
		return -ENOMEM;
	if (context) {
		context->path = path;
		return 0;
	}
	if (sizeof(*context) > paths->max_bytes - paths->bytes)
		return 0;
	context = calloc(1, sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->number = rec->context;
	context->path = path;
	HASH_ADD(hh, paths->contexts, number, sizeof(context->number), context);
	if (!context->hh.tbl) {
		free(context);
		return -ENOMEM;
	}
	paths->bytes += sizeof(*context);
	return 0;
}

int held_paths__add(struct held_paths *paths, const struct held_objects *objects, bool ended, const char *const *parts,
		    size_t nr_parts)
{
	struct held_path *path = held_paths__at(paths, parts, nr_parts);

	if (!path)
		return -ENOMEM;
	add(ended ? &path->ended : &path->next, objects);
	return 0;
}

int held_paths__take(struct held_paths *paths, const struct mt_heap *rec, const char *const *parts, size_t nr_parts)
{
	const struct held_objects objects = { rec->bytes, rec->objects, rec->oldest_ns };
	const struct held_context *context = rec->context ? find_context(paths, rec->context) : NULL;

	if (!context)
		return held_paths__add(paths, &objects, rec->ended, parts, nr_parts);
	add(rec->ended ? &context->path->ended : &context->path->next, &objects);
	return 0;
}

static void settle(struct held_path *path)
{
	path->living = path->next;
	path->next = (struct held_objects){ 0 };
}

void held_paths__settle(struct held_paths *paths)
{
	struct held_path *path, *next;

	HASH_ITER (hh, paths->table, path, next)
		settle(path);
	settle(&paths->rest);
}

void held_paths__take_sum(struct held_paths *paths, const struct mt_heap_sum *rec)
{
	held_paths__settle(paths);
	paths->sum = *rec;
}

struct held_objects held_path__objects(const struct held_path *path, bool ended)
{
	struct held_objects objects = path->living;

	if (ended)
		add(&objects, &path->ended);
	return objects;
}

static int compare(const struct held_path *a, const struct held_path *b, bool ended)
{
	uint64_t more = held_path__objects(a, ended).bytes, less = held_path__objects(b, ended).bytes;

	return more != less ? (more < less) - (more > less) : strcmp(a->text, b->text);
}

static int compare_living(const void *a, const void *b)
{
	return compare(*(struct held_path *const *)a, *(struct held_path *const *)b, false);
}

static int compare_all(const void *a, const void *b)
{
	return compare(*(struct held_path *const *)a, *(struct held_path *const *)b, true);
}

int held_paths__rank(const struct held_paths *paths, bool ended, struct held_path ***list, size_t *nr)
{
	struct held_path *path, *next;

	*nr = 0;
	*list = calloc(HASH_COUNT(paths->table) + 1, sizeof(struct held_path *));
	if (!*list)
		return -ENOMEM;
	HASH_ITER (hh, paths->table, path, next)
		if (held_path__objects(path, ended).objects)
			(*list)[(*nr)++] = path;
	qsort(*list, *nr, sizeof(struct held_path *), ended ? compare_all : compare_living);
	return 0;
}

void held_paths__done(struct held_paths *paths)
{
	struct held_context *context, *next_context;
	struct held_path *path, *next;

	HASH_ITER (hh, paths->contexts, context, next_context) {
		HASH_DEL(paths->contexts, context);
		free(context);
	}

	HASH_ITER (hh, paths->table, path, next) {
		HASH_DEL(paths->table, path);
		free(path);
	}
}
