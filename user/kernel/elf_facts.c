// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "elf_facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/hash.h"

#define MAX_FILES 8192

/* A file that was changed since has another time of that; nobody can set it back. */
struct file_version {
	uint64_t dev, inode, size, changed_s, changed_ns;
};

struct fact {
	UT_hash_handle hh;
	struct file_version key;
	struct build_id build_id;
	struct elf_segment segments[ELF_FACTS_SEGMENTS];
	size_t nr;
};

struct elf_facts {
	struct fact *table;
};

struct elf_facts *elf_facts__new(void)
{
	return calloc(1, sizeof(struct elf_facts));
}

static void forget(struct elf_facts *facts)
{
	struct fact *fact, *next;

	for (fact = facts->table; fact; fact = next) {
		next = fact->hh.next;
		HASH_DEL(facts->table, fact);
		free(fact);
	}
}

void elf_facts__free(struct elf_facts *facts)
{
	if (!facts)
		return;
	forget(facts);
	free(facts);
}

static void gather(struct fact *fact, const struct elf_file *file)
{
	elf_file__build_id(file, &fact->build_id);
	fact->nr = elf_file__segments(file, fact->segments, ELF_FACTS_SEGMENTS);
}

static void apply(const struct fact *fact, struct mapping *mapping)
{
	mapping->build_id = fact->build_id;
	mapping->elf = elf_segments__vaddr(fact->segments, fact->nr, mapping->file_offset,
					   mapping->end - mapping->start, &mapping->vaddr);
}

void elf_facts__describe_open(const struct elf_file *file, struct mapping *mapping)
{
	struct fact fact = { 0 };

	gather(&fact, file);
	apply(&fact, mapping);
	mapping->dev = file->dev;
	mapping->inode = file->inode;
}

/* One that is no ELF file has no facts, which is one. */
static struct fact *add(struct elf_facts *facts, const struct file_version *key, int fd)
{
	struct fact *fact = calloc(1, sizeof(*fact));
	struct elf_file file;

	if (!fact)
		return NULL;
	fact->key = *key;
	fd = dup(fd);
	if (fd >= 0 && !elf_file__open(&file, fd)) {
		gather(fact, &file);
		elf_file__close(&file);
	}
	if (HASH_COUNT(facts->table) >= MAX_FILES)
		forget(facts);
	HASH_ADD(hh, facts->table, key, sizeof(fact->key), fact);
	if (fact->hh.tbl)
		return fact;
	free(fact);
	return NULL;
}

void elf_facts__describe(struct elf_facts *facts, int fd, struct mapping *mapping)
{
	struct elf_facts once = { 0 };
	struct file_version key;
	struct fact *fact;
	struct stat st;

	if (!facts)
		facts = &once;
	if (!fstat(fd, &st)) {
		key = (struct file_version){ st.st_dev, st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_ctim.tv_sec,
					     (uint64_t)st.st_ctim.tv_nsec };
		HASH_FIND(hh, facts->table, &key, sizeof(key), fact);
		if (!fact)
			fact = add(facts, &key, fd);
		if (fact) {
			apply(fact, mapping);
			mapping->dev = st.st_dev;
			mapping->inode = st.st_ino;
		}
	}
	forget(&once);
	close(fd);
}
