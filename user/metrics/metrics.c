// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The families of metrics: what they are called, which labels they have, what they stand for. */
#include "metrics_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NUMA nodes that get a label value of their own; each costs a whole histogram.  The others share "other". */
#define MAX_NODE_LABELS 64

/* Made with zeroes if it is new; NULL if memory ran out. */
static struct sum *sums__get(struct sum **sums, const char *name, size_t width)
{
	struct sum *sum;

	HASH_FIND_STR(*sums, name, sum);
	if (sum)
		return sum;
	sum = calloc(1, sizeof(*sum) + width * sizeof(uint64_t));
	if (!sum)
		return NULL;
	sum->name = strdup(name);
	if (sum->name)
		HASH_ADD_KEYPTR(hh, *sums, sum->name, strlen(sum->name), sum);
	if (sum->name && sum->hh.tbl)
		return sum;
	free(sum->name);
	free(sum);
	return NULL;
}

void sums__drop(struct sum **sums, struct sum *sum)
{
	HASH_DEL(*sums, sum);
	free(sum->name);
	free(sum);
}

static void sums__free(struct sum **sums)
{
	struct sum *sum, *next;

	HASH_ITER (hh, *sums, sum, next)
		sums__drop(sums, sum);
}

const char *metrics__cgroup_name(struct metrics *m, uint64_t id)
{
	struct cgroup_name *name;

	HASH_FIND(hh, m->cgroup_names, &id, sizeof(id), name);
	if (name) {
		name->round = m->round;
		return name->name;
	}
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	name->id = id;
	name->round = m->round;
	name->name = strdup(m->view->names->cgroup(m->view->names->ctx, id));
	if (name->name)
		HASH_ADD(hh, m->cgroup_names, id, sizeof(name->id), name);
	if (name->name && name->hh.tbl)
		return name->name;
	free(name->name);
	free(name);
	return NULL;
}

/* "java: GC", or the program alone if nothing says what the task is for. */
static const char *role_text(struct metrics *m, uint64_t id)
{
	const struct role_name *name = task_roles__name(m->view->roles, id);

	if (!name)
		return "other";
	snprintf(m->role, sizeof(m->role), "%s%s%s", name->program, name->role[0] ? ": " : "", name->role);
	return m->role;
}

const char *metrics__group_name(struct metrics *m, enum group_by by, const struct group_id *group)
{
	if (group->other)
		return "other";
	if (by == BY_ROLE)
		return role_text(m, group->role);
	return by == BY_CGROUP ? metrics__cgroup_name(m, group->cgroup_id) : group->comm;
}

/* Families of slots: rows with the same metric are one, a counter for each value of its fixed label. */

static struct family *find_family(struct metrics *m, const struct grouping *grouping, const char *metric)
{
	size_t i;

	for (i = 0; i < m->nr_families; i++)
		if (m->families[i].grouping == grouping && !strcmp(m->families[i].metric, metric))
			return &m->families[i];
	return NULL;
}

const char *metrics__group_label(enum group_by by)
{
	return by == BY_CGROUP ? "cgroup" : by == BY_ROLE ? "role" : "comm";
}

/* The second group stands behind the program's name. */
static void name_family(struct metrics *m, struct family *family)
{
	static const char prefix[] = "memtrace_";
	const char *rest = family->metric;

	if (family->grouping == m->groupings || strncmp(rest, prefix, strlen(prefix))) {
		snprintf(family->name, sizeof(family->name), "%s", rest);
		return;
	}
	snprintf(family->name, sizeof(family->name), "%s%s_%s", prefix, metrics__group_label(family->by),
		 rest + strlen(prefix));
}

static struct family *add_family(struct metrics *m, const struct grouping *grouping, const char *metric,
				 const char *help)
{
	struct family *family = find_family(m, grouping, metric);

	if (family)
		return family;
	family = &m->families[m->nr_families++];
	family->metric = metric;
	family->help = help;
	family->grouping = grouping;
	family->by = grouping->by;
	name_family(m, family);
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

static void add_slot_families(struct metrics *m, const struct grouping *grouping)
{
	enum mt_slot slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		const struct slot_row *row = &slot_rows[slot];
		struct family *family;
		size_t i;

		if (!row->metric || !run_view__asked(m->view, row->probe) || !run_view__knows(m->view, slot))
			continue;
		family = add_family(m, grouping, row->metric, metrics__slot_help(row));
		family->label = row->label;
		family->unit = row->unit;
		family->grouped = true;
		i = slot_counter(family, row);
		family->values[i] = row->value;
		if (i == family->width)
			family->width++;
		family->slots[family->nr_slots] = (uint16_t)slot;
		family->counters[family->nr_slots++] = (uint16_t)i;
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

/* What is the machine's has no group: it is there once. */
static bool is_of_tasks(const struct hist_row *row)
{
	return row->event == MT_REC_NONE || hist_row__who(row);
}

/* Of latencies that were not asked for there is nothing to know. */
static bool is_measured(const struct metrics *m, const struct hist_row *row)
{
	return event_rows[row->event].use != EVENT_LATENCY || m->view->facts->latency;
}

static void add_hist_families(struct metrics *m, const struct grouping *grouping)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *row = &hist_rows[i];
		struct family *family;

		if (!row->metric || !run_view__asked(m->view, row->probe) || !is_measured(m, row))
			continue;
		if (grouping != m->groupings && !is_of_tasks(row))
			continue;
		family = add_family(m, grouping, row->metric, row->help);
		family->hist = row;
		family->unit = row->unit;
		family->nr_labels = count_labels(row);
		family->width = HIST_WIDTH;
	}
}

/* By cgroup in any case: a name of a process says less about a kill. */
static void add_count_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < nr_count_rows; i++) {
		const struct count_row *row = &count_rows[i];
		struct family *family;

		if (!run_view__asked(m->view, row->probe))
			continue;
		family = add_family(m, m->groupings, row->metric, row->help);
		family->count = row;
		family->by = BY_CGROUP;
		family->grouped = true;
		family->label = row->label;
		for (family->width = 0; row->label_names[family->width]; family->width++)
			family->values[family->width] = row->label_names[family->width];
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
	struct family *family = add_family(m, m->groupings, counter->metric, counter->help);

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

	if (family->count)
		return (size_t)__builtin_popcount(family->count->zeros);
	if (!family->hist)
		return family->width;
	if (!family->hist->label)
		return 1;
	for (nr = 0; family->hist->label_names && family->hist->label_names[nr];)
		nr++;
	return nr ? nr : 1;
}

static int open_series(struct metrics *m)
{
	struct family *family;
	size_t max;

	for (family = m->families; family < m->families + m->nr_families; family++) {
		/* "other" is one of them */
		max = m->max_series / family__sets(family);
		family->series = series__new(&(struct series_config){
			.max = max > 1 ? max - 1 : 0,
			.width = family->width,
			.parts = family->hist ? family->nr_labels + 1 : 1,
			.zeros = family->count || schema__metric_zeros(family->metric),
		});
		if (!family->series)
			return -ENOMEM;
	}
	return 0;
}

static void add_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < m->nr_groupings; i++) {
		add_slot_families(m, &m->groupings[i]);
		add_hist_families(m, &m->groupings[i]);
	}
	add_count_families(m);
	add_keyed_families(m);
}

struct metrics *metrics__new(const struct run_view *view, const struct metrics_config *config)
{
	struct metrics *m = calloc(1, sizeof(*m));
	size_t i;

	if (!m)
		return NULL;
	m->view = view;
	m->max_series = config->max_series;
	m->idle_ns = config->idle_ns;
	m->nr_groupings = config->nr_by;
	for (i = 0; i < config->nr_by; i++)
		m->groupings[i] = (struct grouping){
			.by = config->by[i],
			.aggregate = i ? aggregate__also(view->aggregate) : view->aggregate,
		};
	m->families = calloc(config->nr_by * (MT_NR_SLOTS + nr_hist_rows + nr_count_rows) + nr_keyed_values(),
			     sizeof(*m->families));
	if (m->families) {
		add_families(m);
		if (!open_series(m))
			return m;
	}
	metrics__free(m);
	return NULL;
}

static void drop_name(struct metrics *m, struct cgroup_name *name)
{
	HASH_DEL(m->cgroup_names, name);
	free(name->name);
	free(name);
}

void metrics__drop_names(struct metrics *m)
{
	struct cgroup_name *name, *next;

	HASH_ITER (hh, m->cgroup_names, name, next)
		if (name->round != m->round)
			drop_name(m, name);
}

void metrics__not_written(struct metrics *m)
{
	m->not_written++;
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
	HASH_ITER (hh, m->cgroup_names, name, next)
		drop_name(m, name);
	arena__free(&m->arena);
	free(m->families);
	free(m);
}

/* Which of a count's labels an event has; the last is for what is not known. */
static size_t count_label(const struct family *family, const void *record)
{
	int32_t label;

	memcpy(&label, (const char *)record + family->count->label_offset, sizeof(label));
	return label >= 0 && (size_t)label < family->width - 1 ? (size_t)label : family->width - 1;
}

static int count_event(struct metrics *m, struct family *family, const void *record)
{
	const struct mt_who *who = (const void *)((const char *)record + family->count->who_offset);
	const char *name = metrics__cgroup_name(m, who->cgroup_id);
	struct sum *sum = name ? sums__get(&family->events, name, family->width) : NULL;

	if (!sum)
		return -ENOMEM;
	sum->values[count_label(family, record)]++;
	sum->cgroup_id = who->cgroup_id;
	sum->newest_ns = family->newest_ns = ((const struct mt_hdr *)record)->time_ns;
	return 0;
}

int metrics__event(struct metrics *m, const struct event_row *row, const void *record)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < m->nr_families; i++)
		if (m->families[i].count && m->families[i].count->event == row->id)
			err = count_event(m, &m->families[i], record);
	return err;
}
