// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Metrics as they are counted: a round of each family, which brings its series up to date.  What ended is counted once
 * more, and is then forgotten by the series and by what counted it, so that both agree about where the next count of
 * the same name starts.
 */
#include "metrics_impl.h"

#include <errno.h>
#include <stdlib.h>

/* Whether a source is added to series, or forgotten by them. */
enum step { ADD, FORGET };

static int give(struct family *family, enum step step, const char *name, size_t part, const uint64_t *values)
{
	if (!name)
		return -ENOMEM;
	if (step == ADD)
		return series__add(family->series, name, part, values);
	series__forget(family->series, name, part, values);
	return 0;
}

/* A cgroup is known: families of events have a series of it before the first one. */
static int give_zeros(struct metrics *m, const char *name)
{
	static const uint64_t none[MT_NR_SLOTS];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < m->nr_families; i++)
		if (m->families[i].count)
			err = give(&m->families[i], ADD, name, 0, none);
	return err;
}

/* Counters of slots */

static bool is_of_slots(const struct family *family, const struct grouping *grouping)
{
	return family->nr_slots && family->grouping == grouping;
}

static int give_slots(struct family *family, enum step step, const char *name, const uint64_t *counts)
{
	uint64_t values[MT_NR_SLOTS] = { 0 };
	size_t i;

	for (i = 0; i < family->nr_slots; i++)
		values[family->counters[i]] += counts[family->slots[i]];
	return give(family, step, name, 0, values);
}

static int give_counts(struct metrics *m, const struct grouping *grouping, enum step step, const char *name,
		       const uint64_t *counts)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < m->nr_families; i++)
		if (is_of_slots(&m->families[i], grouping))
			err = give_slots(&m->families[i], step, name, counts);
	return err;
}

static int give_rows(struct metrics *m, const struct grouping *grouping, struct selection *selection, enum step step)
{
	struct entity entity;
	const char *name;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < selection__nr(selection); i++) {
		err = selection__at(selection, i, &entity);
		if (err || (step == FORGET && !entity.ended))
			continue;
		name = metrics__group_name(
			m, grouping->by,
			&(struct group_id){ entity.other, entity.cgroup_id, entity.role, entity.comm });
		err = give_counts(m, grouping, step, name, entity.v);
		if (!err && grouping->by == BY_CGROUP && step == ADD && !entity.ended && !entity.other)
			err = give_zeros(m, name);
	}
	return err;
}

static int round_of_slots(struct metrics *m, const struct grouping *grouping, struct selection *selection)
{
	const uint64_t *unattributed = m->view->totals->losses.unattributed;
	size_t i;
	int err;

	for (i = 0; i < m->nr_families; i++)
		if (is_of_slots(&m->families[i], grouping))
			series__begin(m->families[i].series);
	err = give_rows(m, grouping, selection, ADD);
	/* what cannot be attributed to a task is "other" too */
	if (!err && schema__nr_events(unattributed))
		err = give_counts(m, grouping, ADD, "other", unattributed);
	for (i = 0; !err && i < m->nr_families; i++)
		if (is_of_slots(&m->families[i], grouping))
			err = series__end(m->families[i].series);
	return err;
}

/* Histograms */

/* Which part a label's value has: unknown values are "other". */
static size_t label_part(const struct family *family, int64_t label)
{
	return label >= 0 && (size_t)label < family->nr_labels ? (size_t)label : family->nr_labels;
}

static int give_hist(struct metrics *m, struct family *family, enum step step, const struct hist_entry *entry)
{
	uint64_t values[HIST_WIDTH];
	const char *name = "";
	size_t i;

	if (entry->other || entry->comm[0] || entry->cgroup_id || entry->role)
		name = metrics__group_name(
			m, family->grouping->by,
			&(struct group_id){ entry->other, entry->cgroup_id, entry->role, entry->comm });
	family->grouped |= name && name[0];
	values[HIST_COUNT] = entry->count;
	values[HIST_SUM] = entry->sum;
	for (i = 0; i < MT_HIST_SLOTS; i++)
		values[HIST_FIRST + i] = entry->counts[i];
	return give(family, step, name, label_part(family, entry->label), values);
}

struct hist_round {
	struct metrics *m;
	const struct grouping *grouping;
	enum step step;
};

static bool is_of_hists(const struct family *family, const struct grouping *grouping)
{
	return family->hist && family->grouping == grouping;
}

static int take_hist(void *ctx, const struct hist_entry *entry)
{
	const struct hist_round *round = ctx;
	struct metrics *m = round->m;
	struct family *family;
	int err = 0;

	if (round->step == FORGET && !entry->ended)
		return 0;
	for (family = m->families; !err && family < m->families + m->nr_families; family++)
		if (is_of_hists(family, round->grouping) && family->hist == entry->row)
			err = give_hist(m, family, round->step, entry);
	return err;
}

/* One by one: a list of them all would be as large as all that they have counted. */
static int round_of_hists(struct metrics *m, const struct grouping *grouping, enum step step)
{
	struct hist_round round = { m, grouping, step };
	size_t i;
	int err;

	for (i = 0; step == ADD && i < m->nr_families; i++)
		if (is_of_hists(&m->families[i], grouping))
			series__begin(m->families[i].series);
	err = aggregate__each_histogram(grouping->aggregate, SCOPE_TOTAL, take_hist, &round);
	for (i = 0; !err && step == ADD && i < m->nr_families; i++)
		if (is_of_hists(&m->families[i], grouping))
			err = series__end(m->families[i].series);
	return err;
}

/* Counters by a key */

static const char *keyed_name(struct metrics *m, const struct family *family, const void *record)
{
	uint64_t value = family->group ? keyed_column__get(family->group, record) : 0;

	if (keyed_row__head(family->keyed, record)->flags & MT_KEYED_OTHER)
		return "other";
	return value && family->group->type == FIELD_CGROUP ? metrics__cgroup_name(m, value) : "unknown";
}

static int give_keyed(struct metrics *m, struct family *family, enum step step, const void *record)
{
	uint64_t code = family->code ? keyed_column__get(family->code, record) : 0;
	uint64_t values[MT_NR_SLOTS] = { 0 };

	if (step == FORGET && !(keyed_row__head(family->keyed, record)->flags & MT_KEYED_ENDED))
		return 0;
	if (code < family->width)
		values[code] = keyed_column__get(family->counter, record);
	return give(family, step, keyed_name(m, family, record), 0, values);
}

static int round_of_keyed(struct metrics *m, struct family *family, enum step step)
{
	const void **records;
	size_t i, nr;
	int err;

	err = keyed_counts__list(m->view->keyed, family->keyed, SCOPE_TOTAL, &records, &nr);
	if (step == ADD)
		series__begin(family->series);
	for (i = 0; !err && i < nr; i++)
		err = give_keyed(m, family, step, records[i]);
	if (!err && step == ADD)
		err = series__end(family->series);
	free(records);
	return err;
}

static int rounds_of_keyed(struct metrics *m, enum step step)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && m->view->keyed && i < m->nr_families; i++)
		if (m->families[i].keyed)
			err = round_of_keyed(m, &m->families[i], step);
	return err;
}

/* Events */

#define EVENT_IDLE_NS (24 * 3600 * 1000000000ULL)

/* What is rare and matters stays for a day, and as long as the cgroup is there. */
static bool sum_ended(const struct sum *sum, const struct ending *ending)
{
	uint64_t idle_ns = ending->idle_ns > EVENT_IDLE_NS ? ending->idle_ns : EVENT_IDLE_NS;

	if (ending->now_ns < sum->newest_ns || ending->now_ns - sum->newest_ns < idle_ns)
		return false;
	return !ending->lives || !ending->lives(ending->ctx, sum->cgroup_id);
}

static int round_of_events(struct family *family, const struct ending *ending)
{
	struct sum *sum, *next;
	int err = 0;

	HASH_ITER (hh, family->events, sum, next)
		err = err ? err : give(family, ADD, sum->name, 0, sum->values);
	if (!err)
		err = series__end(family->series);
	if (err)
		return err;
	HASH_ITER (hh, family->events, sum, next) {
		if (!sum_ended(sum, ending))
			continue;
		give(family, FORGET, sum->name, 0, sum->values);
		sums__drop(&family->events, sum);
	}
	return 0;
}

static int rounds_of_events(struct metrics *m, const struct ending *ending)
{
	const struct cgroup_counts *cgroups = m->view->cgroups;
	size_t i;
	int err = 0;

	for (i = 0; !err && cgroups && i < cgroups->nr; i++)
		if (!cgroups->list[i].removed_ns)
			err = give_zeros(m, metrics__cgroup_name(m, cgroups->list[i].id));
	for (i = 0; !err && i < m->nr_families; i++)
		if (m->families[i].count)
			err = round_of_events(&m->families[i], ending);
	return err;
}

/* All of it */

static int count_grouping(struct metrics *m, const struct grouping *grouping, const struct ending *ending)
{
	struct selection *selection;
	int err;

	aggregate__mark_ended(grouping->aggregate, ending);
	selection = aggregate__select(grouping->aggregate, SCOPE_TOTAL, &(struct order){ 0 });
	err = selection ? round_of_slots(m, grouping, selection) : -errno;
	if (!err)
		err = round_of_hists(m, grouping, ADD);
	if (!err)
		err = give_rows(m, grouping, selection, FORGET);
	if (!err)
		err = round_of_hists(m, grouping, FORGET);
	selection__free(selection);
	if (!err)
		aggregate__drop_ended(grouping->aggregate);
	return err;
}

static int count_keyed(struct metrics *m, const struct ending *ending)
{
	int err;

	if (m->view->keyed)
		keyed_counts__mark_ended(m->view->keyed, ending);
	err = rounds_of_keyed(m, ADD);
	if (!err)
		err = rounds_of_keyed(m, FORGET);
	if (!err && m->view->keyed)
		keyed_counts__drop_ended(m->view->keyed);
	return err;
}

int metrics__count(struct metrics *m)
{
	const struct ending ending = {
		.now_ns = m->view->checkpoint->now_ns,
		.idle_ns = m->idle_ns,
		.lives = m->view->names->cgroup_lives,
		.ctx = m->view->names->ctx,
	};
	size_t i;
	int err = 0;

	m->round++;
	for (i = 0; i < m->nr_families; i++)
		if (m->families[i].count)
			series__begin(m->families[i].series);
	for (i = 0; !err && i < m->nr_groupings; i++)
		err = count_grouping(m, &m->groupings[i], &ending);
	if (!err)
		err = count_keyed(m, &ending);
	if (!err)
		err = rounds_of_events(m, &ending);
	if (!err)
		metrics__drop_names(m);
	return err;
}
