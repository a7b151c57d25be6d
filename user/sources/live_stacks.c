// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Call chains by their ids, and the mappings of processes. */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../core/hash.h"
#include "../kernel/proc.h"
#include "../kernel/proc_maps.h"
#include "live_impl.h"

#define MAPS_MAX_BYTES (64 * 1024 * 1024)

struct live_stack {
	UT_hash_handle hh;
	int32_t id;
	size_t nr;
	uint64_t addresses[];
};

/* The name under which a process's mappings were read: another one comes with an exec. */
struct live_image {
	UT_hash_handle hh;
	uint32_t pid;
	char comm[MT_COMM_LEN];
};

/* An id's call chain never changes: the programs do not let one take another's place. */
static struct live_stack *read_stack(struct live *live, int32_t id)
{
	uint64_t addresses[MT_STACK_DEPTH];
	struct live_stack *stack;
	size_t nr = 0;

	if (bpf_map_lookup_elem(live__map_fd(&live->core, "stacks"), &id, addresses))
		return NULL;
	while (nr < MT_STACK_DEPTH && addresses[nr])
		nr++;
	stack = calloc(1, sizeof(*stack) + nr * sizeof(*addresses));
	if (!stack)
		return NULL;
	stack->id = id;
	stack->nr = nr;
	memcpy(stack->addresses, addresses, nr * sizeof(*addresses));
	HASH_ADD(hh, live->stacks, id, sizeof(stack->id), stack);
	if (stack->hh.tbl)
		return stack;
	free(stack);
	return NULL;
}

static const uint64_t *addresses_of(void *ctx, int32_t id, size_t *nr)
{
	struct live *live = ctx;
	struct live_stack *stack;

	HASH_FIND(hh, live->stacks, &id, sizeof(id), stack);
	if (!stack)
		stack = read_stack(live, id);
	*nr = stack ? stack->nr : 0;
	return stack ? stack->addresses : NULL;
}

static void follow_exec(struct live *live, const struct mt_who *who)
{
	struct live_image *image;

	HASH_FIND(hh, live->images, &who->pid, sizeof(who->pid), image);
	if (image && !memcmp(image->comm, who->comm, sizeof(image->comm)))
		return;
	if (image) {
		live_maps__forget(live->maps, who->pid);
		memcpy(image->comm, who->comm, sizeof(image->comm));
		return;
	}
	image = calloc(1, sizeof(*image));
	if (!image)
		return; /* an address outside of all mappings has them read again, too */
	image->pid = who->pid;
	memcpy(image->comm, who->comm, sizeof(image->comm));
	HASH_ADD(hh, live->images, pid, sizeof(image->pid), image);
	if (!image->hh.tbl)
		free(image);
}

static const struct proc_maps *maps_of(void *ctx, const struct mt_who *who, uint64_t ip)
{
	struct live *live = ctx;

	if (!live->maps) {
		live->maps = live_maps__new(MAPS_MAX_BYTES);
		live->shows_pids = proc__shows_initial_pids();
	}
	if (!live->maps || who->flags & MT_WHO_KTHREAD || !live->shows_pids)
		return NULL;
	follow_exec(live, who);
	return live_maps__get(live->maps, who->pid, who->start_ns, ip);
}

struct stack_lookup live__stacks(struct source *src)
{
	return (struct stack_lookup){ .addresses = addresses_of, .maps = maps_of, .ctx = live_of(src) };
}

uint64_t live__unmapped(const struct live *live)
{
	struct live_maps_misses misses = live->maps ? live_maps__misses(live->maps) : (struct live_maps_misses){ 0 };

	return misses.gone + misses.refused;
}

void live__free_stacks(struct live *live)
{
	struct live_stack *stack, *next_stack;
	struct live_image *image, *next_image;

	for (stack = live->stacks; stack; stack = next_stack) {
		next_stack = stack->hh.next;
		HASH_DEL(live->stacks, stack);
		free(stack);
	}
	for (image = live->images; image; image = next_image) {
		next_image = image->hh.next;
		HASH_DEL(live->images, image);
		free(image);
	}
	if (live->maps)
		live_maps__free(live->maps);
}
