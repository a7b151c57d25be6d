// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_links.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "uprobe_multi.h"

#define CLOSERS 16

static struct heap_link *new_link(struct heap_links *links)
{
	struct heap_link *list = realloc(links->list, (links->nr + 1) * sizeof(*list));

	if (!list)
		return NULL;
	links->list = list;
	list[links->nr] = (struct heap_link){ .fd = -1 };
	return &list[links->nr];
}

static int attach_by_perf(struct heap_links *links, const struct bpf_program *program, const struct heap_place *place)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = place->ends);
	struct heap_link *link;
	size_t i;

	for (i = 0; i < place->nr; i++) {
		link = new_link(links);
		if (!link)
			return -ENOMEM;
		link->perf =
			bpf_program__attach_uprobe_opts(program, place->pid, place->path, place->offsets[i], &opts);
		if (!link->perf)
			return -errno;
		links->nr++;
	}
	return 0;
}

int heap_links__attach(struct heap_links *links, const struct bpf_program *program, const struct heap_place *place)
{
	struct heap_link *link;

	if (!place->nr)
		return 0;
	if (!uprobe_multi__is_prepared(program))
		return attach_by_perf(links, program, place);
	link = new_link(links);
	if (!link)
		return -ENOMEM;
	link->fd = uprobe_multi__attach(program, place->path, place->offsets, place->nr, place->ends, place->pid);
	if (link->fd < 0)
		return link->fd;
	links->nr++;
	return 0;
}

int heap_links__attach_probe(struct heap_links *links, const struct bpf_program *program,
			     const struct heap_place *place, uint64_t semaphore, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .ref_ctr_offset = semaphore, .bpf_cookie = cookie);
	struct heap_link *link = new_link(links);

	if (!link)
		return -ENOMEM;
	link->perf = bpf_program__attach_uprobe_opts(program, place->pid, place->path, place->offsets[0], &opts);
	if (!link->perf)
		return -errno;
	links->nr++;
	return 0;
}

struct closing {
	struct heap_links *links;
	_Atomic size_t next;
};

static void *close_some(void *arg)
{
	struct closing *closing = arg;
	struct heap_link *link;
	size_t i;

	while ((i = atomic_fetch_add(&closing->next, 1)) < closing->links->nr) {
		link = &closing->links->list[i];
		if (link->perf)
			bpf_link__destroy(link->perf);
		else
			close(link->fd);
	}
	return NULL;
}

/* Threads that cannot be had are not missed: this one goes on until all is done. */
void heap_links__close(struct heap_links *links)
{
	struct closing closing = { .links = links };
	pthread_t threads[CLOSERS];
	size_t nr = 0;

	while (nr < CLOSERS && nr + 1 < links->nr && !pthread_create(&threads[nr], NULL, close_some, &closing))
		nr++;
	close_some(&closing);
	while (nr)
		pthread_join(threads[--nr], NULL);
	free(links->list);
	memset(links, 0, sizeof(*links));
}
