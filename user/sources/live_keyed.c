// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Keyed counters of the running kernel: read through memory, and their elements given back when their keys are gone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "live_impl.h"

/* The map NAME_SUFFIX of a row NAME; NULL: the probe is not there. */
static const struct bpf_map *map_of(const struct live *live, const struct keyed_row *row, const char *suffix)
{
	const struct bpf_object *bpf = live->objects[row->probe].bpf;
	char name[64];

	snprintf(name, sizeof(name), "%s%s", row->name, suffix);
	return bpf ? bpf_object__find_map_by_name(bpf, name) : NULL;
}

static int free_element(const struct live *live, const struct keyed_row *row, __u32 index)
{
	return bpf_map_update_elem(bpf_map__fd(map_of(live, row, "_free")), NULL, &index, BPF_ANY);
}

static int open_row(struct live *live, const struct keyed_row *row)
{
	struct live_keyed *keyed = &live->keyed[row->id];
	const struct bpf_map *map = map_of(live, row, "");
	void *elements;
	int err = 0;
	__u32 i;

	if (!map)
		return 0;
	keyed->nr = bpf_map__max_entries(map);
	elements = mmap(NULL, keyed->nr * row->size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (elements == MAP_FAILED)
		return -errno;
	keyed->elements = elements;
	keyed->counts = calloc(keyed->nr, sizeof(uint64_t));
	if (!keyed->counts)
		return -ENOMEM;
	keyed->nr_other = keyed->nr - bpf_map__max_entries(map_of(live, row, "_free"));
	for (i = keyed->nr_other; !err && i < keyed->nr; i++)
		err = free_element(live, row, i);
	return err;
}

int live__open_keyed(struct live *live)
{
	const struct keyed_row *row;
	int err = 0;

	for (row = keyed_rows; !err && row < keyed_rows + MT_NR_KEYED; row++)
		err = open_row(live, row);
	return err;
}

void live__close_keyed(struct live *live)
{
	const struct keyed_row *row;

	for (row = keyed_rows; row < keyed_rows + MT_NR_KEYED; row++) {
		struct live_keyed *keyed = &live->keyed[row->id];

		if (keyed->elements)
			munmap(keyed->elements, keyed->nr * row->size);
		free(keyed->counts);
	}
}

/* A copy of an element with the count that was read before the rest of it: see struct mt_keyed_head. */
static void deliver(struct live *live, const struct keyed_row *row, const char *element, uint64_t count, uint32_t flags)
{
	uint64_t record[row->size / sizeof(uint64_t)];
	struct mt_keyed_head *head = keyed_row__head(row, record);

	memcpy(record, element, row->size);
	*(struct mt_hdr *)record =
		(struct mt_hdr){ .id = REC_KEYED + row->id, .size = row->size, .time_ns = clock__boot_ns() };
	head->gone = 0;
	head->flags = flags | (live->running ? 0 : MT_KEYED_BASE);
	head->count = count;
	live->sink.record(live->sink.ctx, record, row->size);
}

/* No program writes to it any more: another key may have it. */
static void release(struct live *live, const struct keyed_row *row, size_t i)
{
	struct live_keyed *keyed = &live->keyed[row->id];
	char *element = keyed->elements + i * row->size;

	deliver(live, row, element, keyed->counts[i], MT_KEYED_LAST);
	memset(element, 0, row->size);
	keyed->counts[i] = 0;
	free_element(live, row, i);
}

/* Removes a key from where programs look for it; whether it is not there now. */
static bool is_unindexed(const struct live *live, const struct keyed_row *row, const void *key)
{
	int err = bpf_map_delete_elem(bpf_map__fd(map_of(live, row, "_index")), key);

	return !err || err == -ENOENT;
}

/*
 * One step of an element whose cgroup is gone.  A program may have found it before it was removed from the index, so
 * that is what the last step waits for.
 */
static void end_element(struct live *live, const struct keyed_row *row, size_t i, bool changed)
{
	struct mt_keyed_head *head = keyed_row__head(row, live->keyed[row->id].elements + i * row->size);

	live->keyed[row->id].again = true;
	switch (head->gone) {
	case MT_KEYED_GONE:
		head->gone = MT_KEYED_GONE_READ;
		break;
	case MT_KEYED_GONE_READ:
		if (!changed && is_unindexed(live, row, (char *)head - row->key_size))
			head->gone = MT_KEYED_UNKNOWN;
		break;
	default:
		release(live, row, i);
	}
}

/* The member of the key that is the cgroup which the counts belong to; NULL: it has none. */
static const struct keyed_column *owner_of(const struct keyed_row *row)
{
	for (size_t i = 0; i < row->nr_keys; i++)
		if (row->keys[i].type == FIELD_CGROUP && !strcmp(row->keys[i].member, "cgroup_id"))
			return &row->keys[i];
	return NULL;
}

/* Programs find it there: one that two of them made at a time is free, and has its key still. */
static bool is_indexed(const struct live *live, const struct keyed_row *row, const void *element, size_t i)
{
	const void *key = keyed_row__key(row, element);
	__u32 index;

	return !bpf_map_lookup_elem(bpf_map__fd(map_of(live, row, "_index")), key, &index) && index == i;
}

static void end_row(struct live *live, const struct keyed_row *row, uint64_t cgroup_id)
{
	struct live_keyed *keyed = &live->keyed[row->id];
	const struct keyed_column *owner = keyed->elements ? owner_of(row) : NULL;
	struct mt_keyed_head *head;
	uint32_t in_use;
	char *element;
	size_t i;

	for (i = keyed->nr_other; owner && i < keyed->nr; i++) {
		element = keyed->elements + i * row->size;
		head = keyed_row__head(row, element);
		in_use = MT_KEYED_IN_USE;
		if (head->since_ns && keyed_column__get(owner, element) == cgroup_id &&
		    is_indexed(live, row, element, i))
			keyed->again |= __atomic_compare_exchange_n(&head->gone, &in_use, MT_KEYED_GONE, false,
								    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

void live__end_keyed(struct live *live, uint64_t cgroup_id)
{
	const struct keyed_row *row;

	for (row = keyed_rows; row < keyed_rows + MT_NR_KEYED; row++)
		end_row(live, row, cgroup_id);
}

static void read_element(struct live *live, const struct keyed_row *row, size_t i)
{
	struct live_keyed *keyed = &live->keyed[row->id];
	const char *element = keyed->elements + i * row->size;
	const struct mt_keyed_head *head = keyed_row__head(row, element);
	uint64_t count = __atomic_load_n(&head->count, __ATOMIC_ACQUIRE);
	bool changed = count != keyed->counts[i];

	keyed->counts[i] = count;
	if (changed)
		deliver(live, row, element, count, i < keyed->nr_other ? MT_KEYED_OTHER : 0);
	if (__atomic_load_n(&head->gone, __ATOMIC_RELAXED))
		end_element(live, row, i, changed);
}

static void read_row(struct live *live, const struct keyed_row *row)
{
	struct live_keyed *keyed = &live->keyed[row->id];
	size_t i;

	keyed->again = false;
	/* says, before the run begins, that this is counted at all */
	if (!live->running && keyed->elements)
		deliver(live, row, keyed->elements, 0, MT_KEYED_OTHER);
	for (i = 0; keyed->elements && i < keyed->nr; i++)
		read_element(live, row, i);
}

static bool has_changed(struct live *live)
{
	uint64_t changes = 0;
	bool changed;
	uint32_t i;

	for (i = 0; i < live->cfg.nr_cpus; i++)
		changes += __atomic_load_n(&live->cpus[i].keyed_changes, __ATOMIC_RELAXED);
	changed = changes != live->keyed_changes || !live->running;
	live->keyed_changes = changes;
	for (i = 0; i < MT_NR_KEYED; i++)
		changed |= live->keyed[i].again;
	return changed;
}

void live__read_keyed(struct live *live)
{
	const struct keyed_row *row;

	if (!has_changed(live))
		return;
	for (row = keyed_rows; row < keyed_rows + MT_NR_KEYED; row++)
		read_row(live, row);
}
