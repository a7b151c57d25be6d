// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_sampler.h"

#include <string.h>

#include "../base/clock.h"

#define READ_MAX_NS 20000000ULL
#define ALL_MAX_NS  200000000ULL
#define NOT_FOUND   CGROUPS_MAX

static size_t find(const struct cgroup_sampler *sampler, uint64_t id)
{
	size_t i;

	for (i = 0; i < sampler->nr; i++)
		if (sampler->ids[i] == id)
			return i;
	return NOT_FOUND;
}

static void say(const struct cgroup_sampler *sampler, struct cgroup_sample_record *record)
{
	record->hdr = (struct mt_hdr){ .id = REC_CGROUP_SAMPLES, .size = sizeof(*record), .time_ns = clock__boot_ns() };
	sampler->sink.record(sampler->sink.ctx, record, sizeof(*record));
}

static void say_sampled(const struct cgroup_sampler *sampler, size_t at)
{
	const struct sampled_cgroup *cgroup = &sampler->list[at];
	struct cgroup_sample_record record = { .cgroup_id = sampler->ids[at], .removed = cgroup->removed_ns != 0 };

	memcpy(record.values, cgroup->values, sizeof(record.values));
	say(sampler, &record);
}

static void leave_out(struct cgroup_sampler *sampler, uint64_t id)
{
	const size_t size = sizeof(sampler->left_out_ids) / sizeof(id);
	size_t at = id * 0x9e3779b97f4a7c15 >> 32;

	for (at %= size; sampler->left_out_ids[at] && sampler->left_out_ids[at] != id; at = (at + 1) % size)
		;
	if (sampler->left_out_ids[at] || sampler->nr_left_out_ids == LEFT_OUT_MAX)
		return;
	sampler->left_out_ids[at] = id;
	sampler->nr_left_out_ids++;
	sampler->left_out++;
}

static size_t removed_first(const struct cgroup_sampler *sampler)
{
	size_t first = NOT_FOUND, i;

	for (i = 0; sampler->nr_removed && i < sampler->nr; i++)
		if (sampler->list[i].removed_ns &&
		    (first == NOT_FOUND || sampler->list[i].removed_ns < sampler->list[first].removed_ns))
			first = i;
	return first;
}

/* A place for one more; NOT_FOUND: there is none. */
static size_t make_place(struct cgroup_sampler *sampler)
{
	size_t at;

	if (sampler->nr < CGROUPS_MAX)
		return sampler->nr++;
	at = removed_first(sampler);
	if (at == NOT_FOUND)
		return at;
	sampler->nr_removed--;
	sampler->left_out++;
	return at;
}

/* Whether it could be read: one that is gone before has no values to show. */
static bool begin(struct cgroup_sampler *sampler, uint64_t id, struct sampled_cgroup *cgroup)
{
	*cgroup = (struct sampled_cgroup){ 0 };
	return !cgroup_files__read(&cgroup->files, &sampler->hierarchy, id, CGROUP_ALL, cgroup->values);
}

static bool has_room(const struct cgroup_sampler *sampler)
{
	return sampler->nr < CGROUPS_MAX || sampler->nr_removed;
}

static void add_new(struct cgroup_sampler *sampler, uint64_t id)
{
	struct sampled_cgroup cgroup;
	uint64_t begin_ns = clock__boot_ns();
	size_t at = begin(sampler, id, &cgroup) ? make_place(sampler) : NOT_FOUND;

	sampler->spent_ns += clock__boot_ns() - begin_ns;
	if (at == NOT_FOUND) {
		cgroup_files__close(&cgroup.files, &sampler->hierarchy);
		leave_out(sampler, id);
		return;
	}
	sampler->ids[at] = id;
	sampler->list[at] = cgroup;
	say_sampled(sampler, at);
}

static void wait_for_reading(struct cgroup_sampler *sampler, uint64_t id)
{
	size_t i;

	for (i = 0; i < sampler->nr_waiting && sampler->waiting[i] != id; i++)
		;
	if (i < sampler->nr_waiting)
		return;
	if (i < CGROUPS_MAX)
		sampler->waiting[sampler->nr_waiting++] = id;
	else
		leave_out(sampler, id);
}

void cgroup_sampler__add(struct cgroup_sampler *sampler, uint64_t id)
{
	size_t at;

	if (!sampler->hierarchy.open || !id)
		return;
	at = find(sampler, id);
	if (at != NOT_FOUND)
		sampler->list[at].named = true;
	else if (!has_room(sampler))
		leave_out(sampler, id);
	else if (sampler->spent_ns < READ_MAX_NS)
		add_new(sampler, id);
	else
		wait_for_reading(sampler, id);
}

/* Those that wait, the first ones first, while there is time. */
static void add_waiting(struct cgroup_sampler *sampler)
{
	size_t nr = sampler->nr_waiting, i;

	sampler->spent_ns = 0;
	for (i = 0; i < nr && sampler->spent_ns < READ_MAX_NS; i++)
		cgroup_sampler__add(sampler, sampler->waiting[i]);
	sampler->nr_waiting = nr - i;
	memmove(sampler->waiting, sampler->waiting + i, sampler->nr_waiting * sizeof(*sampler->waiting));
}

static void add_field(struct cgroup_sampler *sampler, const struct field_row *field, const char *record)
{
	uint64_t id = 0;

	if (field->type == FIELD_WHO)
		id = ((const struct mt_who *)(record + field->offset))->cgroup_id;
	else if (field->type == FIELD_CGROUP)
		memcpy(&id, record + field->offset, sizeof(id));
	cgroup_sampler__add(sampler, id);
}

void cgroup_sampler__add_named(struct cgroup_sampler *sampler, const void *record)
{
	const struct mt_hdr *hdr = record;
	const struct event_row *row;
	size_t i;

	if (hdr->id == MT_REC_TASK) {
		cgroup_sampler__add(sampler, ((const struct mt_task *)record)->who.cgroup_id);
		return;
	}
	row = hdr->id < MT_NR_RECS ? &event_rows[hdr->id] : NULL;
	/* tasks of single hot events count, too */
	if (!row || row->use == EVENT_EVERY || hdr->size != row->size)
		return;
	for (i = 0; i < row->nr_fields; i++)
		add_field(sampler, &row->fields[i], record);
}

/* 0, or -ESTALE: it is gone. */
static int read_values(struct cgroup_sampler *sampler, size_t at, bool all, uint64_t *values)
{
	struct sampled_cgroup *cgroup = &sampler->list[at];
	uint64_t id = sampler->ids[at], before = values[CGROUP_SAMPLE_memory_current];
	enum cgroup_part part = all ? CGROUP_ALL : cgroup->named ? CGROUP_NO_LIMITS : CGROUP_CURRENT;
	int err = cgroup_files__read(&cgroup->files, &sampler->hierarchy, id, part, values);

	if (!err && part == CGROUP_CURRENT && values[CGROUP_SAMPLE_memory_current] != before)
		err = cgroup_files__read(&cgroup->files, &sampler->hierarchy, id, CGROUP_NO_LIMITS, values);
	cgroup->named = false;
	return err;
}

static void read_one(struct cgroup_sampler *sampler, size_t at, bool all)
{
	struct sampled_cgroup *cgroup = &sampler->list[at];
	uint64_t values[NR_CGROUP_SAMPLES];

	if (cgroup->removed_ns)
		return;
	memcpy(values, cgroup->values, sizeof(values));
	if (read_values(sampler, at, all, values)) {
		cgroup_files__close(&cgroup->files, &sampler->hierarchy);
		cgroup->removed_ns = clock__boot_ns();
		sampler->nr_removed++;
	} else if (memcmp(values, cgroup->values, sizeof(values))) {
		memcpy(cgroup->values, values, sizeof(values));
	} else {
		return;
	}
	say_sampled(sampler, at);
}

static void say_left_out(struct cgroup_sampler *sampler)
{
	struct cgroup_sample_record record = { .left_out = sampler->left_out };

	if (sampler->any_said && sampler->said == sampler->left_out)
		return;
	memset(record.values, 0xff, sizeof(record.values));
	say(sampler, &record);
	sampler->any_said = true;
	sampler->said = sampler->left_out;
}

void cgroup_sampler__read(struct cgroup_sampler *sampler, bool all)
{
	uint64_t end_ns = clock__boot_ns() + (all ? ALL_MAX_NS : READ_MAX_NS);
	size_t i;

	add_waiting(sampler);
	for (i = 0; i < sampler->nr && clock__boot_ns() < end_ns; i++) {
		if (sampler->next >= sampler->nr)
			sampler->next = 0;
		read_one(sampler, sampler->next++, all);
	}
	sampler->spent_ns = 0;
	say_left_out(sampler);
}

void cgroup_sampler__finish(struct cgroup_sampler *sampler)
{
	size_t i;

	add_waiting(sampler);
	for (i = 0; i < sampler->nr_waiting; i++)
		leave_out(sampler, sampler->waiting[i]);
	sampler->nr_waiting = 0;
	say_left_out(sampler);
}

void cgroup_sampler__close(struct cgroup_sampler *sampler)
{
	size_t i;

	for (i = 0; i < sampler->nr; i++)
		cgroup_files__close(&sampler->list[i].files, &sampler->hierarchy);
}
