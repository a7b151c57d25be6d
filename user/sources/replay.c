// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../base/log.h"
#include "../base/stream.h"
#include "../recording/reader.h"
#include "replay_stacks.h"

struct cgroup_name {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
};

/* Memory for names of cgroups; further ones are shown by their ids. */
#define MAX_CGROUP_BYTES (32UL * 1024 * 1024)

struct replay {
	struct source source;
	struct sink sink;
	const char *path;
	FILE *stream;
	struct reader reader;
	struct recording_head head;
	struct checkpoint checkpoint;
	struct totals totals, base; /* as recorded; base: before the recorded part of the run */
	uint64_t own_cpu_ns;	    /* the same of memtrace's CPU time */
	struct command_outcome outcome;
	struct cgroup_name *cgroups;
	size_t cgroup_bytes;
	bool lacks_cgroups; /* there was no room for all of them */
	struct replay_stacks stacks;
};

static struct replay *replay_of(const struct source *src)
{
	return (struct replay *)((char *)src - offsetof(struct replay, source));
}

/* A name that is known already is kept up to date: the cgroup may have been renamed or, by now, removed. */
static int take_cgroup(void *ctx, uint64_t id, const char *name, size_t len)
{
	struct replay *replay = ctx;
	struct cgroup_name *entry;
	size_t bytes = sizeof(*entry) + len + 1;
	char *copy;

	HASH_FIND(hh, replay->cgroups, &id, sizeof(id), entry);
	if (entry && strlen(entry->name) == len && !memcmp(entry->name, name, len))
		return 0;
	if (bytes > MAX_CGROUP_BYTES - replay->cgroup_bytes) {
		replay->lacks_cgroups = true;
		return 0;
	}
	replay->cgroup_bytes += bytes; /* also of names that are replaced: cgroups are seldom renamed */
	copy = strndup(name, len);
	if (!entry && copy) {
		entry = calloc(1, sizeof(*entry));
		if (entry) {
			entry->id = id;
			HASH_ADD(hh, replay->cgroups, id, sizeof(entry->id), entry);
		}
		if (entry && !entry->hh.tbl) {
			free(entry);
			entry = NULL;
		}
	}
	if (!entry || !copy) {
		free(copy);
		return -ENOMEM;
	}
	free(entry->name);
	entry->name = copy;
	return 0;
}

static int take_stack(void *ctx, int32_t id, const uint64_t *addresses, size_t nr)
{
	return replay_stacks__add(&((struct replay *)ctx)->stacks, id, addresses, nr);
}

static int take_maps(void *ctx, uint32_t pid, uint64_t start_ns, struct proc_maps *maps)
{
	return replay_stacks__add_maps(&((struct replay *)ctx)->stacks, pid, start_ns, maps);
}

static int take_symbol(void *ctx, const struct symbol *symbol)
{
	return replay_stacks__add_symbol(&((struct replay *)ctx)->stacks, symbol);
}

static struct stack_lookup source_stacks(struct source *src)
{
	return replay_stacks__lookup(&replay_of(src)->stacks);
}

static const char *source_cgroup(struct source *src, uint64_t id)
{
	static char unknown[32];
	struct cgroup_name *entry;

	HASH_FIND(hh, replay_of(src)->cgroups, &id, sizeof(id), entry);
	if (entry)
		return entry->name;
	snprintf(unknown, sizeof(unknown), "[id:%llu]", (unsigned long long)id);
	return unknown;
}

/* As keyed counters have them now. */
static void take_fold(struct replay *replay, const struct checkpoint_record *record, enum mt_reclaim_kind kind)
{
	const struct older_folds *folds = &record->folds[kind];
	struct mt_reclaim_by_target keyed = {
		.hdr = { .id = REC_KEYED + MT_KEYED_reclaim_by_target,
			 .size = sizeof(keyed),
			 .time_ns = record->hdr.time_ns },
		.key = { .kind = kind, .folded = true },
		.value = { .head = { .flags = MT_KEYED_FOLDS }, .duration_ns = folds->sum_ns },
	};
	size_t i;

	if (record->flags & CHECKPOINT_BASE)
		keyed.value.head.flags |= MT_KEYED_BASE;
	for (i = 0; i < MT_HIST_SLOTS; i++) {
		keyed.value.hist[i] = folds->count[i];
		keyed.value.head.count += folds->count[i];
	}
	if (keyed.value.head.count)
		replay->sink.record(replay->sink.ctx, &keyed, sizeof(keyed));
}

static void take_checkpoint(struct replay *replay, const struct checkpoint_record *record)
{
	enum mt_reclaim_kind kind;

	for (kind = 0; kind < MT_NR_RECLAIM_KINDS; kind++)
		take_fold(replay, record, kind);
	if (record->flags & CHECKPOINT_BASE) {
		replay->base = record->totals;
		replay->own_cpu_ns = record->checkpoint.own_cpu_ns;
	}
	replay->checkpoint = record->checkpoint;
	replay->totals = record->totals;
	if (replay->totals.rings.nr_hot > MT_MAX_HOT_RINGS)
		replay->totals.rings.nr_hot = MT_MAX_HOT_RINGS;
}

/* A recording that was cut off ends with its last block, not with its last moment. */
static void end_early(struct replay *replay)
{
	if (replay->reader.end_ns > replay->checkpoint.now_ns)
		replay->checkpoint.now_ns = replay->reader.end_ns;
}

static int stop_early(struct replay *replay)
{
	end_early(replay);
	return -ECANCELED;
}

static int source_end(struct replay *replay)
{
	const struct reader *reader = &replay->reader;

	switch (reader->state) {
	case READER_COMPLETE:
		recording_end__read(&replay->outcome, reader->end);
		return 0;
	case READER_CUT_OFF:
		end_early(replay);
		log_note("%s is cut off after %llu whole blocks (%llu bytes): the report covers the %.1f s before that",
			 replay->path, (unsigned long long)reader->nr_blocks, (unsigned long long)reader->offset,
			 (replay->checkpoint.now_ns - replay->head.start.now_ns) / 1e9);
		return 0;
	default:
		log_error("%s: damaged at byte %llu: %s; the report covers what was read before that", replay->path,
			  (unsigned long long)reader->offset, reader->why);
		end_early(replay);
		replay->source.damaged = true;
		return 0;
	}
}

static int source_next(struct source *src, uint64_t *due_ns)
{
	struct replay *replay = replay_of(src);
	const struct checkpoint_record *checkpoint;
	const void *record;
	int got;

	while ((got = reader__next(&replay->reader, &record)) > 0) {
		const struct mt_hdr *hdr = record;

		if (hdr->id != REC_CHECKPOINT) {
			replay->sink.record(replay->sink.ctx, record, hdr->size);
			continue;
		}
		checkpoint = record;
		take_checkpoint(replay, checkpoint);
		*due_ns = checkpoint->due_ns;
		if (!(checkpoint->flags & (CHECKPOINT_FINAL | CHECKPOINT_BASE)))
			return 1;
	}
	if (got == -ECANCELED)
		return stop_early(replay);
	return got < 0 ? got : source_end(replay);
}

/* All counters in it are 64 bits wide and only grow. */
static int source_totals(struct source *src, struct totals *totals)
{
	const struct replay *replay = replay_of(src);
	const uint64_t *now = (const uint64_t *)&replay->totals, *base = (const uint64_t *)&replay->base;
	uint64_t *to = (uint64_t *)totals;
	size_t i;

	for (i = 0; i < offsetof(struct totals, rings) / sizeof(*to); i++)
		to[i] = now[i] - base[i];
	totals->rings = replay->totals.rings;
	return 0;
}

static void source_checkpoint(struct source *src, struct checkpoint *checkpoint)
{
	const struct replay *replay = replay_of(src);

	*checkpoint = replay->checkpoint;
	checkpoint->own_cpu_ns -= replay->own_cpu_ns;
}

static uint64_t source_now(struct source *src)
{
	return replay_of(src)->checkpoint.now_ns;
}

static const struct command_outcome *source_outcome(struct source *src)
{
	return &replay_of(src)->outcome;
}

static int source_costs(struct source *src, struct program_cost *costs, size_t max)
{
	return 0;
}

static void source_free(struct source *src)
{
	struct replay *replay = replay_of(src);
	struct cgroup_name *entry, *next;

	for (entry = replay->cgroups; entry; entry = next) {
		next = entry->hh.next;
		HASH_DEL(replay->cgroups, entry);
		free(entry->name);
		free(entry);
	}
	replay_stacks__free(&replay->stacks);
	reader__close(&replay->reader);
	if (replay->stream)
		fclose(replay->stream);
	free(replay);
}

static const struct source_ops replay_ops = {
	.next = source_next,
	.outcome = source_outcome,
	.totals = source_totals,
	.costs = source_costs,
	.now_ns = source_now,
	.checkpoint = source_checkpoint,
	.stacks = source_stacks,
	.cgroup = source_cgroup,
	.free = source_free,
};

static int open_file(struct replay *replay)
{
	const struct definitions definitions = {
		.cgroup = take_cgroup, .stack = take_stack, .maps = take_maps, .symbol = take_symbol, .ctx = replay
	};
	int err = replay_stacks__init(&replay->stacks);

	if (err)
		return err;
	err = stream__open_input(&replay->stream, replay->path);
	if (err)
		return err;
	err = reader__open(&replay->reader, replay->stream);
	if (err)
		return err;
	reader__on_definitions(&replay->reader, &definitions);
	return recording_head__read(&replay->head, replay->reader.head, replay->reader.why, sizeof(replay->reader.why));
}

int replay__open(struct source **out, const char *path, struct sink sink, struct run_facts *facts)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int err;

	*out = NULL;
	if (!replay) {
		log_error("%s cannot be read: %s", path, strerror(ENOMEM));
		return EXIT_FAILED;
	}
	replay->source.ops = &replay_ops;
	replay->path = path;
	replay->sink = sink;
	err = open_file(replay);
	if (err) {
		if (err == -EBADMSG)
			log_error("%s cannot be replayed: %s", path, replay->reader.why);
		else if (err != -ECANCELED)
			log_error("%s cannot be read: %s", path, strerror(-err));
		source_free(&replay->source);
		return EXIT_FAILED;
	}
	memcpy(replay->source.probes, replay->head.probes, sizeof(replay->head.probes));
	replay->checkpoint = replay->head.start;
	replay->head.start.own_cpu_ns = 0;
	*facts = replay->head.facts;
	facts->command_alone &= !replay->head.window; /* only sums are known of what came before */
	*out = &replay->source;
	return EXIT_OK;
}

const struct recording_head *replay__head(const struct source *src)
{
	return &replay_of(src)->head;
}

void replay__restart(struct source *src)
{
	struct replay *replay = replay_of(src);

	replay->base = replay->totals;
	replay->own_cpu_ns = replay->checkpoint.own_cpu_ns;
}

bool replay__lacks_cgroups(const struct source *src)
{
	return replay_of(src)->lacks_cgroups;
}
