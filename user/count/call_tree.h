/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths as a tree: what they have in common at their start is one branch. */
#ifndef MEMTRACE_COUNT_CALL_TREE_H
#define MEMTRACE_COUNT_CALL_TREE_H

#include "call_paths.h"

struct call_node {
	const char *name; /* name_len bytes, of the path that the tree was made of */
	size_t name_len;
	uint64_t sum;	   /* of all paths that go through it */
	uint64_t self;	   /* of those that end here */
	uint64_t beside;   /* of all paths that go through it, another of their sums */
	uint32_t up, down; /* whose branch it is; its first branch, the heaviest: indexes, 0: none */
	uint32_t next;	   /* the branch behind it of the same node: its index, 0: none */
	uint32_t depth; /* of branches that fork: a function that is the only one its caller leads to has its depth */
};

struct call_tree {
	struct call_node *nodes; /* the first one stands for all */
	size_t nr;
};

/* Of sorted paths, by one of their sums; the paths must outlive it.  Those of which that is 0 are left out.  0 or
 * -ENOMEM. */
int call_tree__make(struct call_tree *tree, const struct call_path *const *paths, size_t nr, enum call_weight weight);
/* The same with another of their sums beside it; paths of which both are 0 are left out. */
int call_tree__make_both(struct call_tree *tree, const struct call_path *const *paths, size_t nr,
			 enum call_weight weight, enum call_weight beside);
void call_tree__done(struct call_tree *tree);
/* The node behind node in the order in which a tree is printed, down first; 0: that was the last. */
uint32_t call_tree__next(const struct call_tree *tree, uint32_t node);

#endif
