// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "thinner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../count/packed.h"

/* The last record of a life, packed. */
struct thinner_task {
	UT_hash_handle hh;
	uint64_t life;
	struct mt_hdr hdr;
	struct mt_who who, parent;
	uint32_t flags;
	uint16_t len;
	uint8_t counts[];
};

struct thinner_cgroup {
	UT_hash_handle hh;
	uint64_t id;
	struct cgroup_sample_record last, most; /* hdr.id 0: none */
};

void thinner__init(struct thinner *thinner, uint64_t every_ns, int (*emit)(void *ctx, const void *record), void *ctx)
{
	*thinner = (struct thinner){ .every_ns = every_ns, .emit = emit, .ctx = ctx };
}

static void forget_task(struct thinner *thinner, struct thinner_task *task)
{
	HASH_DEL(thinner->tasks, task);
	free(task);
}

static void forget_cgroup(struct thinner *thinner, struct thinner_cgroup *cgroup)
{
	HASH_DEL(thinner->cgroups, cgroup);
	free(cgroup);
}

void thinner__free(struct thinner *thinner)
{
	struct thinner_task *task, *next_task;
	struct thinner_cgroup *cgroup, *next_cgroup;

	for (task = thinner->tasks; task; task = next_task) {
		next_task = task->hh.next;
		forget_task(thinner, task);
	}
	for (cgroup = thinner->cgroups; cgroup; cgroup = next_cgroup) {
		next_cgroup = cgroup->hh.next;
		forget_cgroup(thinner, cgroup);
	}
	keyed_elements__free(&thinner->keyed);
}

static int emit(struct thinner *thinner, const void *record)
{
	return thinner->emit(thinner->ctx, record);
}

static int emit_task(struct thinner *thinner, struct thinner_task *held)
{
	struct mt_task task = {
		.hdr = held->hdr, .who = held->who, .life = held->life, .flags = held->flags, .parent = held->parent
	};
	int err;

	packed__decode(held->counts, held->counts + held->len, (uint64_t *)task.c);
	err = emit(thinner, &task);
	forget_task(thinner, held);
	return err;
}

static int hold_task(struct thinner *thinner, const struct mt_task *task)
{
	uint8_t counts[PACKED_MAX];
	size_t len = packed__encode((const uint64_t *)task->c, counts);
	struct thinner_task *held = malloc(sizeof(*held) + len);

	if (!held)
		return -ENOMEM;
	memset(held, 0, sizeof(*held));
	held->life = task->life;
	held->hdr = task->hdr;
	held->who = task->who;
	held->parent = task->parent;
	held->flags = task->flags;
	held->len = (uint16_t)len;
	memcpy(held->counts, counts, len);
	HASH_ADD(hh, thinner->tasks, life, sizeof(held->life), held);
	if (held->hh.tbl)
		return 0;
	free(held);
	return -ENOMEM;
}

/* What a life counted is credited to the name that its record has, so one under another name does not replace it. */
static int take_task(struct thinner *thinner, const struct mt_task *task)
{
	struct thinner_task *held;
	bool replaces;
	int err = 0;

	HASH_FIND(hh, thinner->tasks, &task->life, sizeof(task->life), held);
	replaces = held && !(task->flags & ~MT_TASK_FINAL) && !memcmp(&held->who, &task->who, sizeof(task->who));
	if (held && !replaces)
		err = emit_task(thinner, held);
	else if (held)
		forget_task(thinner, held);
	if (err)
		return err;
	return task->flags ? emit(thinner, task) : hold_task(thinner, task);
}

static int take_keyed(struct thinner *thinner, const struct keyed_row *row, const void *record)
{
	const struct keyed_key key = keyed_key__of(row, record);
	int err;

	if (keyed_row__head(row, record)->flags & (MT_KEYED_BASE | MT_KEYED_LAST)) {
		keyed_elements__remove(&thinner->keyed, keyed_elements__find(&thinner->keyed, &key));
		return emit(thinner, record);
	}
	err = keyed_elements__put(&thinner->keyed, row, record);
	return err == -E2BIG ? emit(thinner, record) : err;
}

static uint64_t usage(const struct cgroup_sample_record *record)
{
	uint64_t value = record->values[CGROUP_SAMPLE_memory_current];

	return value == MT_UNKNOWN_U64 ? 0 : value;
}

static int emit_cgroup(struct thinner *thinner, struct thinner_cgroup *held)
{
	int err = 0;

	if (!held->last.hdr.id)
		return 0;
	if (held->most.hdr.time_ns < held->last.hdr.time_ns)
		err = emit(thinner, &held->most);
	if (!err)
		err = emit(thinner, &held->last);
	held->most.hdr.id = held->last.hdr.id = 0;
	return err;
}

/* Counters grow from a cgroup's first record. */
static int take_first(struct thinner *thinner, const struct cgroup_sample_record *record)
{
	struct thinner_cgroup *held;

	if (HASH_CNT(hh, thinner->cgroups) < THINNER_CGROUPS_MAX) {
		held = calloc(1, sizeof(*held));
		if (!held)
			return -ENOMEM;
		held->id = record->cgroup_id;
		HASH_ADD(hh, thinner->cgroups, id, sizeof(held->id), held);
		if (!held->hh.tbl) {
			free(held);
			return -ENOMEM;
		}
	}
	return emit(thinner, record);
}

/* One that is gone has its last record; its id may be used again. */
static int take_cgroup(struct thinner *thinner, const struct cgroup_sample_record *record)
{
	struct thinner_cgroup *held;
	int err = 0;

	if (!record->cgroup_id)
		return emit(thinner, record);
	HASH_FIND(hh, thinner->cgroups, &record->cgroup_id, sizeof(record->cgroup_id), held);
	if (record->removed) {
		err = held ? emit_cgroup(thinner, held) : 0;
		if (held)
			forget_cgroup(thinner, held);
		return err ? err : emit(thinner, record);
	}
	if (!held)
		return take_first(thinner, record);
	if (!held->most.hdr.id || usage(record) > usage(&held->most))
		held->most = *record;
	held->last = *record;
	return 0;
}

/* Counters grow from the first one. */
static int take_samples(struct thinner *thinner, const struct sample_record *record)
{
	uint64_t available = record->values[SAMPLE_memory_available];

	if (!thinner->samples_ns) {
		thinner->samples_ns = record->hdr.time_ns;
		return emit(thinner, record);
	}
	if (!thinner->least.hdr.id || available < thinner->least.values[SAMPLE_memory_available])
		thinner->least = *record;
	thinner->samples = *record;
	return 0;
}

static int emit_samples(struct thinner *thinner)
{
	int err = 0;

	if (!thinner->samples.hdr.id)
		return 0;
	if (thinner->least.hdr.time_ns < thinner->samples.hdr.time_ns)
		err = emit(thinner, &thinner->least);
	if (!err)
		err = emit(thinner, &thinner->samples);
	thinner->samples_ns = thinner->samples.hdr.time_ns;
	thinner->samples.hdr.id = thinner->least.hdr.id = 0;
	return err;
}

static int emit_keyed(struct thinner *thinner)
{
	struct keyed_element *element, *next;
	int err = 0;

	for (element = thinner->keyed.table; !err && element; element = next) {
		next = element->hh.next;
		err = emit(thinner, element->record);
		keyed_elements__remove(&thinner->keyed, element);
	}
	return err;
}

static int flush(struct thinner *thinner)
{
	struct thinner_task *task, *next_task;
	struct thinner_cgroup *cgroup;
	int err = 0;

	for (task = thinner->tasks; !err && task; task = next_task) {
		next_task = task->hh.next;
		err = emit_task(thinner, task);
	}
	if (!err)
		err = emit_samples(thinner);
	for (cgroup = thinner->cgroups; !err && cgroup; cgroup = cgroup->hh.next)
		err = emit_cgroup(thinner, cgroup);
	return err ? err : emit_keyed(thinner);
}

/* The first one is where the part begins that is thinned: moments count from there. */
bool thinner__keeps(const struct thinner *thinner, const struct checkpoint_record *moment)
{
	return moment->flags & (CHECKPOINT_FINAL | CHECKPOINT_BASE) ||
	       moment->due_ns >= thinner->last_due_ns + thinner->every_ns;
}

static int take_moment(struct thinner *thinner, const struct checkpoint_record *moment)
{
	int err;

	thinner->moment.hdr.id = MT_REC_NONE;
	if (!thinner__keeps(thinner, moment)) {
		thinner->moment = *moment;
		if (moment->hdr.time_ns < thinner->samples_ns + THINNER_SAMPLES_NS)
			return 0;
		return emit_samples(thinner);
	}
	thinner->last_due_ns = moment->due_ns;
	err = flush(thinner);
	return err ? err : emit(thinner, moment);
}

int thinner__end(struct thinner *thinner)
{
	int err = flush(thinner);

	if (!err && thinner->moment.hdr.id)
		err = emit(thinner, &thinner->moment);
	thinner->moment.hdr.id = MT_REC_NONE;
	return err;
}

int thinner__take(struct thinner *thinner, const void *record)
{
	const struct mt_hdr *hdr = record;
	const struct keyed_row *keyed = keyed_row__of_record(hdr->id);

	if (keyed)
		return take_keyed(thinner, keyed, record);
	switch (hdr->id) {
	case MT_REC_TASK:
		return take_task(thinner, record);
	case REC_SAMPLES:
		return take_samples(thinner, record);
	case REC_CGROUP_SAMPLES:
		return take_cgroup(thinner, record);
	case REC_CHECKPOINT:
		return take_moment(thinner, record);
	default:
		return emit(thinner, record);
	}
}
