// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A treap: a search tree by address that is a heap by a keyed hash of the address.  So it is as deep as one
 * whose symbols came in random order, in whatever order they are sent.
 */
#include "symbol_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

struct node {
	struct node *child[2]; /* below, above */
	uint64_t priority, start, end;
	char names[]; /* the function's and, behind its NUL, the module's */
};

struct symbol_tree {
	struct node *root;
	size_t bytes, max_bytes;
};

struct symbol_tree *symbol_tree__new(size_t max_bytes)
{
	struct symbol_tree *tree = calloc(1, sizeof(*tree));

	if (tree)
		tree->max_bytes = max_bytes;
	return tree;
}

/* Without recursion: what is below moves up until there is nothing. */
void symbol_tree__free(struct symbol_tree *tree)
{
	struct node *node = tree ? tree->root : NULL, *below;

	while (node) {
		below = node->child[0];
		if (below) {
			node->child[0] = below->child[1];
			below->child[1] = node;
		} else {
			below = node->child[1];
			free(node);
		}
		node = below;
	}
	free(tree);
}

static struct node *new_node(struct symbol_tree *tree, const struct symbol *symbol, int *err)
{
	size_t name = strnlen(symbol->name, SYMBOL_NAME_MAX), module = strnlen(symbol->module, SYMBOL_NAME_MAX);
	size_t size = sizeof(struct node) + name + module + 2;
	struct node *node;

	*err = -E2BIG;
	if (size > tree->max_bytes - tree->bytes)
		return NULL;
	node = calloc(1, size);
	*err = node ? 0 : -ENOMEM;
	if (!node)
		return NULL;
	tree->bytes += size;
	node->start = symbol->start;
	node->end = symbol->end;
	node->priority = hash__keyed(&node->start, sizeof(node->start));
	memcpy(node->names, symbol->name, name);
	memcpy(node->names + name + 1, symbol->module, module);
	return node;
}

/* Parts a tree into what begins below start and what begins above. */
static void split(struct node *node, uint64_t start, struct node **below, struct node **above)
{
	while (node) {
		if (node->start < start) {
			*below = node;
			below = &node->child[1];
			node = *below;
		} else {
			*above = node;
			above = &node->child[0];
			node = *above;
		}
	}
	*below = *above = NULL;
}

static const struct node *at_or_below(const struct symbol_tree *tree, uint64_t address)
{
	const struct node *node = tree->root, *last = NULL;

	while (node) {
		if (node->start <= address)
			last = node;
		node = node->child[node->start <= address];
	}
	return last;
}

int symbol_tree__add(struct symbol_tree *tree, const struct symbol *symbol)
{
	const struct node *known = at_or_below(tree, symbol->start);
	struct node **place = &tree->root, *node;
	int err;

	if (symbol->end <= symbol->start)
		return -EINVAL;
	if (known && known->start == symbol->start)
		return 0;
	node = new_node(tree, symbol, &err);
	if (!node)
		return err;
	while (*place && (*place)->priority >= node->priority)
		place = &(*place)->child[(*place)->start <= node->start];
	split(*place, node->start, &node->child[0], &node->child[1]);
	*place = node;
	return 0;
}

bool symbol_tree__find(const struct symbol_tree *tree, uint64_t address, struct symbol *symbol)
{
	const struct node *node = at_or_below(tree, address);

	if (!node || address >= node->end)
		return false;
	*symbol = (struct symbol){ .start = node->start,
				   .end = node->end,
				   .name = node->names,
				   .module = node->names + strlen(node->names) + 1 };
	return true;
}
