// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct cgroup_count *find(const struct cgroup_counts *counts, uint64_t id)
{
	size_t i;

	for (i = 0; i < counts->nr; i++)
		if (counts->list[i].id == id)
			return &counts->list[i];
	return NULL;
}

static struct cgroup_count *removed_first(const struct cgroup_counts *counts)
{
	struct cgroup_count *first = NULL, *count;

	for (count = counts->list; count < counts->list + counts->nr; count++)
		if (count->removed_ns && (!first || count->removed_ns < first->removed_ns))
			first = count;
	return first;
}

static int make_room(struct cgroup_counts *counts)
{
	size_t room = counts->room ? 2 * counts->room : 8;
	struct cgroup_count *list;

	if (counts->nr < counts->room)
		return 0;
	list = reallocarray(counts->list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	counts->list = list;
	counts->room = room;
	return 0;
}

/* A place at the end of the list; *place NULL: there is none. */
static int add(struct cgroup_counts *counts, struct cgroup_count **place)
{
	struct cgroup_count *old = NULL;
	int err;

	*place = NULL;
	if (counts->nr == CGROUPS_MAX) {
		old = removed_first(counts);
		if (!old)
			return 0;
		counts->displaced += old->is_of_past_run;
		counts->left_out += old->is_of_past_run;
		memmove(old, old + 1, (counts->list + counts->nr - old - 1) * sizeof(*old));
		counts->nr--;
	}
	err = make_room(counts);
	if (!err)
		*place = &counts->list[counts->nr++];
	return err;
}

static void begin(struct cgroup_count *count, uint64_t cgroup_id, uint64_t since_ns, const uint64_t *values)
{
	enum cgroup_sample_id id;
	enum scope scope;

	*count = (struct cgroup_count){ .id = cgroup_id, .since_ns = since_ns };
	for (scope = 0; scope < NR_SCOPES; scope++)
		for (id = 0; id < NR_CGROUP_SAMPLES; id++)
			sample_extent__begin(&count->extents[scope][id], values[id]);
}

static void widen(struct cgroup_count *count, const struct cgroup_sample_record *record)
{
	struct sample_extent *total = count->extents[SCOPE_TOTAL], *open = count->extents[SCOPE_OPEN];
	enum cgroup_sample_id id;
	uint64_t value;

	for (id = 0; id < NR_CGROUP_SAMPLES; id++) {
		value = sample_extent__never_less(&total[id], cgroup_sample_rows[id].kind, record->values[id]);
		sample_extent__widen(&total[id], value);
		sample_extent__widen(&open[id], value);
	}
}

static void end_run(struct cgroup_counts *counts, uint64_t now_ns)
{
	struct cgroup_count *count;

	for (count = counts->list; count < counts->list + counts->nr; count++) {
		count->removed_ns = count->removed_ns ? count->removed_ns : now_ns;
		count->is_of_past_run = true;
	}
}

static void take_presence(struct cgroup_count *count, const struct cgroup_sample_record *record)
{
	if (count->is_of_past_run)
		count->removed_ns = 0;
	count->is_of_past_run = false;
	if (record->removed && !count->removed_ns)
		count->removed_ns = record->hdr.time_ns;
}

int cgroup_counts__take(struct cgroup_counts *counts, const struct cgroup_sample_record *record)
{
	struct cgroup_count *count = find(counts, record->cgroup_id);
	int err = 0;

	counts->any = true;
	if (!record->cgroup_id) {
		counts->left_out = record->left_out + counts->displaced;
		if (record->removed)
			end_run(counts, record->hdr.time_ns);
		return 0;
	}
	if (count) {
		widen(count, record);
	} else {
		err = add(counts, &count);
		if (count)
			begin(count, record->cgroup_id, record->hdr.time_ns, record->values);
	}
	if (count)
		take_presence(count, record);
	return err;
}

static void restart(struct cgroup_count *count, uint64_t now_ns)
{
	uint64_t values[NR_CGROUP_SAMPLES];
	enum cgroup_sample_id id;

	for (id = 0; id < NR_CGROUP_SAMPLES; id++)
		values[id] = count->extents[SCOPE_TOTAL][id].end;
	begin(count, count->id, now_ns, values);
}

void cgroup_counts__restart(struct cgroup_counts *counts, uint64_t now_ns)
{
	size_t i, nr = 0;

	for (i = 0; i < counts->nr; i++)
		if (!counts->list[i].removed_ns)
			counts->list[nr++] = counts->list[i];
	counts->nr = nr;
	for (i = 0; i < nr; i++)
		restart(&counts->list[i], now_ns);
}

void cgroup_counts__next_interval(struct cgroup_counts *counts)
{
	enum cgroup_sample_id id;
	size_t i;

	for (i = 0; i < counts->nr; i++) {
		struct cgroup_count *count = &counts->list[i];

		memcpy(count->extents[SCOPE_INTERVAL], count->extents[SCOPE_OPEN],
		       sizeof(count->extents[SCOPE_INTERVAL]));
		for (id = 0; id < NR_CGROUP_SAMPLES; id++)
			sample_extent__begin(&count->extents[SCOPE_OPEN][id], count->extents[SCOPE_TOTAL][id].end);
	}
}

void cgroup_counts__free(struct cgroup_counts *counts)
{
	free(counts->list);
	*counts = (struct cgroup_counts){ 0 };
}
