// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "keyed_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyed_elements.h"

/* What is shown of a key, with its counts by scope. */
struct group {
	UT_hash_handle hh;
	struct keyed_key key;
	char *records; /* one a scope, each of the row's size */
	bool counted;  /* since keys that end were last looked for */
	uint64_t counted_ns;
};

struct keyed_counts {
	struct keyed_elements elements;
	struct group *groups;
	size_t nr_groups[MT_NR_KEYED]; /* without those for what is beyond max_groups */
	size_t max_groups, nr_scopes;
	bool known[MT_NR_KEYED];
	uint64_t *added; /* room for the largest record */
};

static size_t largest_record(void)
{
	size_t i, size = 0;

	for (i = 0; i < MT_NR_KEYED; i++)
		if (keyed_rows[i].size > size)
			size = keyed_rows[i].size;
	return size;
}

struct keyed_counts *keyed_counts__new(bool intervals, size_t max_groups)
{
	struct keyed_counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return NULL;
	counts->max_groups = max_groups;
	counts->nr_scopes = intervals ? NR_SCOPES : 1;
	counts->added = calloc(1, largest_record());
	if (counts->added)
		return counts;
	free(counts);
	return NULL;
}

void keyed_counts__restart(struct keyed_counts *counts)
{
	struct group *group, *next;

	HASH_ITER (hh, counts->groups, group, next) {
		HASH_DEL(counts->groups, group);
		free(group->records);
		free(group);
	}
	memset(counts->nr_groups, 0, sizeof(counts->nr_groups));
}

void keyed_counts__free(struct keyed_counts *counts)
{
	if (!counts)
		return;
	keyed_counts__restart(counts);
	keyed_elements__free(&counts->elements);
	free(counts->added);
	free(counts);
}

static void *record_of(const struct group *group, const struct keyed_row *row, enum scope scope)
{
	return group->records + (size_t)scope * row->size;
}

/* Clears members of a key: those that are not shown, and with open those that can have any value. */
static void clear_members(const struct keyed_row *row, struct keyed_key *key, bool open)
{
	size_t i;

	for (i = 0; i < row->nr_keys; i++) {
		const struct keyed_column *member = &row->keys[i];

		if (!member->path || (open && keyed_column__is_open(member)))
			memset(key->key + member->offset - sizeof(struct mt_hdr), 0, member->size);
	}
}

static struct group *find_group(const struct keyed_counts *counts, const struct keyed_key *key)
{
	struct group *group;

	HASH_FIND(hh, counts->groups, key, sizeof(*key), group);
	return group;
}

static struct group *add_group(struct keyed_counts *counts, const struct keyed_row *row, const struct keyed_key *key)
{
	struct group *group = calloc(1, sizeof(*group));
	size_t i;

	if (!group)
		return NULL;
	group->key = *key;
	group->records = calloc(counts->nr_scopes, row->size);
	if (group->records)
		HASH_ADD(hh, counts->groups, key, sizeof(group->key), group);
	if (!group->records || !group->hh.tbl) {
		free(group->records);
		free(group);
		return NULL;
	}
	for (i = 0; i < counts->nr_scopes; i++) {
		memcpy(group->records + i * row->size + sizeof(struct mt_hdr), key->key, row->key_size);
		keyed_row__head(row, record_of(group, row, i))->flags = key->other;
	}
	counts->nr_groups[row->id] += !key->other;
	return group;
}

/* The group of a record, made if there is none; NULL if memory ran out. */
static struct group *group_of(struct keyed_counts *counts, const struct keyed_row *row, const void *record)
{
	struct keyed_key key = keyed_key__of(row, record);
	struct group *group;

	key.since_ns = 0;
	clear_members(row, &key, key.other);
	group = find_group(counts, &key);
	if (group)
		return group;
	if (!key.other && counts->nr_groups[row->id] >= counts->max_groups) {
		key.other = MT_KEYED_OTHER;
		clear_members(row, &key, true);
		group = find_group(counts, &key);
	}
	return group ? group : add_group(counts, row, &key);
}

/* What the record has beyond its element's last one, into counts->added; whether there is any. */
static bool difference(struct keyed_counts *counts, const struct keyed_row *row, const struct keyed_element *element,
		       const void *record)
{
	const uint64_t *now = keyed_row__counters(row, record), *last = NULL;
	uint64_t *added;
	bool any = false;
	size_t i;

	memcpy(counts->added, record, row->size);
	added = keyed_row__counters(row, counts->added);
	if (element)
		last = keyed_row__counters(row, element->record);
	for (i = 0; i < keyed_row__nr_counters(row); i++) {
		added[i] = !last ? now[i] : now[i] > last[i] ? now[i] - last[i] : 0;
		any |= added[i] != 0;
	}
	return any;
}

static void add_counters(const struct keyed_row *row, void *to, const void *from)
{
	uint64_t *sums = keyed_row__counters(row, to);
	const uint64_t *add = keyed_row__counters(row, from);
	size_t i;

	for (i = 0; i < keyed_row__nr_counters(row); i++)
		sums[i] += add[i];
}

static void credit(const struct keyed_counts *counts, const struct keyed_row *row, struct group *group)
{
	group->counted = true;
	add_counters(row, record_of(group, row, SCOPE_TOTAL), counts->added);
	if (counts->nr_scopes > SCOPE_OPEN)
		add_counters(row, record_of(group, row, SCOPE_OPEN), counts->added);
}

/* What the next record of the element is compared with.  A late record that is below the last one changes nothing. */
static int remember(struct keyed_counts *counts, const struct keyed_row *row, struct keyed_element *element,
		    const void *record)
{
	if (!element)
		return keyed_elements__put(&counts->elements, row, record);
	add_counters(row, element->record, counts->added);
	return 0;
}

/* The same, and credits it, unless it was counted before the run or does not have all counts. */
static int count(struct keyed_counts *counts, const struct keyed_row *row, struct keyed_element *element,
		 const void *record)
{
	bool is_credited = !(keyed_row__head(row, record)->flags & (MT_KEYED_BASE | MT_KEYED_FOLDS));
	struct group *group = is_credited ? group_of(counts, row, record) : NULL;
	int err = is_credited && !group ? -ENOMEM : remember(counts, row, element, record);

	if (!err && group)
		credit(counts, row, group);
	return err;
}

int keyed_counts__take(struct keyed_counts *counts, const struct keyed_row *row, const void *record, const void **added)
{
	const struct keyed_key key = keyed_key__of(row, record);
	struct keyed_element *element = keyed_elements__find(&counts->elements, &key);
	uint32_t flags = keyed_row__head(row, record)->flags;
	bool is_new = difference(counts, row, element, record);
	int err = is_new ? count(counts, row, element, record) : 0;

	*added = !err && is_new && !(flags & MT_KEYED_BASE) ? counts->added : NULL;
	if (err)
		return err;
	counts->known[row->id] |= !(flags & MT_KEYED_FOLDS);
	if (flags & MT_KEYED_LAST)
		keyed_elements__remove(&counts->elements, keyed_elements__find(&counts->elements, &key));
	return 0;
}

void keyed_counts__next_interval(struct keyed_counts *counts)
{
	struct group *group;

	for (group = counts->groups; group && counts->nr_scopes > SCOPE_INTERVAL; group = group->hh.next) {
		const struct keyed_row *row = &keyed_rows[group->key.row];
		void *open = record_of(group, row, SCOPE_OPEN);

		memcpy(record_of(group, row, SCOPE_INTERVAL), open, row->size);
		memset(keyed_row__counters(row, open), 0, keyed_row__nr_counters(row) * sizeof(uint64_t));
	}
}

/* Whether the key names a cgroup, and none that is gone. */
static bool names_cgroup(const struct keyed_row *row, const void *record, const struct ending *ending, bool *lives)
{
	bool any = false;
	uint64_t id;
	size_t i;

	*lives = ending->lives != NULL;
	for (i = 0; i < row->nr_keys; i++) {
		id = row->keys[i].type == FIELD_CGROUP ? keyed_column__get(&row->keys[i], record) : 0;
		any |= id != 0;
		*lives = *lives && (!id || ending->lives(ending->ctx, id));
	}
	return any;
}

/* One whose cgroups are there begins another hour. */
static bool has_ended(struct group *group, const struct keyed_row *row, const struct ending *ending)
{
	bool lives;

	if (group->counted)
		group->counted_ns = ending->now_ns;
	group->counted = false;
	if (ending->now_ns - group->counted_ns < ending->idle_ns ||
	    !names_cgroup(row, record_of(group, row, SCOPE_TOTAL), ending, &lives))
		return false;
	if (lives)
		group->counted_ns = ending->now_ns;
	return !lives;
}

void keyed_counts__mark_ended(struct keyed_counts *counts, const struct ending *ending)
{
	struct group *group;

	for (group = counts->groups; group; group = group->hh.next) {
		const struct keyed_row *row = &keyed_rows[group->key.row];
		struct mt_keyed_head *head = keyed_row__head(row, record_of(group, row, SCOPE_TOTAL));

		head->flags &= ~(uint32_t)MT_KEYED_ENDED;
		if (has_ended(group, row, ending))
			head->flags |= MT_KEYED_ENDED;
	}
}

void keyed_counts__drop_ended(struct keyed_counts *counts)
{
	struct group *group, *next;

	HASH_ITER (hh, counts->groups, group, next) {
		const struct keyed_row *row = &keyed_rows[group->key.row];

		if (!(keyed_row__head(row, record_of(group, row, SCOPE_TOTAL))->flags & MT_KEYED_ENDED))
			continue;
		counts->nr_groups[row->id] -= !group->key.other;
		HASH_DEL(counts->groups, group);
		free(group->records);
		free(group);
	}
}

bool keyed_counts__knows(const struct keyed_counts *counts, const struct keyed_row *row)
{
	return counts->known[row->id];
}

/* The counter that rows are ordered by. */
static const struct keyed_column *weight_of(const struct keyed_row *row)
{
	size_t i;

	for (i = 0; i < row->nr_values; i++)
		if (row->values[i].unit == UNIT_NS)
			return &row->values[i];
	return &row->values[0];
}

/* Of equal weight in the order of their keys, what is beyond a bound last. */
static int compare(const void *one, const void *two, void *ctx)
{
	const void *a = *(const void *const *)one, *b = *(const void *const *)two;
	const struct keyed_row *row = ctx;
	uint64_t weight_a = keyed_column__get(weight_of(row), a), weight_b = keyed_column__get(weight_of(row), b);
	uint32_t other_a = keyed_row__head(row, a)->flags, other_b = keyed_row__head(row, b)->flags;

	if (weight_a != weight_b)
		return weight_a > weight_b ? -1 : 1;
	if (other_a != other_b)
		return other_a < other_b ? -1 : 1;
	return memcmp(keyed_row__key(row, a), keyed_row__key(row, b), row->key_size);
}

int keyed_counts__list(const struct keyed_counts *counts, const struct keyed_row *row, enum scope scope,
		       const void ***list, size_t *nr)
{
	struct group *group;

	*nr = 0;
	*list = NULL;
	if ((size_t)scope >= counts->nr_scopes)
		return -EINVAL;
	*list = calloc(HASH_COUNT(counts->groups) + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (group = counts->groups; group; group = group->hh.next) {
		void *record = record_of(group, row, scope);

		if (group->key.row == (uint32_t)row->id && keyed_row__head(row, record)->count)
			(*list)[(*nr)++] = record;
	}
	qsort_r(*list, *nr, sizeof(**list), compare, (void *)row);
	return 0;
}
