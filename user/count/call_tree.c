// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "call_tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NODES (1U << 24)

struct making {
	struct call_tree *tree;
	size_t room;
	uint32_t *last; /* of each node the branch that was made last */
};

static int make_room(struct making *making)
{
	size_t room = making->room ? making->room * 2 : 1024;
	struct call_node *nodes;
	uint32_t *last;

	if (making->tree->nr < making->room)
		return 0;
	if (making->tree->nr >= MAX_NODES)
		return -ENOMEM;
	nodes = reallocarray(making->tree->nodes, room, sizeof(*nodes));
	if (nodes)
		making->tree->nodes = nodes;
	last = reallocarray(making->last, room, sizeof(*last));
	if (last)
		making->last = last;
	if (!nodes || !last)
		return -ENOMEM;
	making->room = room;
	return 0;
}

/* A new branch of the node up, which is nobody's for the first node. */
static int add_node(struct making *making, uint32_t up, const char *name, size_t len, uint32_t *at)
{
	struct call_tree *tree = making->tree;
	int err = make_room(making);

	if (err)
		return err;
	*at = (uint32_t)tree->nr++;
	tree->nodes[*at] = (struct call_node){ .name = name, .name_len = len, .up = up };
	making->last[*at] = 0;
	if (!*at)
		return 0;
	if (making->last[up])
		tree->nodes[making->last[up]].next = *at;
	else
		tree->nodes[up].down = *at;
	making->last[up] = *at;
	return 0;
}

/* The branch of that name.  As paths are sorted, it is the last one, or none. */
static int branch(struct making *making, uint32_t up, const char *name, size_t len, uint32_t *at)
{
	uint32_t last = making->last[up];
	const struct call_node *node = &making->tree->nodes[last];

	if (last && node->name_len == len && !memcmp(node->name, name, len)) {
		*at = last;
		return 0;
	}
	return add_node(making, up, name, len, at);
}

static int add_path(struct making *making, const struct call_path *path, uint64_t weight, uint64_t beside)
{
	const char *name = path->text;
	uint32_t node = 0;
	size_t len;
	int err = 0;

	making->tree->nodes[0].sum += weight;
	making->tree->nodes[0].beside += beside;
	for (; !err && *name; name += len + (name[len] == ';')) {
		len = strcspn(name, ";");
		err = branch(making, node, name, len, &node);
		if (err)
			break;
		making->tree->nodes[node].sum += weight;
		making->tree->nodes[node].beside += beside;
	}
	if (!err)
		making->tree->nodes[node].self += weight;
	return err;
}

/* Two lists, the heavier branch first; of equal ones the first list's. */
static uint32_t merge(struct call_node *nodes, uint32_t a, uint32_t b)
{
	uint32_t first = 0, *end = &first;

	while (a && b) {
		uint32_t *taken = nodes[b].sum > nodes[a].sum ? &b : &a;

		*end = *taken;
		end = &nodes[*taken].next;
		*taken = *end;
	}
	*end = a ? a : b;
	return first;
}

/* A list of branches, by weight; bottom up, so that no number of them needs a deep stack. */
static uint32_t sort(struct call_node *nodes, uint32_t list)
{
	uint32_t bins[32] = { 0 }, one;
	size_t i;

	while (list) {
		one = list;
		list = nodes[one].next;
		nodes[one].next = 0;
		for (i = 0; i < 31 && bins[i]; i++) {
			one = merge(nodes, bins[i], one);
			bins[i] = 0;
		}
		bins[i] = bins[i] ? merge(nodes, bins[i], one) : one;
	}
	for (i = 0; i < 32; i++)
		list = merge(nodes, bins[i], list);
	return list;
}

/* A node is behind the one whose branch it is, so depths are known from front to back. */
static void finish(struct call_tree *tree)
{
	struct call_node *nodes = tree->nodes;
	size_t i;

	for (i = 0; i < tree->nr; i++) {
		const struct call_node *up = &nodes[nodes[i].up];
		bool alone = i && nodes[up->down].next == 0 && !up->self;

		if (i)
			nodes[i].depth = up->depth + !(alone && nodes[i].up);
		nodes[i].down = sort(nodes, nodes[i].down);
	}
}

int call_tree__make(struct call_tree *tree, const struct call_path *const *paths, size_t nr, enum call_weight weight)
{
	return call_tree__make_both(tree, paths, nr, weight, weight);
}

int call_tree__make_both(struct call_tree *tree, const struct call_path *const *paths, size_t nr,
			 enum call_weight weight, enum call_weight beside)
{
	struct making making = { .tree = tree };
	uint32_t root;
	size_t i;
	int err;

	*tree = (struct call_tree){ 0 };
	err = add_node(&making, 0, "", 0, &root);
	for (i = 0; !err && i < nr; i++)
		if (paths[i]->sums[weight] || paths[i]->sums[beside])
			err = add_path(&making, paths[i], paths[i]->sums[weight], paths[i]->sums[beside]);
	free(making.last);
	if (!err)
		finish(tree);
	else
		call_tree__done(tree);
	return err;
}

void call_tree__done(struct call_tree *tree)
{
	free(tree->nodes);
	*tree = (struct call_tree){ 0 };
}

uint32_t call_tree__next(const struct call_tree *tree, uint32_t node)
{
	const struct call_node *nodes = tree->nodes;

	if (nodes[node].down)
		return nodes[node].down;
	while (node && !nodes[node].next)
		node = nodes[node].up;
	return node ? nodes[node].next : 0;
}
