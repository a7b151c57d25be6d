// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * For every name that was ever offered, the set keeps the counts that it has seen.  So each round adds only what is
 * new, to the name's own series or to "other".  A value that is named later leaves in "other" what was exported
 * there.  Memory is 16 bytes a counter for each name, 24 if it is named; the caller bounds the number of names.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "series.h"

struct value {
	UT_hash_handle hh;
	char *name;
	uint64_t *seen;	    /* the most that was ever offered */
	uint64_t *now;	    /* what this round offers, summed over all sources with the name */
	uint64_t *exported; /* NULL: it counts in "other" */
	double weight;
	uint64_t round; /* in which it was offered last */
};

struct series_set {
	size_t max, width;
	uint64_t round;
	struct value *values;
	struct value **named; /* in order of naming */
	size_t nr_named, cap_named;
	bool folded; /* something counts in "other" */
	uint64_t other[];
};

struct series_set *series__new(size_t max, size_t width)
{
	struct series_set *set;

	set = calloc(1, sizeof(*set) + width * sizeof(set->other[0]));
	if (!set)
		return NULL;
	set->max = max;
	set->width = width;
	return set;
}

static void value__free(struct value *value)
{
	free(value->exported);
	free(value->now);
	free(value->seen);
	free(value->name);
	free(value);
}

void series__free(struct series_set *set)
{
	struct value *value, *next;

	if (!set)
		return;
	for (value = set->values; value; value = next) {
		next = value->hh.next;
		HASH_DEL(set->values, value);
		value__free(value);
	}
	free(set->named);
	free(set);
}

void series__begin(struct series_set *set)
{
	set->round++;
}

static struct value *value__new(const char *name, size_t width)
{
	struct value *value;

	value = calloc(1, sizeof(*value));
	if (!value)
		return NULL;
	value->name = strdup(name);
	value->seen = calloc(width, sizeof(*value->seen));
	value->now = calloc(width, sizeof(*value->now));
	if (value->name && value->seen && value->now)
		return value;
	value__free(value);
	return NULL;
}

static struct value *get_value(struct series_set *set, const char *name)
{
	struct value *value;

	HASH_FIND_STR(set->values, name, value);
	if (value)
		return value;
	value = value__new(name, set->width);
	if (!value)
		return NULL;
	HASH_ADD_KEYPTR(hh, set->values, value->name, strlen(value->name), value);
	if (value->hh.tbl)
		return value;
	value__free(value);
	return NULL;
}

/* Two cgroups may have had the same path, two processes names that look the same: their sum is the series. */
int series__offer(struct series_set *set, const char *name, double weight, const uint64_t *values)
{
	struct value *value;
	size_t i;

	value = get_value(set, name);
	if (!value)
		return -ENOMEM;
	if (value->round != set->round) {
		memset(value->now, 0, set->width * sizeof(*value->now));
		value->weight = 0;
		value->round = set->round;
	}
	value->weight += weight;
	for (i = 0; i < set->width; i++)
		value->now[i] += values[i];
	return 0;
}

static bool wants_name(const struct series_set *set, const struct value *value)
{
	return value->round == set->round && !value->exported && strcmp(value->name, "other");
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

/* There is already room for it. */
static int name_value(struct series_set *set, struct value *value)
{
	value->exported = calloc(set->width, sizeof(*value->exported));
	if (!value->exported)
		return -ENOMEM;
	set->named[set->nr_named++] = value;
	return 0;
}

static int name_largest(struct series_set *set, struct value **wanting, size_t nr)
{
	size_t room = set->max - set->nr_named;
	size_t i;
	int err;

	if (nr > room)
		nr = room;
	err = reserve_named(set, set->nr_named + nr);
	for (i = 0; !err && i < nr; i++)
		err = name_value(set, wanting[i]);
	return err;
}

static int give_names(struct series_set *set)
{
	struct value **wanting, *value;
	size_t nr = 0;
	int err;

	if (set->nr_named >= set->max || !set->values)
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

static void add_new(struct series_set *set, struct value *value)
{
	uint64_t *to = value->exported ? value->exported : set->other;
	size_t i;

	for (i = 0; i < set->width; i++) {
		if (value->now[i] <= value->seen[i])
			continue;
		to[i] += value->now[i] - value->seen[i];
		value->seen[i] = value->now[i];
		set->folded |= !value->exported;
	}
}

/* What could not get a name because memory ran out is not added at all: it would stay in "other". */
int series__end(struct series_set *set)
{
	struct value *value;
	int err;

	err = give_names(set);
	for (value = set->values; value; value = value->hh.next)
		if (value->round == set->round && !(err && wants_name(set, value)))
			add_new(set, value);
	return err;
}

size_t series__nr(const struct series_set *set)
{
	return set->nr_named + set->folded;
}

const char *series__name(const struct series_set *set, size_t i)
{
	return i < set->nr_named ? set->named[i]->name : "other";
}

const uint64_t *series__values(const struct series_set *set, size_t i)
{
	return i < set->nr_named ? set->named[i]->exported : set->other;
}
