// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Metrics as they are counted: a round of each family, which brings its series up to date. */
#include "metrics_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static double sum_weight(const uint64_t *values, size_t width)
{
	double weight = 0;

	while (width)
		weight += values[--width];
	return weight;
}

/* One interval: each name once, then what did not get a series goes to "other". */
static int family__offer(struct family *family, struct sum *sums)
{
	struct sum *sum, *next;
	int err = 0;

	series__begin(family->series);
	HASH_ITER (hh, sums, sum, next) {
		err = series__offer(family->series, sum->name, sum_weight(sum->values, family->width), sum->values);
		if (err)
			break;
	}
	return err ? err : series__end(family->series);
}

static int add_counts(struct metrics *m, struct family *family, struct sum **sums, const char *name,
		      const uint64_t *counts)
{
	uint64_t *values = name ? sums__get(sums, name, family->width) : NULL;
	enum mt_slot slot;

	if (!values)
		return -ENOMEM;
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (slot_rows[slot].metric && !strcmp(slot_rows[slot].metric, family->metric) &&
		    run_view__knows(m->view, slot))
			values[family__slot_counter(family, &slot_rows[slot])] += counts[slot];
	return 0;
}

static int add_entity(struct metrics *m, struct family *family, struct sum **sums, const struct entity *entity)
{
	const char *name = metrics__group_name(m, family->grouping->by, entity->other, entity->cgroup_id, entity->comm);

	return add_counts(m, family, sums, name, entity->v);
}

static int round_of_slots(struct metrics *m, struct family *family, struct selection *selection)
{
	struct sum *sums = NULL;
	struct entity entity;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < selection__nr(selection); i++) {
		err = selection__at(selection, i, &entity);
		if (!err)
			err = add_entity(m, family, &sums, &entity);
	}
	/* what cannot be attributed to a task is "other" too */
	if (!err && schema__nr_events(m->view->totals->losses.unattributed))
		err = add_counts(m, family, &sums, "other", m->view->totals->losses.unattributed);
	if (!err)
		err = family__offer(family, sums);
	sums__free(&sums);
	return err;
}

/* Where a histogram's label value has its counters: unknown values are "other". */
static size_t label_index(const struct family *family, int64_t label)
{
	return label >= 0 && (size_t)label < family->nr_labels ? (size_t)label : family->nr_labels;
}

static int add_hist_entry(struct metrics *m, struct family *family, struct sum **sums, const struct hist_entry *entry)
{
	const char *name = "";
	uint64_t *values;
	size_t i;

	if (entry->other || entry->comm[0] || entry->cgroup_id)
		name = metrics__group_name(m, family->grouping->by, entry->other, entry->cgroup_id, entry->comm);
	family->grouped |= name && name[0];
	values = name ? sums__get(sums, name, family->width) : NULL;
	if (!values)
		return -ENOMEM;
	values += label_index(family, entry->label) * HIST_WIDTH;
	for (i = 0; i < MT_HIST_SLOTS; i++)
		values[i] += entry->counts[i];
	values[MT_HIST_SLOTS] += entry->sum;
	values[MT_HIST_SLOTS + 1] += entry->count;
	return 0;
}

static int round_of_hist(struct metrics *m, struct family *family, const struct hist_entry *entries, size_t nr)
{
	struct sum *sums = NULL;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr; i++)
		if (entries[i].row == family->hist)
			err = add_hist_entry(m, family, &sums, &entries[i]);
	if (!err)
		err = family__offer(family, sums);
	sums__free(&sums);
	return err;
}

static const char *keyed_name(struct metrics *m, const struct family *family, const void *record)
{
	uint64_t value = family->group ? keyed_column__get(family->group, record) : 0;

	if (keyed_row__head(family->keyed, record)->flags & MT_KEYED_OTHER)
		return "other";
	return value && family->group->type == FIELD_CGROUP ? metrics__cgroup_name(m, value) : "unknown";
}

static int add_keyed(struct metrics *m, struct family *family, struct sum **sums, const void *record)
{
	uint64_t code = family->code ? keyed_column__get(family->code, record) : 0;
	const char *name = keyed_name(m, family, record);
	uint64_t *values = name ? sums__get(sums, name, family->width) : NULL;

	if (!values)
		return -ENOMEM;
	if (code < family->width)
		values[code] += keyed_column__get(family->counter, record);
	return 0;
}

static int round_of_keyed(struct metrics *m, struct family *family)
{
	struct sum *sums = NULL;
	const void **records;
	size_t i, nr;
	int err;

	if (!m->view->keyed)
		return 0;
	err = keyed_counts__list(m->view->keyed, family->keyed, SCOPE_TOTAL, &records, &nr);
	for (i = 0; !err && i < nr; i++)
		err = add_keyed(m, family, &sums, records[i]);
	if (!err)
		err = family__offer(family, sums);
	sums__free(&sums);
	free(records);
	return err;
}

static int count_family(struct metrics *m, struct family *family, struct selection *selection,
			const struct hist_entry *entries, size_t nr)
{
	if (family->hist)
		return round_of_hist(m, family, entries, nr);
	if (family->count)
		return family__offer(family, family->events);
	return family->keyed ? round_of_keyed(m, family) : round_of_slots(m, family, selection);
}

static int count_grouping(struct metrics *m, const struct grouping *grouping)
{
	struct selection *selection = aggregate__select(grouping->aggregate, SCOPE_TOTAL, &(struct order){ 0 });
	struct hist_entry *entries = NULL;
	size_t i, nr = 0;
	int err = selection ? aggregate__histograms(grouping->aggregate, SCOPE_TOTAL, &entries, &nr) : -errno;

	for (i = 0; !err && i < m->nr_families; i++)
		if (m->families[i].grouping == grouping)
			err = count_family(m, &m->families[i], selection, entries, nr);
	selection__free(selection);
	free(entries);
	return err;
}

int metrics__count(struct metrics *m)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < m->nr_groupings; i++)
		err = count_grouping(m, &m->groupings[i]);
	return err;
}
