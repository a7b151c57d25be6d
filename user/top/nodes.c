// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../model/cgroup_path.h"

struct named {
	UT_hash_handle hh; /* by path */
	struct top_node node;
	char unit[CGROUP_LABEL_MAX];
	char path[];
};

struct known_id {
	UT_hash_handle hh;
	uint64_t id;
	struct top_node *node;
};

struct top_nodes {
	const char *(*cgroup)(void *ctx, uint64_t id);
	void *ctx;
	struct named *named;
	struct known_id *ids;
	struct top_node *other;
	uint64_t stamp;
};

static void forget_values(struct top_node *node)
{
	size_t i;

	for (i = 0; i < NR_CGROUP_SAMPLES; i++)
		node->values[i] = MT_UNKNOWN_U64;
}

/* The unit; of a container outside any, its id; else the path. */
static void read_unit(struct named *named)
{
	struct cgroup_path parts;

	cgroup_path__read(&parts, named->path);
	if (parts.unit[0])
		memcpy(named->unit, parts.unit, sizeof(named->unit));
	else if (parts.container[0])
		memcpy(named->unit, parts.container, sizeof(named->unit));
	named->node.unit = named->unit[0] ? named->unit : named->path;
	named->node.unit_key = hash__keyed(named->node.unit, strlen(named->node.unit));
}

static struct named *find(struct top_nodes *nodes, const char *path, size_t len)
{
	struct named *named;

	HASH_FIND(hh, nodes->named, path, len, named);
	return named;
}

static struct named *add(struct top_nodes *nodes, const char *path, size_t len)
{
	struct named *named = calloc(1, sizeof(*named) + len + 1);
	const char *slash;

	if (!named)
		return NULL;
	memcpy(named->path, path, len);
	HASH_ADD_KEYPTR(hh, nodes->named, named->path, len, named);
	if (!named->hh.tbl) {
		free(named);
		return NULL;
	}
	slash = strrchr(named->path, '/');
	named->node.path = named->path;
	named->node.name = slash && slash[1] ? slash + 1 : named->path;
	named->node.number = HASH_COUNT(nodes->named);
	forget_values(&named->node);
	read_unit(named);
	return named;
}

/* Also those above it, from the root on. */
static struct top_node *get(struct top_nodes *nodes, const char *path)
{
	struct top_node *parent = NULL;
	size_t len = strlen(path), at = 1;
	struct named *named = NULL;

	if (path[0] != '/' || len == 1)
		at = len;
	do {
		named = find(nodes, path, at);
		if (!named && HASH_COUNT(nodes->named) >= TOP_MAX_NODES)
			return nodes->other;
		if (!named)
			named = add(nodes, path, at);
		if (!named)
			return NULL;
		named->node.parent = parent;
		named->node.depth = parent ? parent->depth + 1 : 0;
		parent = &named->node;
		if (at == len)
			break;
		at += (at > 1) + strcspn(path + at + (at > 1), "/");
	} while (true);
	return parent;
}

struct top_nodes *top_nodes__new(const char *(*cgroup)(void *ctx, uint64_t id), void *ctx)
{
	struct top_nodes *nodes = calloc(1, sizeof(*nodes));

	if (!nodes)
		return NULL;
	nodes->cgroup = cgroup;
	nodes->ctx = ctx;
	nodes->other = get(nodes, "other");
	if (nodes->other)
		return nodes;
	top_nodes__free(nodes);
	return NULL;
}

void top_nodes__free(struct top_nodes *nodes)
{
	struct named *named, *next;
	struct known_id *known, *other;

	if (!nodes)
		return;
	HASH_ITER (hh, nodes->named, named, next) {
		HASH_DEL(nodes->named, named);
		free(named);
	}
	HASH_ITER (hh, nodes->ids, known, other) {
		HASH_DEL(nodes->ids, known);
		free(known);
	}
	free(nodes);
}

struct top_node *top_nodes__of(struct top_nodes *nodes, uint64_t id)
{
	struct known_id *known;

	HASH_FIND(hh, nodes->ids, &id, sizeof(id), known);
	if (known)
		return known->node;
	if (HASH_COUNT(nodes->ids) >= 4 * TOP_MAX_NODES)
		return nodes->other;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->id = id;
	known->node = get(nodes, nodes->cgroup(nodes->ctx, id));
	if (known->node)
		HASH_ADD(hh, nodes->ids, id, sizeof(known->id), known);
	if (known->node && known->hh.tbl)
		return known->node;
	free(known);
	return NULL;
}

int top_nodes__take(struct top_nodes *nodes, const struct top_moment *moment)
{
	struct named *named, *next;
	size_t i;

	nodes->stamp++;
	for (i = 0; i < moment->nr_cgroups; i++) {
		struct top_node *node = top_nodes__of(nodes, moment->cgroups[i].id);

		if (!node)
			return -ENOMEM;
		memcpy(node->values, moment->cgroups[i].values, sizeof(node->values));
		node->stamp = nodes->stamp;
	}
	HASH_ITER (hh, nodes->named, named, next)
		if (named->node.stamp != nodes->stamp)
			forget_values(&named->node);
	return 0;
}

void top_nodes__each(struct top_nodes *nodes, void (*call)(struct top_node *node))
{
	struct named *named, *next;

	HASH_ITER (hh, nodes->named, named, next)
		call(&named->node);
}

uint64_t top_node__limit(const struct top_node *node, uint64_t *used)
{
	bool known = false;
	uint64_t own = MT_UNKNOWN_U64;

	for (; node; node = node->parent) {
		uint64_t max = node->values[CGROUP_SAMPLE_memory_max];

		known |= max != MT_UNKNOWN_U64;
		if (own == MT_UNKNOWN_U64)
			own = node->values[CGROUP_SAMPLE_memory_current];
		if (max == MT_UNKNOWN_U64 || max == SAMPLE_UNLIMITED)
			continue;
		*used = node->values[CGROUP_SAMPLE_memory_current];
		return max;
	}
	*used = own;
	return known ? SAMPLE_UNLIMITED : MT_UNKNOWN_U64;
}
