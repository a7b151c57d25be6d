// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "elf_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/hash.h"

#define MAX_FILES 8192

/* A file that was changed since has another ctime, which cannot be set back. */
struct file_version {
	uint64_t dev, inode, size, changed_s, changed_ns;
};

struct entry {
	UT_hash_handle hh;
	struct file_version key;
	struct build_id build_id;
	struct elf_segment segments[ELF_CACHE_SEGMENTS];
	size_t nr;
};

struct elf_cache {
	struct entry *table;
};

struct elf_cache *elf_cache__new(void)
{
	return calloc(1, sizeof(struct elf_cache));
}

static void forget(struct elf_cache *cache)
{
	struct entry *entry, *next;

	for (entry = cache->table; entry; entry = next) {
		next = entry->hh.next;
		HASH_DEL(cache->table, entry);
		free(entry);
	}
}

void elf_cache__free(struct elf_cache *cache)
{
	if (!cache)
		return;
	forget(cache);
	free(cache);
}

static void gather(struct entry *entry, const struct elf_file *file)
{
	elf_file__build_id(file, &entry->build_id);
	entry->nr = elf_file__segments(file, entry->segments, ELF_CACHE_SEGMENTS);
}

static void apply(const struct entry *entry, struct mapping *mapping)
{
	mapping->build_id = entry->build_id;
	mapping->elf = elf_segments__vaddr(entry->segments, entry->nr, mapping->file_offset,
					   mapping->end - mapping->start, &mapping->vaddr);
}

void elf_cache__describe_open(const struct elf_file *file, struct mapping *mapping)
{
	struct entry entry = { 0 };

	gather(&entry, file);
	apply(&entry, mapping);
	mapping->dev = file->dev;
	mapping->inode = file->inode;
}

/* A file that is no ELF file has nothing; that is also cached. */
static struct entry *add(struct elf_cache *cache, const struct file_version *key, int fd)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct elf_file file;

	if (!entry)
		return NULL;
	entry->key = *key;
	fd = dup(fd);
	if (fd >= 0 && !elf_file__open(&file, fd)) {
		gather(entry, &file);
		elf_file__close(&file);
	}
	if (HASH_COUNT(cache->table) >= MAX_FILES)
		forget(cache);
	HASH_ADD(hh, cache->table, key, sizeof(entry->key), entry);
	if (entry->hh.tbl)
		return entry;
	free(entry);
	return NULL;
}

void elf_cache__describe(struct elf_cache *cache, int fd, struct mapping *mapping)
{
	struct elf_cache once = { 0 };
	struct file_version key;
	struct entry *entry;
	struct stat st;

	if (!cache)
		cache = &once;
	if (!fstat(fd, &st)) {
		key = (struct file_version){ st.st_dev, st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_ctim.tv_sec,
					     (uint64_t)st.st_ctim.tv_nsec };
		HASH_FIND(hh, cache->table, &key, sizeof(key), entry);
		if (!entry)
			entry = add(cache, &key, fd);
		if (entry) {
			apply(entry, mapping);
			mapping->dev = st.st_dev;
			mapping->inode = st.st_ino;
		}
	}
	forget(&once);
	close(fd);
}
