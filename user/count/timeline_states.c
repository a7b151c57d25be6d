// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What a timeline has of samples and counts: watermarks, limits of cgroups, dirty pages, pauses of writers. */
#include <errno.h>
#include <string.h>

#include "timeline_impl.h"

static void add_state(struct timeline *timeline, const struct run_view *view, enum timeline_kind kind, uint64_t value,
		      uint64_t bound, uint64_t cgroup_id)
{
	struct timeline_entry entry;

	timeline_entry__init(&entry, kind, view->interval_start_ns, view->interval_end_ns);
	entry.value_bytes = value;
	entry.bound_bytes = bound;
	entry.cgroup_id = cgroup_id;
	timeline__add(timeline, &entry);
}

static bool is_known(uint64_t value)
{
	return value != MT_UNKNOWN_U64 && value != SAMPLE_UNLIMITED;
}

/* In pages; MT_UNKNOWN_U64 if one of them is unknown. */
static uint64_t sum(uint64_t a, uint64_t b)
{
	return is_known(a) && is_known(b) ? a + b : MT_UNKNOWN_U64;
}

/* Free memory and watermarks are sums over all zones: one zone may be short of memory where these are not. */
static void add_watermark(struct timeline *timeline, const struct run_view *view, enum timeline_kind kind,
			  enum sample_id watermark)
{
	const struct sample_extent *extents = view->samples->extents[SCOPE_INTERVAL];
	uint64_t page_size = timeline->config.page_size, free = extents[SAMPLE_vm_free].min;

	if (is_known(free) && is_known(extents[watermark].end) && free < extents[watermark].end)
		add_state(timeline, view, kind, free * page_size, extents[watermark].end * page_size, 0);
}

/* mm/page-writeback.c, balance_dirty_pages(): below half way between both thresholds nobody is paused. */
static void add_dirty_limit(struct timeline *timeline, const struct run_view *view)
{
	const struct sample_extent *extents = view->samples->extents[SCOPE_INTERVAL];
	uint64_t page_size = timeline->config.page_size;
	uint64_t thresholds =
		sum(extents[SAMPLE_vm_dirty_threshold].end, extents[SAMPLE_vm_dirty_background_threshold].end);
	uint64_t dirty = sum(extents[SAMPLE_memory_dirty].max, extents[SAMPLE_memory_writeback].max);

	if (is_known(thresholds) && is_known(dirty) && dirty > thresholds / 2 * page_size)
		add_state(timeline, view, TIMELINE_dirty_limit, dirty, thresholds / 2 * page_size, 0);
}

static void add_limit(struct timeline *timeline, const struct run_view *view, const struct cgroup_count *cgroup,
		      enum timeline_kind kind, enum cgroup_sample_id times, enum cgroup_sample_id limit)
{
	const struct sample_extent *extents = cgroup->extents[SCOPE_INTERVAL];
	uint64_t grown = sample_extent__growth(&extents[times]), bound = extents[limit].end;

	if (is_known(grown) && grown)
		add_state(timeline, view, kind, extents[CGROUP_SAMPLE_memory_current].max,
			  is_known(bound) ? bound : MT_UNKNOWN_U64, cgroup->id);
}

static void add_limits(struct timeline *timeline, const struct run_view *view)
{
	size_t i;

	for (i = 0; view->cgroups && i < view->cgroups->nr; i++) {
		const struct cgroup_count *cgroup = &view->cgroups->list[i];

		add_limit(timeline, view, cgroup, TIMELINE_limit, CGROUP_SAMPLE_memory_events_max,
			  CGROUP_SAMPLE_memory_max);
		add_limit(timeline, view, cgroup, TIMELINE_above_high, CGROUP_SAMPLE_memory_events_high,
			  CGROUP_SAMPLE_memory_high);
	}
}

static void add_pauses_of(struct timeline *timeline, const struct run_view *view, const struct entity *entity)
{
	struct timeline_entry entry;

	timeline_entry__init(&entry, TIMELINE_dirty, view->interval_start_ns, view->interval_end_ns);
	entry.duration_ns = entity->v[MT_SLOT_stall_dirty_ns];
	entry.number = entity->v[MT_SLOT_stall_dirty_count];
	entry.who.pid = entity->pid;
	entry.who.start_ns = entity->start_ns;
	entry.who.cgroup_id = entity->cgroup_id;
	entry.who.uid = entity->uid;
	memcpy(entry.who.comm, entity->comm, sizeof(entry.who.comm));
	timeline__add(timeline, &entry);
}

/* Pauses have no events, only counts by process. */
static int add_pauses(struct timeline *timeline, const struct run_view *view)
{
	static const struct order any = { .levels = 0 };
	struct selection *selection;
	struct entity entity;
	int err = 0;
	size_t i;

	if (!aggregate__sums(view->aggregate, SCOPE_INTERVAL)[MT_SLOT_stall_dirty_count])
		return 0;
	selection = aggregate__select(view->aggregate, SCOPE_INTERVAL, &any);
	if (!selection)
		return -ENOMEM;
	for (i = 0; i < selection__nr(selection) && !err; i++) {
		err = selection__at(selection, i, &entity);
		if (!err && entity.v[MT_SLOT_stall_dirty_count])
			add_pauses_of(timeline, view, &entity);
	}
	selection__free(selection);
	return err;
}

int timeline__interval(struct timeline *timeline, const struct run_view *view)
{
	int err;

	if (view->samples->any) {
		add_watermark(timeline, view, TIMELINE_low, SAMPLE_zones_low);
		add_watermark(timeline, view, TIMELINE_min, SAMPLE_zones_min);
		add_dirty_limit(timeline, view);
	}
	add_limits(timeline, view);
	err = add_pauses(timeline, view);
	return err ? err : timeline__advance(timeline, view->interval_end_ns, false);
}
