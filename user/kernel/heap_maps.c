// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* How many objects are read at a time; more, where many of them have the same place in the kernel's table. */
#define BATCH	  4096
#define MAX_BATCH (1 << 20)

int heap_maps__open(struct heap_maps *maps, struct bpf_object *bpf)
{
	*maps = (struct heap_maps){
		.objects = bpf_object__find_map_fd_by_name(bpf, "heap_objects"),
		.processes = bpf_object__find_map_fd_by_name(bpf, "heap_processes"),
		.counts = bpf_object__find_map_fd_by_name(bpf, "heap_counts"),
		.tops = bpf_object__find_map_fd_by_name(bpf, "heap_tops"),
		.rules = bpf_object__find_map_fd_by_name(bpf, "heap_rules"),
	};
	return maps->objects < 0 || maps->processes < 0 || maps->counts < 0 || maps->tops < 0 || maps->rules < 0 ?
		       -ENOENT :
		       0;
}

static void forget_table(struct heap_process **table)
{
	struct heap_process *process, *next;

	HASH_ITER (hh, *table, process, next) {
		HASH_DEL(*table, process);
		free(process);
	}
}

void heap_maps__close(struct heap_maps *maps)
{
	forget_table(&maps->known);
}

const struct heap_process *heap_maps__find(const struct heap_maps *maps, uint32_t pid)
{
	struct heap_process *process;

	HASH_FIND(hh, maps->known, &pid, sizeof(pid), process);
	return process;
}

/* As it is now; NULL: there is none, or no memory. */
static const struct heap_process *read_process(struct heap_maps *maps, uint32_t pid)
{
	struct heap_process *process;
	struct mt_heap_process is;

	if (bpf_map_lookup_elem(maps->processes, &pid, &is))
		return NULL;
	HASH_FIND(hh, maps->known, &pid, sizeof(pid), process);
	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return NULL;
		process->pid = pid;
		HASH_ADD(hh, maps->known, pid, sizeof(process->pid), process);
		if (!process->hh.tbl) {
			free(process);
			return NULL;
		}
	}
	if (is.state == MT_HEAP_LIVES || process->is.life != is.life)
		process->requested = is.state == MT_HEAP_LIVES ? is.requested : 0;
	process->is = is;
	maps->any_ended |= is.state != MT_HEAP_LIVES;
	return process;
}

/* What they held at the last look, if they have ended since. */
static void keep_requested(struct heap_maps *maps, const struct heap_process *before)
{
	struct heap_process *process, *next;
	const struct heap_process *was;

	HASH_ITER (hh, maps->known, process, next) {
		HASH_FIND(hh, before, &process->pid, sizeof(process->pid), was);
		if (process->is.state == MT_HEAP_ENDED && was && was->is.life == process->is.life)
			process->requested = was->requested;
	}
}

int heap_maps__look(struct heap_maps *maps)
{
	struct heap_process *before = maps->known;
	uint32_t pid, last = 0;
	bool first = true;

	maps->known = NULL;
	maps->any_ended = false;
	while (!bpf_map_get_next_key(maps->processes, first ? NULL : &last, &pid)) {
		first = false;
		last = pid;
		if (heap_maps__find(maps, pid))
			break; /* the last one was taken out, and it began again */
		(void)read_process(maps, pid);
	}
	keep_requested(maps, before);
	forget_table(&before);
	return 0;
}

void heap_maps__requested(const struct heap_maps *maps, uint64_t *living, uint64_t *ended)
{
	const struct heap_process *process, *next;

	*living = 0;
	*ended = maps->forgotten;
	HASH_ITER (hh, maps->known, process, next) {
		if (process->is.state == MT_HEAP_LIVES)
			*living += process->requested;
		else if (process->is.state == MT_HEAP_ENDED)
			*ended += process->requested;
	}
}

/* A process that is younger than the look, or whose exec or end came since, is looked up again. */
static const struct heap_process *owner_of(struct heap_maps *maps, const struct mt_heap_key *key)
{
	const struct heap_process *process = heap_maps__find(maps, key->pid);

	if (!process || process->is.life != key->life)
		process = read_process(maps, key->pid);
	return process && process->is.life == key->life ? process : NULL;
}

static int take(struct heap_maps *maps, const struct mt_heap_key *key, const struct mt_heap_object *object,
		struct heap_sums *ended, struct heap_sums *living)
{
	const struct heap_process *process = owner_of(maps, key);

	if (process && process->is.state == MT_HEAP_LIVES)
		return living ? heap_sums__add(living, key, object) : 0;
	bpf_map_delete_elem(maps->objects, key);
	return process && process->is.state == MT_HEAP_ENDED ? heap_sums__add(ended, key, object) : 0;
}

/* Objects that were read at once. */
struct batch {
	struct mt_heap_key *keys;
	struct mt_heap_object *objects;
	uint32_t room, nr;
};

static int batch__make(struct batch *batch, uint32_t room)
{
	free(batch->keys);
	free(batch->objects);
	batch->room = room;
	batch->keys = malloc(room * sizeof(*batch->keys));
	batch->objects = malloc(room * sizeof(*batch->objects));
	return batch->keys && batch->objects ? 0 : -ENOMEM;
}

/* 1; 0: these were the last; or -errno. */
static int batch__read(struct batch *batch, int map, uint32_t *at, bool first)
{
	uint32_t from = *at;
	int err;

	do {
		batch->nr = batch->room;
		err = bpf_map_lookup_batch(map, first ? NULL : &from, at, batch->keys, batch->objects, &batch->nr,
					   NULL);
		if (err != -ENOSPC || batch->room >= MAX_BATCH)
			break;
		err = batch__make(batch, batch->room * 2);
	} while (!err);
	return err == -ENOENT ? 0 : err < 0 ? err : 1;
}

int heap_maps__sum(struct heap_maps *maps, struct heap_sums *ended, struct heap_sums *living)
{
	struct batch batch = { 0 };
	int more = batch__make(&batch, BATCH), err = more;
	bool first = true;
	uint32_t at = 0, i;

	for (more = 1; !err && more; first = false) {
		more = batch__read(&batch, maps->objects, &at, first);
		err = more < 0 ? more : 0;
		for (i = 0; !err && i < batch.nr; i++)
			err = take(maps, &batch.keys[i], &batch.objects[i], ended, living);
	}
	free(batch.keys);
	free(batch.objects);
	return err;
}

void heap_maps__forget(struct heap_maps *maps)
{
	struct heap_process *process, *next;
	struct mt_heap_process now;

	HASH_ITER (hh, maps->known, process, next) {
		if (process->is.state != MT_HEAP_ENDED)
			continue;
		if (!bpf_map_lookup_elem(maps->processes, &process->pid, &now) && now.life == process->is.life &&
		    now.state == MT_HEAP_ENDED && !bpf_map_delete_elem(maps->processes, &process->pid)) {
			maps->forgotten += process->requested;
			process->requested = 0;
		}
	}
}

bool heap_maps__top(const struct heap_maps *maps, uint32_t top, struct mt_stack_top *is)
{
	struct mt_heap_top found;

	if (!top || bpf_map_lookup_elem(maps->tops, &top, &found))
		return false;
	*is = found.top;
	return true;
}

static bool fits(int64_t offset)
{
	return offset > INT32_MIN && offset <= INT32_MAX;
}

void heap_maps__learn(const struct heap_maps *maps, const struct mt_heap_place *place, const struct cfi_rule *rule)
{
	static const struct cfi_rule none = { .kind = CFI_RULE_UNKNOWN };
	const struct cfi_rule *from = rule ? rule : &none;
	struct mt_heap_rule is = { .base = rule ? MT_HEAP_NO_BASE : MT_HEAP_OUTERMOST, .pointer = MT_UNKNOWN_S32 };
	bool plain = fits(from->return_address) && fits(from->frame) && from->frame > 0 &&
		     (from->pointer == CFI_NOT_SAVED || fits(from->pointer));

	if (plain && from->kind == CFI_RULE_AT)
		is.base = MT_HEAP_FROM_SP;
	if (plain && from->kind == CFI_RULE_FRAME)
		is.base = MT_HEAP_FROM_FP;
	is.return_address = (int32_t)from->return_address;
	is.frame = (int32_t)from->frame;
	if (from->pointer != CFI_NOT_SAVED)
		is.pointer = (int32_t)from->pointer;
	bpf_map_update_elem(maps->rules, place, &is, BPF_ANY);
}

int heap_maps__count(const struct heap_maps *maps, struct mt_heap_counts *counts)
{
	int nr = libbpf_num_possible_cpus(), i;
	struct mt_heap_counts *each = nr > 0 ? calloc((size_t)nr, sizeof(*each)) : NULL;
	uint32_t key = 0;
	size_t member;

	memset(counts, 0, sizeof(*counts));
	if (!each || bpf_map_lookup_elem(maps->counts, &key, each)) {
		free(each);
		return -EIO;
	}
	for (i = 0; i < nr; i++)
		for (member = 0; member < sizeof(*counts) / sizeof(uint64_t); member++)
			((uint64_t *)counts)[member] += ((const uint64_t *)&each[i])[member];
	free(each);
	return 0;
}
