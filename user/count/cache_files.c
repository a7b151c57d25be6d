// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cache_files.h"

#include <stdlib.h>

#include "../base/hash.h"

struct cache_file {
	UT_hash_handle hh;
	struct mt_cache_by_file_key key;
	struct mt_cache_file record;
};

static struct cache_file *find(const struct cache_files *files, const struct mt_cache_by_file_key *key)
{
	struct cache_file *file;

	HASH_FIND(hh, files->table, key, sizeof(*key), file);
	return file;
}

static struct cache_file *make(struct cache_files *files, const struct mt_cache_by_file_key *key)
{
	struct cache_file *file;

	if (HASH_COUNT(files->table) >= CACHE_FILES_MAX)
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->key = *key;
	HASH_ADD(hh, files->table, key, sizeof(file->key), file);
	if (file->hh.tbl)
		return file;
	free(file);
	return NULL;
}

void cache_files__add(struct cache_files *files, const struct mt_cache_file *record)
{
	const struct mt_cache_by_file_key key = { .inode = record->inode,
						  .device_major = record->device_major,
						  .device_minor = record->device_minor,
						  .generation = record->generation };
	struct cache_file *file = find(files, &key);

	if (!file)
		file = make(files, &key);
	if (!file)
		return;
	file->record = *record;
	file->record.path[sizeof(file->record.path) - 1] = '\0';
}

const struct mt_cache_file *cache_files__find(const struct cache_files *files, const struct mt_cache_by_file_key *key)
{
	const struct mt_cache_by_file_key clean = { .inode = key->inode,
						    .device_major = key->device_major,
						    .device_minor = key->device_minor,
						    .generation = key->generation };
	const struct cache_file *file = find(files, &clean);

	return file ? &file->record : NULL;
}

void cache_files__done(struct cache_files *files)
{
	struct cache_file *file, *next;

	HASH_ITER (hh, files->table, file, next) {
		HASH_DEL(files->table, file);
		free(file);
	}
}
