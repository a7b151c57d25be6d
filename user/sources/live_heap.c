// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The probe heap: finds the allocators of the processes that are traced, and delivers what these hold. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../kernel/heap_attach.h"
#include "../kernel/heap_command.h"
#include "../kernel/heap_maps.h"
#include "../kernel/heap_trial.h"
#include "../symbols/elf_file.h"
#include "live_impl.h"

#define DEFAULT_OBJECTS (1 << 20)
#define OBJECTS_AT_ONCE (1 << 16) /* where the kernel takes the memory of all at the start: 6 MiB */
/* With copied stacks: together 20 MiB. */
#define MAX_CONTEXTS (1 << 16)
#define MAX_RULES    (1 << 16)
#define MAX_ASKED    (1 << 14)
/* Going through all objects takes this share of the time at most. */
#define SWEEP_SHARE 20

struct live_heap {
	const struct options *options;
	struct heap_attach attach;
	struct heap_maps maps;
	struct heap_sums ended, living;
	struct mt_heap_counts base;
	uint64_t call_ns;
	uint64_t next_sweep_ns;
	bool alone;  /* only calls of the processes that -p names are traced */
	bool failed; /* which was said */
};

/*
 * Programs of traced functions may have memory allocated for a map as it is needed since the kernel has an allocator
 * for that (kernel/bpf/memalloc.c); before, the verifier warns (check_map_prog_compatibility()).
 */
#define MAP_ALLOCATOR "bpf_mem_alloc"

void live__heap_names(struct btf_names *names)
{
	btf_names__add(names, "", MAP_ALLOCATOR);
}

static int make_room_for_contexts(struct bpf_object *bpf)
{
	static const struct {
		const char *name;
		uint32_t entries;
	} maps[] = {
		{ "heap_contexts", MAX_CONTEXTS },
		{ "heap_rules", MAX_RULES },
		{ "heap_asked", MAX_ASKED },
	};
	struct bpf_map *map;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(maps) / sizeof(*maps); i++) {
		map = bpf_object__find_map_by_name(bpf, maps[i].name);
		err = map ? bpf_map__set_max_entries(map, maps[i].entries) : -ENOENT;
	}
	return err;
}

int live__prepare_heap(struct bpf_object *bpf, void *ctx)
{
	const struct heap_room *room = ctx;
	const struct options *options = room->options;
	uint32_t nr = options->heap_objects ? (uint32_t)options->heap_objects : DEFAULT_OBJECTS;
	struct bpf_map *objects = bpf_object__find_map_by_name(bpf, "heap_objects");
	int err = objects ? 0 : -ENOENT;

	if (!err && options__stack_bytes(options))
		err = make_room_for_contexts(bpf);
	heap_attach__prepare(bpf);
	if (!err && !kernel_btf__running_id(room->types, MAP_ALLOCATOR, BTF_KIND_STRUCT)) {
		err = bpf_map__set_map_flags(objects, bpf_map__map_flags(objects) & ~(uint32_t)BPF_F_NO_PREALLOC);
		nr = options->heap_objects ? nr : OBJECTS_AT_ONCE;
	}
	return err ? err : bpf_map__set_max_entries(objects, nr);
}

/* Processes of pids: each by itself if the others' calls need not be traced. */
static int attach_pids(struct live_heap *heap)
{
	const struct uint_list *pids = &heap->options->pids;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < pids->nr; i++) {
		heap->attach.pid = heap->alone ? (pid_t)pids->list[i] : -1;
		err = heap_attach__process(&heap->attach, (uint32_t)pids->list[i]);
		if (err == -ESRCH)
			err = 0;
	}
	return err;
}

/* "FILE:PREFIX" */
static int attach_allocator(struct live_heap *heap, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *file = colon ? strndup(spec, (size_t)(colon - spec)) : strdup(spec);
	const char *prefix = colon && colon[1] ? colon + 1 : NULL;
	int fd = file ? open_regular(AT_FDCWD, file, false) : -ENOMEM;
	int nr = fd < 0 ? fd : heap_attach__file(&heap->attach, fd, file, prefix);

	free(file);
	if (nr > 0)
		return 0;
	if (nr < 0)
		log_error("--allocator '%s': %s", spec,
			  nr == -ENOEXEC ? "expected a 64-bit ELF file of this machine" : strerror(-nr));
	else
		log_error(
			"--allocator '%s': the file has no function of an allocator of that name; expected names such "
			"as %smalloc and %sfree in its table of symbols",
			spec, prefix ? prefix : "", prefix ? prefix : "");
	return -EINVAL;
}

static int attach_named(struct live_heap *heap)
{
	const struct options *options = heap->options;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < options->allocators.nr; i++)
		err = attach_allocator(heap, options->allocators.list[i]);
	return err;
}

/* Where no process has one of the names yet, any library may be that of one which comes. */
static int attach_machine(struct live_heap *heap)
{
	const struct string_list *names = &heap->options->comms;
	uint32_t before = heap->attach.functions;
	int err = names->nr ? heap_attach__machine(&heap->attach, names->list, names->nr) : 0;

	return err || heap->attach.functions > before ? err : heap_attach__machine(&heap->attach, NULL, 0);
}

/*
 * Where the program or a library of it brings probes for what it samples, these alone are used: its functions would see
 * the same objects again.  Of other processes of the machine nobody knows which have such.
 */
static int attach_probes(struct live_heap *heap)
{
	const struct options *options = heap->options;
	int err = 0;

	heap->attach.probes = true;
	if (options->cmd)
		heap_attach__command(&heap->attach, options->cmd);
	if (options->pids.nr)
		err = attach_pids(heap);
	if (heap->attach.functions || err)
		return err;
	heap->attach.probes = false;
	heap_attach__forget(&heap->attach);
	return 0;
}

static int attach_all(struct live_heap *heap)
{
	const struct options *options = heap->options;
	int err = attach_named(heap);

	if (!err && !options->allocators.nr && (options->cmd || options->pids.nr) && !options->all)
		err = attach_probes(heap);
	if (err || heap->attach.probes)
		return err;
	heap->attach.tells = options->cmd || options->pids.nr;
	if (!err && options->cmd)
		heap_attach__command(&heap->attach, options->cmd);
	if (!err && options->pids.nr)
		return attach_pids(heap);
	return err || (options->cmd && !options->all) ? err : attach_machine(heap);
}

static void explain_none(struct live *live)
{
	struct probe_status *status = &live->source.probes[MT_PROBE_heap];

	snprintf(status->why, sizeof(status->why),
		 "no function of an allocator was found in the files of the processes; --allocator FILE:PREFIX names "
		 "them");
	status->attached = status->hooked = false;
	status->error = -ENOENT;
	object__close(&live->objects[MT_PROBE_heap]);
}

static int begin(struct live *live, struct live_heap *heap)
{
	struct bpf_object *bpf = live->objects[MT_PROBE_heap].bpf;
	int err = heap_maps__open(&heap->maps, bpf);

	if (err)
		return err;
	heap_attach__init(&heap->attach, bpf);
	heap->call_ns = heap_trial__run(bpf, heap->alone);
	err = heap_maps__count(&heap->maps, &heap->base);
	return err ? err : attach_all(heap);
}

int live__open_heap(struct live *live, const struct live_request *request)
{
	const struct options *options = request->options;
	struct live_heap *heap;
	int err;

	/* doctor only looks whether the programs can be loaded */
	if (!live->objects[MT_PROBE_heap].bpf || !live->source.probes[MT_PROBE_heap].attached || request->keep_going)
		return 0;
	heap = calloc(1, sizeof(*heap));
	live->heap = heap;
	if (!heap)
		return -ENOMEM;
	heap->options = options;
	heap->alone = options->pids.nr && !options->follow && !options->cmd && !options->allocators.nr;
	err = begin(live, heap);
	if (err || heap->attach.functions)
		return err;
	live__close_heap(live);
	explain_none(live);
	return 0;
}

void live__close_heap(struct live *live)
{
	struct live_heap *heap = live->heap;

	if (!heap)
		return;
	heap_attach__close(&heap->attach);
	heap_maps__close(&heap->maps);
	heap_sums__free(&heap->ended);
	heap_sums__free(&heap->living);
	free(heap);
	live->heap = NULL;
}

void live__learn_caller(void *ctx, uint64_t space, uint64_t address, const struct cfi_rule *rule)
{
	const struct live *live = ctx;

	if (live->heap)
		heap_maps__learn(&live->heap->maps, &(struct mt_heap_place){ space, address }, rule);
}

/* Announces a process; the reference is one that no program uses at the same time (state__renew_ref()). */
static uint64_t announce(struct live *live, const struct heap_process *process, uint64_t time_ns)
{
	struct mt_who_is is = {
		.hdr = { .id = MT_REC_WHO, .size = sizeof(is), .time_ns = time_ns },
		.ref.id = clock__boot_ns() >> 10 << 22 | process->pid,
		.who = process->is.who,
	};

	is.who.tid = is.who.pid;
	memcpy(is.who.tcomm, is.who.comm, sizeof(is.who.tcomm));
	live->sink.record(live->sink.ctx, &is, sizeof(is));
	return is.ref.id;
}

static void deliver(struct live *live, const struct heap_sum *sum, uint64_t now_ns)
{
	const struct heap_process *process = heap_maps__find(&live->heap->maps, sum->key.pid);
	bool ended = process && process->is.state == MT_HEAP_ENDED;
	struct {
		struct mt_heap heap;
		struct mt_stack_top top;
	} both = { 0 };
	struct mt_heap *rec = &both.heap;

	*rec = (struct mt_heap){
		.hdr = { .id = MT_REC_heap, .size = sizeof(*rec), .time_ns = now_ns },
		.bytes = sum->bytes,
		.objects = sum->objects,
		.oldest_ns = sum->oldest_ns,
		.user_stack = sum->key.stack,
		.ended = ended,
		.context = live->cfg.stack_bytes ? sum->key.top : 0,
	};

	/* what it had mapped is looked up by the time: before its end */
	if (ended && process->is.ended_ns < now_ns)
		rec->hdr.time_ns = process->is.ended_ns;
	if (!process || process->is.life != sum->key.life)
		return;
	if (live->cfg.stack_tops && heap_maps__top(&live->heap->maps, sum->key.top, &both.top))
		rec->hdr.size = sizeof(both);
	rec->who.id = announce(live, process, rec->hdr.time_ns);
	live->sink.record(live->sink.ctx, rec, rec->hdr.size);
}

static void deliver_all(struct live *live, const struct heap_sums *sums, uint64_t now_ns)
{
	const struct heap_sum *sum, *next;

	HASH_ITER (hh, sums->table, sum, next)
		deliver(live, sum, now_ns);
}

static bool sees_maps(const struct live *live)
{
	const struct hook_state *h = object__hook(&live->objects[MT_PROBE_heap], "ends of system calls");

	return h && hook__is_attached(h);
}

static void deliver_counts(struct live *live, uint64_t now_ns)
{
	const struct live_heap *heap = live->heap;
	const struct mt_heap_counts *base = &heap->base;
	uint64_t living, ended; /* bytes */
	struct mt_heap_counts now;
	struct mt_heap_sum rec = {
		.hdr = { .id = MT_REC_heap_sum, .size = sizeof(rec), .time_ns = now_ns },
		.age_ns = heap->options->heap_age_ns,
		.call_ns = heap->call_ns,
		.files = heap->attach.with_functions,
		.functions = heap->attach.functions,
		.sample = live->cfg.sample ? live->cfg.sample : 1,
		.by_probes = heap->attach.probes,
		.sees_maps = sees_maps(live),
	};

	if (heap_maps__count(&heap->maps, &now))
		return;
	rec.allocated = now.allocated - base->allocated;
	rec.freed = now.freed - base->freed;
	rec.failed = now.failed - base->failed;
	rec.foreign = now.foreign - base->foreign;
	rec.without_room = now.without_room - base->without_room;
	rec.missed = now.missed - base->missed;
	rec.dropped = now.dropped - base->dropped;
	heap_maps__requested(&heap->maps, &living, &ended);
	rec.requested = living;
	rec.ended_requested = ended;
	live->sink.record(live->sink.ctx, &rec, sizeof(rec));
}

void live__tell_heap(struct live *live)
{
	if (live->heap)
		deliver_counts(live, clock__boot_ns());
}

/* Libraries that a process has loaded since, and programs that began. */
static void attach_more(struct live_heap *heap)
{
	const struct heap_process *process, *next;

	if (heap->alone) {
		(void)attach_pids(heap);
		return;
	}
	HASH_ITER (hh, heap->maps.known, process, next)
		if (process->is.state != MT_HEAP_ENDED)
			(void)heap_attach__process(&heap->attach, process->pid);
}

/* The ages of what ended processes held are those at their ends, or up to a tick more. */
static int sweep(struct live *live, uint64_t now_ns, bool all)
{
	struct live_heap *heap = live->heap;
	uint64_t age_ns = heap->options->heap_age_ns;
	int err;

	heap->ended.born_until_ns = heap->living.born_until_ns = born_until_ns(age_ns, now_ns);
	err = heap_maps__sum(&heap->maps, &heap->ended, all ? &heap->living : NULL);
	/* with the paths of all that was found */
	if (!err && live->cfg.stack_bytes)
		err = live__consume_all(live);
	if (!err) {
		deliver_all(live, &heap->ended, now_ns);
		deliver_all(live, &heap->living, now_ns);
		heap_maps__forget(&heap->maps);
	}
	heap_sums__free(&heap->ended);
	heap_sums__free(&heap->living);
	return err;
}

void live__read_heap(struct live *live, bool all)
{
	struct live_heap *heap = live->heap;
	uint64_t begin_ns = clock__boot_ns(), now_ns = live->ended ? live->end_checkpoint.now_ns : begin_ns;
	int err;

	if (!heap || !live->running)
		return;
	err = heap_maps__look(&heap->maps);
	if (!live->ended)
		attach_more(heap);
	if (!err && (all || (heap->maps.any_ended && begin_ns >= heap->next_sweep_ns))) {
		err = sweep(live, now_ns, all);
		heap->next_sweep_ns = begin_ns + SWEEP_SHARE * (clock__boot_ns() - begin_ns);
	}
	if (all)
		deliver_counts(live, now_ns);
	if (err && !heap->failed)
		log_warn("what programs hold could not be read: %s", strerror(-err));
	heap->failed |= err != 0;
}
