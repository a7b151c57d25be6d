// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEPT   128	/* moments; with more a segment is read whole */
#define MAX_KILLS  1000 /* of more only the number is known */
#define LATE_TICKS 2	/* a moment that comes later has missed one */

struct digest_look {
	uint64_t time_ns, total_ns;
};

/* Room for one more in a list that grows by step. */
static void *room_for(struct digest *digest, void *list, size_t nr, size_t step, size_t size)
{
	void *more = nr % step ? list : reallocarray(list, nr + step, size);

	if (!more)
		digest->error = -ENOMEM;
	return more;
}

static void keep(struct digest *digest, const struct checkpoint_record *moment, uint64_t flags)
{
	struct checkpoint_record *kept = digest->nr_kept ? &digest->kept[digest->nr_kept - 1] : NULL;

	if (kept && kept->checkpoint.now_ns == moment->checkpoint.now_ns)
		return;
	if (digest->nr_kept == MAX_KEPT) {
		digest->error = -E2BIG;
		return;
	}
	kept = room_for(digest, digest->kept, digest->nr_kept, 8, sizeof(*kept));
	if (!kept)
		return;
	digest->kept = kept;
	kept += digest->nr_kept++;
	*kept = *moment;
	kept->flags |= flags;
}

static void take_moment(struct digest *digest, const struct checkpoint_record *moment)
{
	uint64_t last_ns = digest->last.hdr.id ? digest->last.checkpoint.now_ns : digest->start_ns;
	bool is_late, is_set;

	if (moment->flags & CHECKPOINT_BASE) {
		digest->base = *moment;
		return;
	}
	is_late = digest->tick_ns && moment->checkpoint.now_ns > last_ns + LATE_TICKS * digest->tick_ns;
	is_set = clock_was_set(digest->wall_offset_ns, moment->checkpoint.wall_offset_ns);
	if (is_late && digest->last.hdr.id)
		keep(digest, &digest->last, 0);
	if (is_late || is_set)
		keep(digest, moment, is_late ? CHECKPOINT_LATE : 0);
	if (is_set)
		digest->wall_offset_ns = moment->checkpoint.wall_offset_ns;
	digest->last = *moment;
}

/* What any of them has the first one has: it is about which files they are of. */
static void merge(struct sample_record *into, const struct sample_record *sample)
{
	enum sample_id id;

	for (id = 0; id < NR_SAMPLES; id++)
		if (into->values[id] == MT_UNKNOWN_U64)
			into->values[id] = sample->values[id];
}

/* Looks at the same pressure matter for how far the next one is from the last of them. */
static void take_look(struct digest *digest, const struct sample_record *sample)
{
	const struct digest_look look = { .time_ns = sample->hdr.time_ns,
					  .total_ns = sample->values[SAMPLE_pressure_memory_some_total] };
	struct digest_look *looks, *last;

	if (!digest->sample.hdr.id) {
		digest->sample = *sample;
		return;
	}
	merge(&digest->sample, sample);
	last = digest->nr_looks ? &digest->looks[digest->nr_looks - 1] : NULL;
	if (last && last->total_ns == look.total_ns && digest->is_flat) {
		*last = look;
		digest->left_out.samples++;
		return;
	}
	digest->is_flat = last && last->total_ns == look.total_ns;
	looks = room_for(digest, digest->looks, digest->nr_looks, 64, sizeof(*looks));
	if (!looks)
		return;
	digest->looks = looks;
	looks[digest->nr_looks++] = look;
}

static void take_kill(struct digest *digest, const struct mt_oom *kill)
{
	struct mt_oom *kills;

	if (digest->nr_kills == MAX_KILLS) {
		digest->left_out.events[MT_REC_oom]++;
		return;
	}
	kills = room_for(digest, digest->kills, digest->nr_kills, 8, sizeof(*kills));
	if (!kills)
		return;
	digest->kills = kills;
	kills[digest->nr_kills++] = *kill;
}

/* No list has more of them than CGROUPS_MAX. */
static void take_cgroup(struct digest *digest, const struct cgroup_sample_record *sample)
{
	uint64_t *cgroups;
	size_t i = 0;

	digest->sampled_cgroups = true;
	if (!sample->cgroup_id)
		digest->left_out_cgroups = sample->left_out;
	while (i < digest->nr_cgroups && digest->cgroups[i] != sample->cgroup_id)
		i++;
	if (!sample->cgroup_id || i < digest->nr_cgroups || i == CGROUPS_MAX)
		return;
	cgroups = room_for(digest, digest->cgroups, digest->nr_cgroups, 64, sizeof(*cgroups));
	if (!cgroups)
		return;
	digest->cgroups = cgroups;
	cgroups[digest->nr_cgroups++] = sample->cgroup_id;
}

void digest__take(struct digest *digest, const void *record)
{
	const struct mt_hdr *hdr = record;

	switch (hdr->id) {
	case REC_CHECKPOINT:
		take_moment(digest, record);
		break;
	case REC_SAMPLES:
		take_look(digest, record);
		break;
	case REC_CGROUP_SAMPLES:
		take_cgroup(digest, record);
		break;
	case MT_REC_oom:
		take_kill(digest, record);
		break;
	case REC_MAP_LOOK: /* a list has more of these than their number */
		digest->error = -E2BIG;
		break;
	default:
		if (hdr->id < MT_NR_RECS)
			digest->left_out.events[hdr->id]++;
		break;
	}
}

static int encode_looks(const struct digest *digest, struct encoder *enc)
{
	struct sample_record sample = digest->sample;
	size_t i;
	int err = sample.hdr.id ? encoder__add(enc, &sample) : 0;

	memset(sample.values, 0xff, sizeof(sample.values));
	for (i = 0; !err && i < digest->nr_looks; i++) {
		sample.hdr.time_ns = digest->looks[i].time_ns;
		sample.values[SAMPLE_pressure_memory_some_total] = digest->looks[i].total_ns;
		err = encoder__add(enc, &sample);
	}
	return err;
}

/* Without their names, which only those of kills need. */
static int encode_cgroups(const struct digest *digest, struct encoder *enc)
{
	struct cgroup_sample_record sample = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(sample), .time_ns = digest->last.hdr.time_ns },
		.left_out = digest->left_out_cgroups
	};
	size_t i;
	int err;

	if (!digest->sampled_cgroups)
		return 0;
	enc->cgroup = NULL;
	memset(sample.values, 0xff, sizeof(sample.values));
	err = encoder__add(enc, &sample);
	sample.left_out = 0;
	for (i = 0; !err && i < digest->nr_cgroups; i++) {
		sample.cgroup_id = digest->cgroups[i];
		err = encoder__add(enc, &sample);
	}
	return err;
}

static int encode_moments(const struct digest *digest, struct encoder *enc)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < digest->nr_kept; i++)
		err = encoder__add(enc, &digest->kept[i]);
	return err || !digest->last.hdr.id ? err : encoder__add(enc, &digest->last);
}

/* Moments come first: they say what the wall's clock showed when the others were. */
int digest__encode(const struct digest *digest, struct encoder *enc)
{
	struct digest_record left_out = digest->left_out;
	size_t i;
	int err = digest->error;

	if (!err && digest->base.hdr.id)
		err = encoder__add(enc, &digest->base);
	if (!err)
		err = encode_moments(digest, enc);
	for (i = 0; !err && i < digest->nr_kills; i++)
		err = encoder__add(enc, &digest->kills[i]);
	if (!err)
		err = encode_looks(digest, enc);
	if (!err)
		err = encode_cgroups(digest, enc);
	left_out.hdr =
		(struct mt_hdr){ .id = REC_DIGEST, .size = sizeof(left_out), .time_ns = digest->last.hdr.time_ns };
	return err ? err : encoder__add(enc, &left_out);
}

void digest__reset(struct digest *digest)
{
	free(digest->kept);
	free(digest->looks);
	free(digest->kills);
	free(digest->cgroups);
	*digest = (struct digest){ 0 };
}
