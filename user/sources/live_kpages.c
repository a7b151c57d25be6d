// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The probe kpages: at the end of a run, delivers the pages that the kernel holds since it began. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../model/kpages_sums.h"
#include "live_impl.h"

/* Their memory is taken at once, as allocations are where no other can be made: some 14 MiB. */
#define DEFAULT_ALLOCATIONS (1 << 17)
/* How many are read at a time; more, where many of them have the same place in the kernel's table. */
#define BATCH	  4096
#define MAX_BATCH (1 << 20)

int live__prepare_kpages(struct bpf_object *bpf, void *ctx)
{
	const struct options *options = ctx;
	struct bpf_map *pages = bpf_object__find_map_by_name(bpf, "kpages");

	if (!pages)
		return -ENOENT;
	return bpf_map__set_max_entries(pages,
					options->heap_objects ? (uint32_t)options->heap_objects : DEFAULT_ALLOCATIONS);
}

/* How a hook names a page: by its frame's number, or by its address. */
static bool by_number(const struct object *object, const char *name)
{
	const struct hook_state *hook = object__hook(object, name);

	return hook && hook__is_attached(hook) && hook->hook->alts[hook->alt].kind == ATTACH_TP;
}

void live__open_kpages(struct live *live, const struct live_request *request)
{
	struct probe_status *status = &live->source.probes[MT_PROBE_kpages];
	struct object *object = &live->objects[MT_PROBE_kpages];

	live->kpages_age_ns = request->options->heap_age_ns;
	if (!object->bpf || !status->attached || by_number(object, "alloc") == by_number(object, "free"))
		return;
	snprintf(status->why, sizeof(status->why), "the kernel names pages in two ways that cannot be compared");
	status->attached = status->hooked = false;
	status->error = -EOPNOTSUPP;
	object__close(object);
}

struct batch {
	struct mt_kpages_key *keys;
	struct mt_kpages_held *held;
	uint32_t room, nr;
};

static int batch__make(struct batch *batch, uint32_t room)
{
	free(batch->keys);
	free(batch->held);
	batch->room = room;
	batch->keys = malloc(room * sizeof(*batch->keys));
	batch->held = malloc(room * sizeof(*batch->held));
	return batch->keys && batch->held ? 0 : -ENOMEM;
}

/* 1; 0: these were the last; or -errno. */
static int batch__read(struct batch *batch, int map, uint32_t *at, bool first)
{
	uint32_t from = *at;
	int err;

	do {
		batch->nr = batch->room;
		err = bpf_map_lookup_batch(map, first ? NULL : &from, at, batch->keys, batch->held, &batch->nr, NULL);
		if (err != -ENOSPC || batch->room >= MAX_BATCH)
			break;
		err = batch__make(batch, batch->room * 2);
	} while (!err);
	return err == -ENOENT ? 0 : err < 0 ? err : 1;
}

static int sum_up(int map, struct kpages_sums *sums)
{
	struct batch batch = { 0 };
	int err = batch__make(&batch, BATCH), more = 1;
	bool first = true;
	uint32_t at = 0, i;

	for (; !err && more; first = false) {
		more = batch__read(&batch, map, &at, first);
		err = more < 0 ? more : 0;
		for (i = 0; !err && i < batch.nr; i++)
			err = kpages_sums__add(sums, &batch.keys[i], &batch.held[i]);
	}
	free(batch.keys);
	free(batch.held);
	return err;
}

static void deliver(struct live *live, const struct kpages_sums *sums, uint64_t now_ns)
{
	const struct kpages_chain *chain, *next;

	HASH_ITER (hh, sums->table, chain, next) {
		const struct mt_kpages rec = {
			.hdr = { .id = MT_REC_kpages, .size = sizeof(rec), .time_ns = now_ns },
			.pages = chain->pages,
			.allocations = chain->allocations,
			.oldest_ns = chain->oldest_ns,
			.kernel_stack = chain->stack,
		};

		live->sink.record(live->sink.ctx, &rec, sizeof(rec));
	}
}

static int deliver_counts(struct live *live, int map, uint64_t now_ns)
{
	int nr = libbpf_num_possible_cpus(), i;
	struct mt_kpages_counts *each = nr > 0 ? calloc((size_t)nr, sizeof(*each)) : NULL;
	struct mt_kpages_sum rec = {
		.hdr = { .id = MT_REC_kpages_sum, .size = sizeof(rec), .time_ns = now_ns },
		.sample = live->cfg.sample ? live->cfg.sample : 1,
	};
	uint32_t key = 0;
	int err = each ? bpf_map_lookup_elem(map, &key, each) : -ENOMEM;

	for (i = 0; !err && i < nr; i++) {
		rec.allocated += each[i].allocated;
		rec.freed += each[i].freed;
		rec.without_room += each[i].without_room;
		rec.missed += each[i].missed;
		rec.movable += each[i].movable;
	}
	free(each);
	if (!err)
		live->sink.record(live->sink.ctx, &rec, sizeof(rec));
	return err;
}

/* Once the run is over, programs leave the map as it is. */
void live__read_kpages(struct live *live)
{
	struct bpf_object *bpf = live->objects[MT_PROBE_kpages].bpf;
	uint64_t now_ns = live->ended ? live->end_checkpoint.now_ns : clock__boot_ns(), age_ns = live->kpages_age_ns;
	struct kpages_sums sums = { .born_until_ns = born_until_ns(age_ns, now_ns) };
	int err;

	if (!bpf || !live->running)
		return;
	err = sum_up(bpf_object__find_map_fd_by_name(bpf, "kpages"), &sums);
	if (!err) {
		deliver(live, &sums, now_ns);
		err = deliver_counts(live, bpf_object__find_map_fd_by_name(bpf, "kpages_counts"), now_ns);
	}
	if (err)
		log_warn("what the kernel holds could not be read: %s", strerror(-err));
	kpages_sums__free(&sums);
}
