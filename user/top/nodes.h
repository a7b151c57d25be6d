/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Cgroups as a tree of names, with what limits each. */
#ifndef MEMTRACE_TOP_NODES_H
#define MEMTRACE_TOP_NODES_H

#include "moment.h"

#define TOP_MAX_NODES 16384 /* what is above that is one more, "other" */

struct top_node {
	struct top_node *parent; /* NULL: at the root, or not below it */
	const char *path;	 /* any bytes */
	const char *name;	 /* the last part of it */
	const char *unit;	 /* the systemd unit, or its container, or the path */
	uint64_t unit_key;	 /* the same for all of a unit */
	uint64_t number;	 /* its own, from 1 on */
	unsigned int depth;
	/* in the moment that was taken last; MT_UNKNOWN_U64, SAMPLE_UNLIMITED */
	uint64_t values[NR_CGROUP_SAMPLES];
	uint64_t stamp;
	int32_t slot; /* for who walks over them */
};

struct top_nodes;

/* cgroup: the path of one by its id, never NULL, valid until the next call.  NULL: no memory. */
struct top_nodes *top_nodes__new(const char *(*cgroup)(void *ctx, uint64_t id), void *ctx);
void top_nodes__free(struct top_nodes *nodes); /* NULL is fine */
/* The node of a cgroup, which stays as long as nodes; NULL: no memory. */
struct top_node *top_nodes__of(struct top_nodes *nodes, uint64_t id);
/* Takes what cgroups have then.  0 or -ENOMEM. */
int top_nodes__take(struct top_nodes *nodes, const struct top_moment *moment);
/* Calls for each. */
void top_nodes__each(struct top_nodes *nodes, void (*call)(struct top_node *node));

/* The nearest hard limit, its own or one above it, and what is used of it; SAMPLE_UNLIMITED where there is none, and
 * what the nearest cgroup that is known uses; or unknown. */
uint64_t top_node__limit(const struct top_node *node, uint64_t *used);

#endif
