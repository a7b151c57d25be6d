// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Metrics as they are counted: families, and the series that each name gets. */
#include "metrics_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NUMA nodes that get a label value of their own; each costs a whole histogram.  The others share "other". */
#define MAX_NODE_LABELS 64

static void sums__free(struct sum **sums)
{
	struct sum *sum, *next;

	HASH_ITER (hh, *sums, sum, next) {
		HASH_DEL(*sums, sum);
		free(sum->name);
		free(sum);
	}
}

/* The values of a name, made with zeroes if it is new; NULL if memory ran out. */
static uint64_t *sums__get(struct sum **sums, const char *name, size_t width)
{
	struct sum *sum;

	HASH_FIND_STR(*sums, name, sum);
	if (sum)
		return sum->values;
	sum = calloc(1, sizeof(*sum) + width * sizeof(uint64_t));
	if (!sum)
		return NULL;
	sum->name = strdup(name);
	if (sum->name)
		HASH_ADD_KEYPTR(hh, *sums, sum->name, strlen(sum->name), sum);
	if (sum->name && sum->hh.tbl)
		return sum->values;
	free(sum->name);
	free(sum);
	return NULL;
}

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

static const char *cgroup_name(struct metrics *m, uint64_t id)
{
	struct cgroup_name *name;

	HASH_FIND(hh, m->cgroup_names, &id, sizeof(id), name);
	if (name)
		return name->name;
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	name->id = id;
	name->name = strdup(m->view->names->cgroup(m->view->names->ctx, id));
	if (name->name)
		HASH_ADD(hh, m->cgroup_names, id, sizeof(name->id), name);
	if (name->name && name->hh.tbl)
		return name->name;
	free(name->name);
	free(name);
	return NULL;
}

static const char *group_name(struct metrics *m, bool other, uint64_t cgroup_id, const char *comm)
{
	if (other)
		return "other";
	return m->by == BY_CGROUP ? cgroup_name(m, cgroup_id) : comm;
}

/* Families of slots: rows with the same metric are one, a counter for each value of its fixed label. */

static struct family *find_family(struct metrics *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nr_families; i++)
		if (!strcmp(m->families[i].name, name))
			return &m->families[i];
	return NULL;
}

static struct family *add_family(struct metrics *m, const char *name, const char *help)
{
	struct family *family = find_family(m, name);

	if (family)
		return family;
	family = &m->families[m->nr_families++];
	family->name = name;
	family->help = help;
	return family;
}

/* The counter of a slot within its family; rows without a label, or with the same value, share one. */
static size_t slot_counter(const struct family *family, const struct slot_row *row)
{
	size_t i;

	for (i = 0; i < family->width; i++)
		if (!row->value || !strcmp(family->values[i], row->value))
			break;
	return i;
}

const char *metrics__slot_help(const struct slot_row *row)
{
	const char *help = schema__metric_help(row->metric);

	return help ? help : row->help;
}

static void add_slot_families(struct metrics *m)
{
	enum mt_slot slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		const struct slot_row *row = &slot_rows[slot];
		struct family *family;
		size_t i;

		if (!row->metric || !run_view__asked(m->view, row->probe) || !run_view__knows(m->view, slot))
			continue;
		family = add_family(m, row->metric, metrics__slot_help(row));
		family->label = row->label;
		family->unit = row->unit;
		family->grouped = true;
		i = slot_counter(family, row);
		family->values[i] = row->value;
		if (i == family->width)
			family->width++;
	}
}

/* Values that a histogram's label can have: kinds by name, or numbers of NUMA nodes. */
static size_t count_labels(const struct hist_row *row)
{
	size_t nr;

	if (!row->label)
		return 1;
	for (nr = 0; row->label_names && row->label_names[nr];)
		nr++;
	return row->label_names ? nr : MAX_NODE_LABELS;
}

static void add_hist_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *row = &hist_rows[i];
		struct family *family;

		if (!row->metric || !run_view__asked(m->view, row->probe))
			continue;
		family = add_family(m, row->metric, row->help);
		family->hist = row;
		family->unit = row->unit;
		family->nr_labels = count_labels(row);
		family->width = (family->nr_labels + 1) * HIST_WIDTH;
	}
}

static void add_count_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < nr_count_rows; i++) {
		struct family *family;

		if (!run_view__asked(m->view, count_rows[i].probe))
			continue;
		family = add_family(m, count_rows[i].metric, count_rows[i].help);
		family->count = &count_rows[i];
		family->width = 1;
		family->grouped = true;
	}
}

/* The first member of the key that can have any value, or the first that has a few; NULL: there is none. */
static const struct keyed_column *find_key(const struct keyed_row *row, bool open)
{
	size_t i;

	for (i = 0; i < row->nr_keys; i++)
		if (row->keys[i].path && keyed_column__is_open(&row->keys[i]) == open)
			return &row->keys[i];
	return NULL;
}

static void add_keyed_family(struct metrics *m, const struct keyed_row *row, const struct keyed_column *counter)
{
	struct family *family = add_family(m, counter->metric, counter->help);

	family->keyed = row;
	family->counter = counter;
	family->group = find_key(row, true);
	family->code = find_key(row, false);
	family->unit = counter->unit;
	family->grouped = true;
	family->label = family->code ? family->code->path : NULL;
	for (; family->code && family->code->names[family->width]; family->width++)
		family->values[family->width] = family->code->names[family->width];
	if (!family->width)
		family->width = 1;
}

static void add_keyed_families(struct metrics *m)
{
	const struct keyed_row *row;
	size_t i;

	for (row = keyed_rows; row < keyed_rows + MT_NR_KEYED; row++)
		for (i = 0; i < row->nr_values && run_view__asked(m->view, row->probe); i++)
			if (row->values[i].metric)
				add_keyed_family(m, row, &row->values[i]);
}

static size_t nr_keyed_values(void)
{
	size_t i, nr = 0;

	for (i = 0; i < MT_NR_KEYED; i++)
		nr += keyed_rows[i].nr_values;
	return nr;
}

/* Label sets that one name takes. */
static size_t family__sets(const struct family *family)
{
	size_t nr;

	if (!family->hist)
		return family->width;
	if (!family->hist->label)
		return 1;
	for (nr = 0; family->hist->label_names && family->hist->label_names[nr];)
		nr++;
	return nr ? nr : 1;
}

static int open_series(struct metrics *m, size_t max_series)
{
	size_t i, max;

	for (i = 0; i < m->nr_families; i++) {
		/* "other" is one of them */
		max = max_series / family__sets(&m->families[i]);
		m->families[i].series = series__new(max > 1 ? max - 1 : 0, m->families[i].width);
		if (!m->families[i].series)
			return -ENOMEM;
	}
	return 0;
}

struct metrics *metrics__new(const struct run_view *view, enum group_by by, size_t max_series)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->view = view;
	m->by = by;
	m->max_series = max_series;
	m->families = calloc(MT_NR_SLOTS + nr_hist_rows + nr_count_rows + nr_keyed_values(), sizeof(*m->families));
	if (m->families) {
		add_slot_families(m);
		add_hist_families(m);
		add_count_families(m);
		add_keyed_families(m);
		if (!open_series(m, max_series))
			return m;
	}
	metrics__free(m);
	return NULL;
}

void metrics__free(struct metrics *m)
{
	struct cgroup_name *name, *next;
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->nr_families; i++) {
		series__free(m->families[i].series);
		sums__free(&m->families[i].events);
	}
	HASH_ITER (hh, m->cgroup_names, name, next) {
		HASH_DEL(m->cgroup_names, name);
		free(name->name);
		free(name);
	}
	arena__free(&m->arena);
	free(m->families);
	free(m);
}

/* A task's name as comm, which may lack a NUL at its end. */
static const char *who_name(struct metrics *m, const struct mt_who *who, char *comm)
{
	memcpy(comm, who->comm, MT_COMM_LEN);
	comm[MT_COMM_LEN] = '\0';
	return group_name(m, false, who->cgroup_id, comm);
}

int metrics__event(struct metrics *m, const struct event_row *row, const void *record)
{
	char comm[MT_COMM_LEN + 1];
	size_t i;

	for (i = 0; i < m->nr_families; i++) {
		const struct count_row *count = m->families[i].count;
		const char *name;
		uint64_t *value;

		if (!count || count->event != row->id)
			continue;
		name = who_name(m, (const struct mt_who *)((const char *)record + count->who_offset), comm);
		value = name ? sums__get(&m->families[i].events, name, 1) : NULL;
		if (!value)
			return -ENOMEM;
		++*value;
	}
	return 0;
}

/* Rounds */

static int add_counts(struct metrics *m, struct family *family, struct sum **sums, const char *name,
		      const uint64_t *counts)
{
	uint64_t *values = name ? sums__get(sums, name, family->width) : NULL;
	enum mt_slot slot;

	if (!values)
		return -ENOMEM;
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (slot_rows[slot].metric && !strcmp(slot_rows[slot].metric, family->name) &&
		    run_view__knows(m->view, slot))
			values[slot_counter(family, &slot_rows[slot])] += counts[slot];
	return 0;
}

static int add_entity(struct metrics *m, struct family *family, struct sum **sums, const struct entity *entity)
{
	return add_counts(m, family, sums, group_name(m, entity->other, entity->cgroup_id, entity->comm), entity->v);
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
		name = group_name(m, entry->other, entry->cgroup_id, entry->comm);
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
	return value && family->group->type == FIELD_CGROUP ? cgroup_name(m, value) : "unknown";
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

int metrics__count(struct metrics *m)
{
	struct aggregate *agg = m->view->aggregate;
	struct selection *selection = aggregate__select(agg, SCOPE_TOTAL, &(struct order){ 0 });
	struct hist_entry *entries = NULL;
	size_t i, nr = 0;
	int err = selection ? aggregate__histograms(agg, SCOPE_TOTAL, &entries, &nr) : -errno;

	for (i = 0; !err && i < m->nr_families; i++) {
		struct family *family = &m->families[i];

		if (family->hist)
			err = round_of_hist(m, family, entries, nr);
		else if (family->count)
			err = family__offer(family, family->events);
		else if (family->keyed)
			err = round_of_keyed(m, family);
		else
			err = round_of_slots(m, family, selection);
	}
	selection__free(selection);
	free(entries);
	return err;
}
