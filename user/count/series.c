// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * For every name that has sources, the set keeps the counts that it has seen.  So each round adds only what is new, to
 * the name's own series or to "other".  A name that gets a series later leaves in "other" what was exported there.
 * Memory is 24 bytes for each counter up to the last one of a part that is not 0; the caller bounds the names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "series.h"

/* A part's counters, three of each: what this round adds, over all sources with the name; the most that was ever
 * added; and what was exported, of a named series. */
enum column { NOW, SEEN, EXPORTED, NR_COLUMNS };

struct part {
	size_t nr; /* the others are 0 */
	uint64_t counters[];
};

struct value {
	UT_hash_handle hh;
	char *name;
	bool named; /* else it counts in "other" */
	double weight;
	uint64_t round; /* in which it was added last */
	size_t sources; /* in that round */
	struct part *parts[];
};

struct series_set {
	struct series_config config;
	uint64_t round, nr_ended;
	struct value *values;
	struct value **named; /* in order of naming */
	size_t nr_named, cap_named;
	bool folded;	    /* something counts in "other" */
	struct value *rest; /* "other" itself: of it EXPORTED alone */
};

static uint64_t *column(struct part *part, enum column which)
{
	return part->counters + which * part->nr;
}

static void value__free(struct value *value, size_t nr_parts)
{
	size_t i;

	if (!value)
		return;
	for (i = 0; i < nr_parts; i++)
		free(value->parts[i]);
	free(value->name);
	free(value);
}

static struct value *value__new(const char *name, size_t nr_parts)
{
	struct value *value = calloc(1, sizeof(*value) + nr_parts * sizeof(value->parts[0]));

	if (!value)
		return NULL;
	value->name = strdup(name);
	if (value->name)
		return value;
	free(value);
	return NULL;
}

struct series_set *series__new(const struct series_config *config)
{
	struct series_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->config = *config;
	set->rest = value__new("other", config->parts);
	if (set->rest)
		return set;
	free(set);
	errno = ENOMEM;
	return NULL;
}

static void forget_value(struct series_set *set, struct value *value)
{
	HASH_DEL(set->values, value);
	value__free(value, set->config.parts);
}

void series__free(struct series_set *set)
{
	struct value *value, *next;

	if (!set)
		return;
	for (value = set->values; value; value = next) {
		next = value->hh.next;
		forget_value(set, value);
	}
	value__free(set->rest, set->config.parts);
	free(set->named);
	free(set);
}

void series__begin(struct series_set *set)
{
	set->round++;
}

static struct value *find_value(const struct series_set *set, const char *name)
{
	struct value *value;

	HASH_FIND_STR(set->values, name, value);
	return value;
}

static struct value *get_value(struct series_set *set, const char *name)
{
	struct value *value = find_value(set, name);

	if (value)
		return value;
	value = value__new(name, set->config.parts);
	if (!value)
		return NULL;
	HASH_ADD_KEYPTR(hh, set->values, value->name, strlen(value->name), value);
	if (value->hh.tbl)
		return value;
	value__free(value, set->config.parts);
	return NULL;
}

/* How many counters there are up to the last one that is not 0. */
static size_t used(const struct series_set *set, const uint64_t *values)
{
	size_t nr = set->config.width;

	while (nr && !values[nr - 1])
		nr--;
	return nr;
}

/* Room for so many counters; without memory nothing changes. */
static int reserve(struct value *value, size_t i, size_t nr)
{
	struct part *old = value->parts[i], *part;
	enum column which;

	if (!nr || (old && old->nr >= nr))
		return 0;
	part = calloc(1, sizeof(*part) + NR_COLUMNS * nr * sizeof(part->counters[0]));
	if (!part)
		return -ENOMEM;
	part->nr = nr;
	for (which = NOW; old && which < NR_COLUMNS; which++)
		memcpy(column(part, which), column(old, which), old->nr * sizeof(part->counters[0]));
	free(old);
	value->parts[i] = part;
	return 0;
}

static void start_round(const struct series_set *set, struct value *value)
{
	size_t i;

	for (i = 0; i < set->config.parts; i++)
		if (value->parts[i])
			memset(column(value->parts[i], NOW), 0, value->parts[i]->nr * sizeof(uint64_t));
	value->weight = 0;
	value->sources = 0;
	value->round = set->round;
}

/* Two cgroups may have had the same path, two processes names that look the same: their sum is the series. */
int series__add(struct series_set *set, const char *name, size_t part, const uint64_t *values)
{
	size_t nr = used(set, values), i;
	struct value *value;

	if (!nr && !set->config.zeros)
		return 0;
	value = get_value(set, name);
	/* "other" first: it has room for whatever is in a value */
	if (!value || reserve(set->rest, part, nr) || reserve(value, part, nr))
		return -ENOMEM;
	if (value->round != set->round)
		start_round(set, value);
	value->sources++;
	for (i = 0; i < nr; i++) {
		column(value->parts[part], NOW)[i] += values[i];
		value->weight += (double)values[i];
	}
	return 0;
}

static bool wants_name(const struct series_set *set, const struct value *value)
{
	return value->round == set->round && !value->named && strcmp(value->name, "other");
}

static int compare(const void *one, const void *two)
{
	const struct value *a = *(struct value *const *)one, *b = *(struct value *const *)two;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int reserve_named(struct series_set *set, size_t nr)
{
	struct value **named;

	if (nr <= set->cap_named)
		return 0;
	named = realloc(set->named, nr * sizeof(*named));
	if (!named)
		return -ENOMEM;
	set->named = named;
	set->cap_named = nr;
	return 0;
}

static void unname(struct series_set *set, size_t i)
{
	set->named[i]->named = false;
	memmove(&set->named[i], &set->named[i + 1], (set->nr_named - i - 1) * sizeof(set->named[0]));
	set->nr_named--;
}

/* Without a count of its own, ever.  What is 0 in this round as well has weight 0. */
static bool is_zero(const struct series_set *set, struct value *value)
{
	size_t i, j;

	for (i = 0; i < set->config.parts; i++)
		for (j = 0; value->parts[i] && j < value->parts[i]->nr; j++)
			if (column(value->parts[i], SEEN)[j] || column(value->parts[i], EXPORTED)[j])
				return false;
	return value->weight == 0 || value->round != set->round;
}

/* Series that are 0 make room for names that count: nobody has missed a count of theirs. */
static void make_room(struct series_set *set, struct value *const *wanting, size_t nr)
{
	size_t room = set->config.max - set->nr_named, i = set->nr_named;

	if (!set->config.zeros)
		return;
	while (i-- && room < nr && wanting[room]->weight > 0)
		if (is_zero(set, set->named[i])) {
			unname(set, i);
			room++;
		}
}

static int name_largest(struct series_set *set, struct value **wanting, size_t nr)
{
	size_t room, i;
	int err;

	make_room(set, wanting, nr);
	room = set->config.max - set->nr_named;
	if (nr > room)
		nr = room;
	err = reserve_named(set, set->nr_named + nr);
	for (i = 0; !err && i < nr; i++) {
		wanting[i]->named = true;
		set->named[set->nr_named++] = wanting[i];
	}
	return err;
}

static int give_names(struct series_set *set)
{
	struct value **wanting, *value;
	size_t nr = 0;
	int err;

	if ((set->nr_named >= set->config.max && !set->config.zeros) || !set->values)
		return 0;
	wanting = malloc(HASH_COUNT(set->values) * sizeof(struct value *));
	if (!wanting)
		return -ENOMEM;
	for (value = set->values; value; value = value->hh.next)
		if (wants_name(set, value))
			wanting[nr++] = value;
	qsort(wanting, nr, sizeof(struct value *), compare);
	err = name_largest(set, wanting, nr);
	free(wanting);
	return err;
}

static void add_new(struct series_set *set, struct value *value, size_t i)
{
	struct part *part = value->parts[i];
	uint64_t *now = column(part, NOW), *seen = column(part, SEEN), *to;
	size_t j;

	to = column(value->named ? part : set->rest->parts[i], EXPORTED);
	for (j = 0; j < part->nr; j++) {
		if (now[j] <= seen[j])
			continue;
		to[j] += now[j] - seen[j];
		seen[j] = now[j];
		set->folded |= !value->named;
	}
}

static void end_value(struct series_set *set, struct value *value)
{
	size_t i;

	for (i = 0; value->named && i < set->nr_named; i++)
		if (set->named[i] == value) {
			unname(set, i);
			set->nr_ended++;
		}
	forget_value(set, value);
}

/* What could not get a name because memory ran out is not added at all: it would stay in "other". */
int series__end(struct series_set *set)
{
	struct value *value, *next;
	size_t i;
	int err;

	for (value = set->values; value && set->config.zeros; value = next) {
		next = value->hh.next;
		if (value->round != set->round && is_zero(set, value))
			end_value(set, value);
	}
	err = give_names(set);
	for (value = set->values; value; value = value->hh.next)
		for (i = 0; i < set->config.parts; i++)
			if (value->parts[i] && value->round == set->round && !(err && wants_name(set, value)))
				add_new(set, value, i);
	return err;
}

void series__forget(struct series_set *set, const char *name, size_t part, const uint64_t *values)
{
	struct value *value = find_value(set, name);
	size_t nr = used(set, values), i;
	uint64_t *seen;

	if (!value || value->round != set->round || (!nr && !set->config.zeros))
		return;
	for (i = 0; i < nr; i++) {
		seen = &column(value->parts[part], SEEN)[i];
		*seen -= values[i] < *seen ? values[i] : *seen;
	}
	if (!--value->sources)
		end_value(set, value);
}

size_t series__nr(const struct series_set *set)
{
	return set->nr_named + set->folded;
}

const char *series__name(const struct series_set *set, size_t i)
{
	return i < set->nr_named ? set->named[i]->name : "other";
}

bool series__copy(const struct series_set *set, size_t i, size_t part, uint64_t *values)
{
	struct part *from = (i < set->nr_named ? set->named[i] : set->rest)->parts[part];

	memset(values, 0, set->config.width * sizeof(*values));
	if (!from)
		return false;
	memcpy(values, column(from, EXPORTED), from->nr * sizeof(*values));
	return true;
}

uint64_t series__nr_ended(const struct series_set *set)
{
	return set->nr_ended;
}

size_t series__nr_known(const struct series_set *set)
{
	return HASH_COUNT(set->values);
}
