// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "memory_kinds.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MARK	 "_[k]"
#define MARK_LEN (sizeof(MARK) - 1)

struct kind {
	const char *function, *kind;
};

/* The allocator, what gets memory from it for anybody, and the entry of faults: what is above them says more. */
static const char *const plain[] = { "alloc_pages",
				     "alloc_frozen_pages",
				     "get_page_from_freelist",
				     "get_free_pages",
				     "folio_alloc",
				     "vma_alloc_folio",
				     "filemap_alloc_folio",
				     "filemap_get_folio",
				     "allocate_slab",
				     "new_slab",
				     "slab_alloc",
				     "slab_alloc_node",
				     "kmalloc",
				     "kmem_cache_alloc",
				     "kvmalloc",
				     "rmqueue",
				     "refill_objects",
				     "refill_sheaf",
				     "asm_exc_page_fault",
				     "exc_page_fault" };

static const struct kind kinds[] = {
#define MT_KIND(function, kind, where) { #function, kind },
#include "memory_kinds.def"
};

/* A function as the tables have it: from name on, so many bytes. */
static size_t cleaned(const char **name, size_t len)
{
	size_t dot;

	for (; len > 2 && (*name)[0] == '_'; (*name)++)
		len--;
	for (dot = 0; dot < len && (*name)[dot] != '.' && (*name)[dot] != '+'; dot++)
		;
	len = dot;
	if (len > 7 && !memcmp(*name + len - 7, "_noprof", 7))
		len -= 7;
	return len;
}

static bool is(const char *function, const char *name, size_t len)
{
	return strlen(function) == len && !memcmp(function, name, len);
}

static const char *kind_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is(kinds[i].function, name, len))
			return kinds[i].kind;
	return NULL;
}

/* Also by the start of their names: there are many with something behind it. */
static bool is_plain(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (len >= strlen(plain[i]) && !memcmp(plain[i], name, strlen(plain[i])))
			return true;
	return false;
}

const char *memory_kind__of(const char *path, char *buf)
{
	const char *end = path + strlen(path), *start, *name, *kind, *leaf = NULL, *first = NULL;
	size_t len, leaf_len = 0, first_len = 0;

	for (; end > path; end = start > path ? start - 1 : path) {
		for (start = end; start > path && start[-1] != ';'; start--)
			;
		len = (size_t)(end - start);
		if (len <= MARK_LEN || memcmp(end - MARK_LEN, MARK, MARK_LEN) != 0)
			break;
		name = start;
		len = cleaned(&name, len - MARK_LEN);
		kind = kind_of(name, len);
		if (kind)
			return kind;
		if (!first)
			first = name, first_len = len;
		if (!leaf && !is_plain(name, len))
			leaf = name, leaf_len = len;
	}
	if (!first)
		return "unknown";
	if (!leaf && is("exc_page_fault", first, first_len))
		return "touched by the program itself";
	snprintf(buf, MEMORY_KIND_MAX, "other: %.*s", (int)(leaf ? leaf_len : first_len), leaf ? leaf : first);
	return buf;
}

size_t memory_kind__wanting(const char *path)
{
	const char *end = path + strlen(path), *start, *name;
	size_t len;

	for (; end > path; end = start > path ? start - 1 : path) {
		for (start = end; start > path && start[-1] != ';'; start--)
			;
		name = start;
		len = (size_t)(end - start);
		if (len > MARK_LEN && !memcmp(end - MARK_LEN, MARK, MARK_LEN))
			len -= MARK_LEN;
		len = cleaned(&name, len);
		if (!is_plain(name, len))
			break;
	}
	return (size_t)(end - path);
}
