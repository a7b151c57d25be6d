// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../base/stream.h"
#include "replay_impl.h"

/* Memory for names of cgroups; further ones are shown by their ids. */
#define MAX_CGROUP_BYTES (32UL * 1024 * 1024)

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
	if (entry &&
	    (definition__is_no_name(name, len) || (strlen(entry->name) == len && !memcmp(entry->name, name, len))))
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
	struct replay *replay = ctx;

	if ((uint32_t)id >= replay->end_of_stacks)
		replay->end_of_stacks = (uint32_t)id + 1;
	return replay_stacks__add(&replay->stacks, id, addresses, nr);
}

static int take_maps(void *ctx, uint32_t pid, uint64_t start_ns, struct proc_maps *maps)
{
	return replay_stacks__add_maps(&((struct replay *)ctx)->stacks, pid, start_ns, maps);
}

static int take_symbol(void *ctx, const struct symbol *symbol)
{
	struct replay *replay = ctx;

	return replay_stacks__add_symbol(&replay->stacks, symbol, replay->moved.time_ns);
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

/* 0 or -ENOMEM. */
static int take_checkpoint(struct replay *replay, const struct checkpoint_record *record)
{
	bool is_base = record->flags & CHECKPOINT_BASE;
	enum mt_reclaim_kind kind;
	int err = 0;

	for (kind = 0; kind < MT_NR_RECLAIM_KINDS; kind++)
		take_fold(replay, record, kind);
	if (is_base)
		replay_history__rebase(replay, &record->totals, record->checkpoint.own_cpu_ns);
	else if (replay->segments.dir && (!replay->reader.in_digest || record->flags & CHECKPOINT_LATE))
		err = replay_history__moment(replay, record->checkpoint.now_ns);
	if (!err && replay->segments.dir)
		err = replay_history__clock(replay, &record->checkpoint);
	replay->checkpoint = record->checkpoint;
	replay->totals = record->totals;
	if (replay->totals.rings.nr_hot > MT_MAX_HOT_RINGS)
		replay->totals.rings.nr_hot = MT_MAX_HOT_RINGS;
	return err;
}

/* A recording that was cut off ends with its last block, not with its last moment. */
static void end_early(struct replay *replay)
{
	uint64_t end_ns = replay->reader.end_ns + replay->moved.time_ns;

	if (replay->reader.end_ns && end_ns > replay->checkpoint.now_ns)
		replay->checkpoint.now_ns = end_ns;
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
		if (!replay->segments.dir)
			log_note("%s is cut off after %llu whole blocks (%llu bytes): the report covers the %.1f s "
				 "before that",
				 replay->path, (unsigned long long)reader->nr_blocks,
				 (unsigned long long)reader->offset,
				 (replay->checkpoint.now_ns - replay->head.start.now_ns) / 1e9);
		return 0;
	default:
		log_error("%s: damaged at byte %llu: %s; the report covers what was read before that",
			  replay->segments.dir ? replay->segments.path : replay->path,
			  (unsigned long long)reader->offset, reader->why);
		end_early(replay);
		replay->source.damaged = true;
		return 0;
	}
}

void replay__close_reader(struct replay *replay)
{
	reader__close(&replay->reader);
	if (replay->stream)
		fclose(replay->stream);
	replay->stream = NULL;
}

/* Of a history.  One recording alone is read whole, so that damage is found. */
static int go_to_digest(struct replay *replay)
{
	int got = replay->segments.dir ? reader__to_digest(&replay->reader) : 0;

	return got < 0 ? got : 0;
}

/* Of the stream that is open. */
int replay__open_reader(struct replay *replay, struct recording_head *head)
{
	const struct definitions definitions = {
		.cgroup = take_cgroup, .stack = take_stack, .maps = take_maps, .symbol = take_symbol, .ctx = replay
	};
	struct reader *reader = &replay->reader;
	int err = reader__open(reader, replay->stream);

	if (err)
		return err;
	reader__on_definitions(reader, &definitions);
	reader->decoder.brief_tasks = replay->is_brief;
	err = recording_head__read(head, reader->head, reader->why, sizeof(reader->why));
	return err || !replay->is_brief ? err : go_to_digest(replay);
}

/* A segment was read to its end: 1: the next one begins; 0: there is none; -errno. */
static int end_segment(struct replay *replay)
{
	int err = source_end(replay);

	return err || !replay->segments.dir ? err : replay_history__next(replay);
}

static int read_moment(struct replay *replay, uint64_t *due_ns)
{
	const struct checkpoint_record *checkpoint;
	const void *record;
	int got, err;

	while ((got = reader__next(&replay->reader, &record)) > 0) {
		const struct mt_hdr *hdr = record;

		if (replay->segments.dir)
			record = replay_history__move(replay, record);
		if (hdr->id != REC_CHECKPOINT) {
			replay->sink.record(replay->sink.ctx, record, hdr->size);
			continue;
		}
		checkpoint = record;
		err = take_checkpoint(replay, checkpoint);
		if (err)
			return err;
		*due_ns = checkpoint->due_ns;
		if (!(checkpoint->flags & (CHECKPOINT_FINAL | CHECKPOINT_BASE)))
			return 1;
	}
	return got;
}

static int source_next(struct source *src, uint64_t *due_ns)
{
	struct replay *replay = replay_of(src);
	int got, more = 1;

	do {
		got = read_moment(replay, due_ns);
		if (!got)
			more = end_segment(replay);
		if (!got && more > 0 && replay->is_new_run && replay->stops_at_runs) {
			*due_ns = replay_history__begin_run(replay);
			got = 1;
		}
	} while (!got && more > 0);
	replay->is_new_run = false;
	if (got == -ECANCELED || more == -ECANCELED)
		return stop_early(replay);
	return got ? got : more;
}

static int source_totals(struct source *src, struct totals *totals)
{
	const struct replay *replay = replay_of(src);

	*totals = replay->done;
	replay_history__add_totals(replay, totals);
	totals->rings = replay->totals.rings;
	return 0;
}

static void source_checkpoint(struct source *src, struct checkpoint *checkpoint)
{
	const struct replay *replay = replay_of(src);

	*checkpoint = replay->checkpoint;
	checkpoint->own_cpu_ns += replay->done_cpu_ns - replay->own_cpu_ns;
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
	replay__close_reader(replay);
	replay_segments__free(&replay->segments);
	free(replay->gaps);
	free(replay->clocks);
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
	int err = replay_stacks__init(&replay->stacks), got;

	if (err)
		return err;
	if (!replay->segments.dir) {
		err = stream__open_input(&replay->stream, replay->path);
		return err ? err : replay__open_reader(replay, &replay->head);
	}
	got = replay_history__next(replay);
	if (!got)
		snprintf(replay->reader.why, sizeof(replay->reader.why), "none of its segments can be read");
	return got > 0 ? 0 : got ? got : -EBADMSG;
}

static int choose_segments(struct replay *replay, const struct replay_part *part)
{
	return replay_segments__is_dir(replay->path) ? replay_segments__open(&replay->segments, replay->path, part) :
						       EXIT_OK;
}

int replay__open(struct source **out, const char *path, const struct replay_part *part, struct sink sink,
		 struct run_facts *facts)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int err, code;

	*out = NULL;
	if (!replay) {
		log_error("%s cannot be read: %s", path, strerror(ENOMEM));
		return EXIT_FAILED;
	}
	replay->source.ops = &replay_ops;
	replay->path = path;
	replay->sink = sink;
	code = choose_segments(replay, part);
	if (code != EXIT_OK) {
		source_free(&replay->source);
		return code;
	}
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
	/* only sums are known of what came before */
	facts->command_alone &= !replay->head.window && !replay->segments.dir;
	*out = &replay->source;
	return EXIT_OK;
}

int replay__be_brief(struct source *src)
{
	struct replay *replay = replay_of(src);

	replay->is_brief = replay->reader.decoder.brief_tasks = true;
	return go_to_digest(replay);
}

void replay__stop_at_runs(struct source *src, bool stops)
{
	replay_of(src)->stops_at_runs = stops;
}

const struct recording_head *replay__head(const struct source *src)
{
	return &replay_of(src)->head;
}

void replay__restart(struct source *src)
{
	struct replay *replay = replay_of(src);

	memset(&replay->done, 0, sizeof(replay->done));
	replay->done_cpu_ns = 0;
	replay->base = replay->totals;
	replay->own_cpu_ns = replay->checkpoint.own_cpu_ns;
}

bool replay__lacks_cgroups(const struct source *src)
{
	return replay_of(src)->lacks_cgroups;
}

size_t replay__clocks(const struct source *src, const struct recorded_clock **clocks)
{
	*clocks = replay_of(src)->clocks;
	return replay_of(src)->nr_clocks;
}

size_t replay__gaps(const struct source *src, const struct recorded_gap **gaps)
{
	*gaps = replay_of(src)->gaps;
	return replay_of(src)->nr_gaps;
}
