// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the libelf.a of elfutils 0.192 (Debian 13) uses and does not contain: its locked search trees (sourceware bug
 * 32293, fixed in 0.193).  Only a static binary is linked with this, and only where libelf.a lacks it.  Without the
 * lock: each tree is that of one Elf (its raw chunks), and each Elf is one thread's.
 */
#include <search.h>
#include <stddef.h>

/* Its start is as in elfutils' lib/eu-search.h; the lock behind it is not touched. */
struct search_tree {
	void *root;
};

typedef int (*compare_fn)(const void *, const void *);

void eu_search_tree_init(struct search_tree *tree);
void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *));
void *eu_tsearch(const void *key, struct search_tree *tree, compare_fn compare);
void *eu_tfind(const void *key, struct search_tree *tree, compare_fn compare);
void *eu_tdelete(const void *key, struct search_tree *tree, compare_fn compare);

void eu_search_tree_init(struct search_tree *tree)
{
	tree->root = NULL;
}

void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *))
{
	tdestroy(tree->root, free_node);
	tree->root = NULL;
}

void *eu_tsearch(const void *key, struct search_tree *tree, compare_fn compare)
{
	return tsearch(key, &tree->root, compare);
}

void *eu_tfind(const void *key, struct search_tree *tree, compare_fn compare)
{
	return tfind(key, &tree->root, compare);
}

void *eu_tdelete(const void *key, struct search_tree *tree, compare_fn compare)
{
	return tdelete(key, &tree->root, compare);
}
