// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "pipeline.h"

/* The size that a record of that id has; 0: there is no such record. */
static size_t size_of(uint16_t id)
{
	const struct keyed_row *keyed = keyed_row__of_record(id);

	if (keyed)
		return keyed->size;
	if (id == MT_REC_TASK)
		return sizeof(struct mt_task);
	if (id == MT_REC_CGROUP_GONE)
		return sizeof(struct mt_cgroup_gone);
	if (id == MT_REC_WHO)
		return sizeof(struct mt_who_is);
	if (id == REC_SAMPLES)
		return sizeof(struct sample_record);
	if (id == REC_CGROUP_SAMPLES)
		return sizeof(struct cgroup_sample_record);
	if (id == REC_TITLE)
		return sizeof(struct title_record);
	return id < MT_NR_RECS ? event_rows[id].size : map_record__size(id);
}

static bool is_wellformed(const void *data, size_t size, struct mt_hdr *hdr)
{
	if (size < sizeof(*hdr))
		return false;
	memcpy(hdr, data, sizeof(*hdr));
	return hdr->size == size && size_of(hdr->id) == size;
}

static void take_samples(struct pipeline *pipeline, const struct sample_record *record)
{
	if (pipeline->samples)
		sample_counts__take(pipeline->samples, record);
}

/* Events without records are in the histograms of those that have one. */
static int take_folded(struct pipeline *pipeline, const struct keyed_row *row, const void *added)
{
	const char *at = added;
	uint32_t folded = 0;
	uint64_t sum, cgroup_id = 0;
	int32_t label;

	if (!added || !pipeline->aggregate || row->folded->event == MT_REC_NONE)
		return 0;
	memcpy(&folded, at + row->folded->offset, sizeof(folded));
	memcpy(&label, at + row->folded->label_offset, sizeof(label));
	memcpy(&sum, at + row->hist->sum_offset, sizeof(sum));
	if (row->folded->cgroup_offset)
		memcpy(&cgroup_id, at + row->folded->cgroup_offset, sizeof(cgroup_id));
	if (!folded)
		return 0;
	return aggregate__folded(pipeline->aggregate, row->folded->event, label, cgroup_id,
				 (const uint64_t *)(at + row->hist->offset), sum);
}

static bool is_before(const struct pipeline *pipeline)
{
	return pipeline->filter && pipeline->filter->before;
}

/* Whose episodes they are is not known: if only those of some tasks are wanted, there are none to show. */
static bool leaves_out_keyed(struct pipeline *pipeline)
{
	if (!pipeline->filter || !record_filter__has_tasks(pipeline->filter))
		return false;
	pipeline->filter->left_out_keyed = true;
	return true;
}

static int take_keyed(struct pipeline *pipeline, const struct keyed_row *row, const void *record)
{
	const void *added;
	int err;

	if (!pipeline->keyed || leaves_out_keyed(pipeline))
		return 0;
	err = keyed_counts__take(pipeline->keyed, row, record, &added);
	if (err == -E2BIG) {
		pipeline->malformed++;
		return 0;
	}
	return err || is_before(pipeline) ? err : take_folded(pipeline, row, added);
}

static int take_event(struct pipeline *pipeline, const struct event_row *row, const void *data)
{
	int err = 0;

	if (pipeline->filter && !record_filter__event(pipeline->filter, row, data, &pipeline->task_refs))
		return 0;
	if (pipeline->aggregate && !is_before(pipeline))
		err = aggregate__event(pipeline->aggregate, row, data, &pipeline->task_refs);
	if (pipeline->event)
		pipeline->event(pipeline->event_ctx, row, data);
	return err;
}

/* What a task counted that is not wanted is where the next record of that life starts. */
static int take_task(struct pipeline *pipeline, const struct mt_task *task)
{
	struct mt_task base;

	if (!pipeline->aggregate)
		return 0;
	if (!pipeline->filter || record_filter__task(pipeline->filter, &task->who))
		return aggregate__task(pipeline->aggregate, task);
	base = *task;
	base.flags |= MT_TASK_BASE;
	return aggregate__task(pipeline->aggregate, &base);
}

static int take_cgroup(struct pipeline *pipeline, const struct cgroup_sample_record *record)
{
	if (!pipeline->cgroups || (pipeline->filter && !record_filter__cgroup(pipeline->filter, record->cgroup_id)))
		return 0;
	return cgroup_counts__take(pipeline->cgroups, record);
}

static int take_map(struct pipeline *pipeline, const void *record)
{
	const struct mt_who *who = map_record__who(record);

	if (!pipeline->map || (who && pipeline->filter && !record_filter__who(pipeline->filter, who)))
		return 0;
	return pipeline->map(pipeline->event_ctx, record);
}

static int dispatch(struct pipeline *pipeline, uint16_t id, const void *data)
{
	const struct keyed_row *keyed = keyed_row__of_record(id);

	if (keyed)
		return take_keyed(pipeline, keyed, data);
	switch (id) {
	case MT_REC_TASK:
		return take_task(pipeline, data);
	case MT_REC_CGROUP_GONE: /* the live source keeps the names of cgroups */
		return 0;
	case MT_REC_WHO:
		return task_refs__learn(&pipeline->task_refs, data);
	case REC_SAMPLES:
		take_samples(pipeline, data);
		return 0;
	case REC_CGROUP_SAMPLES:
		return take_cgroup(pipeline, data);
	case REC_TITLE: /* of any process: it is only asked for those that count */
		if (pipeline->roles)
			task_roles__title(pipeline->roles, data);
		if (pipeline->titles)
			titles__take(pipeline->titles, data);
		return 0;
	case REC_MAP_LOOK:
	case REC_MAP_PROCESS:
	case REC_MAP_NAME:
	case REC_MAP_AREA:
	case REC_MAP_RUN:
	case REC_MAP_CGROUP:
		return take_map(pipeline, data);
	default:
		return take_event(pipeline, &event_rows[id], data);
	}
}

static void take(void *ctx, const void *data, size_t size)
{
	struct pipeline *pipeline = ctx;
	struct mt_hdr hdr;
	int err;

	if (!is_wellformed(data, size, &hdr)) {
		pipeline->malformed++;
		return;
	}
	err = dispatch(pipeline, hdr.id, data);
	if (pipeline->every_record)
		pipeline->every_record(pipeline->every_record_ctx, data);
	if (!pipeline->error)
		pipeline->error = err;
}

struct sink pipeline__sink(struct pipeline *pipeline)
{
	return (struct sink){ .record = take, .ctx = pipeline };
}

void pipeline__done(struct pipeline *pipeline)
{
	task_refs__free(&pipeline->task_refs);
}
