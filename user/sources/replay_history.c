// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Segments of a history as one recording: what goes on from one to the next, over runs, boots and pauses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "replay_impl.h"

#define LATE_TICKS 6	  /* a moment that comes later has missed some */
#define MAX_GAPS   100000 /* a directory may have any segments */
#define MAX_CLOCKS MAX_GAPS

/* All counters in it are 64 bits wide and only grow. */
void replay_history__add_totals(const struct replay *replay, struct totals *totals)
{
	const uint64_t *now = (const uint64_t *)&replay->totals, *base = (const uint64_t *)&replay->base;
	uint64_t *to = (uint64_t *)totals;
	size_t i;

	for (i = 0; i < offsetof(struct totals, rings) / sizeof(*to); i++)
		to[i] += now[i] - base[i];
}

void replay_history__rebase(struct replay *replay, const struct totals *base, uint64_t own_cpu_ns)
{
	replay_history__add_totals(replay, &replay->done);
	replay->done_cpu_ns += replay->checkpoint.own_cpu_ns - replay->own_cpu_ns;
	replay->base = *base;
	replay->own_cpu_ns = own_cpu_ns;
}

static bool same_id(const char *one, const char *other)
{
	return one[0] && !strcmp(one, other);
}

static const char *why_gap(const struct recording_head *last, const struct recording_head *next)
{
	if (same_id(last->segment.run, next->segment.run))
		return next->segment.after_pause ? "there was no room on the disk" : "segments are missing";
	return same_id(last->segment.boot, next->segment.boot) ? "no recorder ran" : "the machine was started again";
}

static int put_gap(struct replay *replay, const struct recorded_gap *gap)
{
	struct recorded_gap *gaps;

	if (replay->nr_gaps == MAX_GAPS)
		return 0;
	gaps = reallocarray(replay->gaps, replay->nr_gaps + 1, sizeof(*gaps));
	if (!gaps)
		return -ENOMEM;
	replay->gaps = gaps;
	gaps[replay->nr_gaps++] = *gap;
	return 0;
}

static int put_clock(struct replay *replay, uint64_t from_ns, int64_t wall_offset_ns)
{
	struct recorded_clock *clocks;

	if (replay->nr_clocks == MAX_CLOCKS)
		return 0;
	clocks = reallocarray(replay->clocks, replay->nr_clocks + 1, sizeof(*clocks));
	if (!clocks)
		return -ENOMEM;
	replay->clocks = clocks;
	clocks[replay->nr_clocks++] = (struct recorded_clock){ from_ns, wall_offset_ns };
	return 0;
}

int replay_history__clock(struct replay *replay, const struct checkpoint *checkpoint)
{
	const struct recorded_clock *last = replay->nr_clocks ? &replay->clocks[replay->nr_clocks - 1] : NULL;

	if (last && !clock_was_set(last->wall_offset_ns, checkpoint->wall_offset_ns))
		return 0;
	return put_clock(replay, checkpoint->now_ns, checkpoint->wall_offset_ns);
}

/* Between segments a clock that is only corrected a little is followed, too. */
static int begin_clock(struct replay *replay)
{
	const struct recorded_clock *last = replay->nr_clocks ? &replay->clocks[replay->nr_clocks - 1] : NULL;
	int64_t wall_offset_ns = replay->current.start.wall_offset_ns - (int64_t)replay->moved.time_ns;

	if (last && last->wall_offset_ns == wall_offset_ns)
		return 0;
	return put_clock(replay, replay->current.start.now_ns + replay->moved.time_ns, wall_offset_ns);
}

/* The moment at which the next segment begins is that of the last one's end, where nothing is missing. */
static struct recorded_gap gap_before(const struct replay *replay, const struct recording_head *next)
{
	return (struct recorded_gap){
		.from_ns = replay->checkpoint.now_ns,
		.to_ns = next->start.now_ns + replay->moved.time_ns,
		.why = why_gap(&replay->current, next),
		.other_kernel = strcmp(replay->current.host.kernel, next->host.kernel) != 0,
	};
}

int replay_history__moment(struct replay *replay, uint64_t now_ns)
{
	uint64_t begin_ns = replay->current.start.now_ns + replay->moved.time_ns;
	uint64_t last_ns = replay->checkpoint.now_ns, tick_ns = replay->current.facts.tick_ns;
	const struct recorded_gap gap = {
		.from_ns = last_ns > begin_ns ? last_ns : begin_ns,
		.to_ns = now_ns,
		.why = "the machine slept, or was too busy",
	};

	return tick_ns && now_ns > gap.from_ns + LATE_TICKS * tick_ns ? put_gap(replay, &gap) : 0;
}

/*
 * Numbers of lives, call chains and cgroups mean something within a run or a boot alone, and so does the boot time
 * clock.  With each boot it goes on where the wall's clock is, but never back.
 */
static void move(struct replay *replay, const struct recording_head *next)
{
	const uint64_t spread = 0x9e3779b97f4a7c15;
	uint64_t moved_ns = (uint64_t)(next->start.wall_offset_ns - replay->head.start.wall_offset_ns);
	int64_t ahead_ns = (int64_t)(next->start.now_ns + moved_ns - replay->checkpoint.now_ns);

	replay->nr_runs++;
	/* the low bits of both stay: hashes and tables use them */
	replay->moved.life = replay->nr_runs * spread & ~0xffffffffULL;
	replay->moved.stack = replay->end_of_stacks;
	if (same_id(replay->current.segment.boot, next->segment.boot))
		return;
	replay->nr_boots++;
	replay->is_new_boot = true;
	replay->moved.cgroup = replay->nr_boots * spread & ~0xffffffffULL;
	replay->moved.time_ns = ahead_ns < 0 ? replay->checkpoint.now_ns - next->start.now_ns : moved_ns;
}

/* Those that are removed while nobody looks have no record of it. */
static void end_cgroups(struct replay *replay)
{
	struct cgroup_sample_record *said = &replay->cgroups_said;

	if (!said->hdr.id)
		return;
	said->hdr.time_ns = replay->checkpoint.now_ns;
	said->removed = 1;
	replay->sink.record(replay->sink.ctx, said, sizeof(*said));
}

/* The segment that begins goes on from the one before.  0 or -ENOMEM. */
static int join(struct replay *replay, const struct recording_head *next)
{
	static const struct totals none;

	bool is_new_run = !same_id(replay->current.segment.run, next->segment.run);
	struct recorded_gap gap;

	if (is_new_run) {
		replay_history__rebase(replay, &none, 0);
		replay->totals = none;
		replay->checkpoint.own_cpu_ns = 0;
		replay->is_new_run = true;
		replay->left_out = replay->cgroups_said.left_out;
		move(replay, next);
	}
	replay->reader.decoder.moved = replay->moved;
	gap = gap_before(replay, next);
	if (is_new_run || gap.to_ns != gap.from_ns)
		end_cgroups(replay);
	return gap.to_ns == gap.from_ns ? 0 : put_gap(replay, &gap);
}

static int begin_segment(struct replay *replay)
{
	bool first = !replay->current.facts.page_size;
	struct recording_head head;
	int err = replay__open_reader(replay, &head);

	if (!err && !first)
		err = join(replay, &head);
	if (err)
		return err;
	if (first)
		replay->head = head;
	replay->current = head;
	err = begin_clock(replay);
	return err ? err : 1;
}

int replay_history__next(struct replay *replay)
{
	FILE *stream;
	int got;

	while ((got = replay_segments__next(&replay->segments, &stream)) > 0) {
		replay__close_reader(replay);
		replay->stream = stream;
		got = begin_segment(replay);
		if (got != -EBADMSG)
			return got;
		log_error("%s: left out: %s", replay->segments.path, replay->reader.why);
		replay->source.damaged = true;
	}
	return got;
}

uint64_t replay_history__begin_run(struct replay *replay)
{
	replay->is_new_run = false;
	replay->checkpoint.now_ns = replay->current.start.now_ns + replay->moved.time_ns;
	replay->checkpoint.wall_offset_ns = replay->current.start.wall_offset_ns - (int64_t)replay->moved.time_ns;
	return replay->checkpoint.now_ns;
}

static const void *move_samples(struct replay *replay, const struct sample_record *record)
{
	struct sample_record *last = &replay->samples;
	bool any = last->hdr.id;
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++) {
		uint64_t before = last->values[i], value = record->values[i];

		if (sample_rows[i].kind == SAMPLE_COUNTER && value != MT_UNKNOWN_U64) {
			if (replay->is_new_boot)
				replay->sample_moved[i] = any && before != MT_UNKNOWN_U64 ? before - value : 0;
			value += replay->sample_moved[i];
		}
		last->values[i] = value;
	}
	last->hdr = record->hdr;
	replay->is_new_boot = false;
	return last;
}

static const void *move_cgroups(struct replay *replay, const struct cgroup_sample_record *record)
{
	if (record->cgroup_id)
		return record;
	replay->cgroups_said = *record;
	replay->cgroups_said.left_out += replay->left_out;
	return &replay->cgroups_said;
}

const void *replay_history__move(struct replay *replay, const void *record)
{
	switch (((const struct mt_hdr *)record)->id) {
	case REC_SAMPLES:
		return move_samples(replay, record);
	case REC_CGROUP_SAMPLES:
		return move_cgroups(replay, record);
	default:
		return record;
	}
}
