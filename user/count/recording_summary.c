// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recording_summary.h"

#include "../model/digest_record.h"

static void take_samples(struct samples_summary *samples, const struct sample_record *record)
{
	enum sample_id id;

	if (!samples->nr++)
		samples->first_ns = record->hdr.time_ns;
	samples->last_ns = record->hdr.time_ns;
	for (id = 0; id < NR_SAMPLES; id++)
		samples->known[sample_rows[id].file] |= record->values[id] != MT_UNKNOWN_U64;
}

/* What a segment has beside the records that it comes with. */
static void take_digest(struct recording_summary *summary, const struct digest_record *digest)
{
	enum mt_rec_id id;

	for (id = 0; id < MT_NR_RECS; id++)
		summary->counts[id] += digest->events[id];
	summary->samples.nr += digest->samples;
}

static void take_look(struct recording_summary *summary, const struct map_look_record *record)
{
	const uint64_t begin = MAP_LOOK_BEGINS | MAP_LOOK_AREAS;

	summary->looks += (record->flags & begin) == begin;
}

void recording_summary__take(void *ctx, const void *record, size_t size)
{
	struct recording_summary *summary = ctx;
	const struct mt_hdr *hdr = record;
	int err = 0;

	if (hdr->id < MT_NR_RECS)
		summary->counts[hdr->id]++;
	else if (hdr->id == REC_SAMPLES)
		take_samples(&summary->samples, record);
	else if (hdr->id == REC_CGROUP_SAMPLES)
		err = cgroup_counts__take(&summary->samples.cgroups, record);
	else if (hdr->id == REC_DIGEST)
		take_digest(summary, record);
	else if (hdr->id == REC_MAP_LOOK)
		take_look(summary, record);
	else if (hdr->id == REC_MAP_PROCESS)
		summary->looks_at++;
	if (!summary->error)
		summary->error = err;
}

void recording_summary__free(struct recording_summary *summary)
{
	cgroup_counts__free(&summary->samples.cgroups);
}
