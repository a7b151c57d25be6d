// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "over_time.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_ROOM 8

bool stretches__is_full(const struct stretches *stretches)
{
	return stretches->width && stretches->moments / stretches->width == OVER_TIME_MAX;
}

void stretches__halve(struct stretches *stretches)
{
	size_t i;

	for (i = 0; i < stretches->nr; i++)
		stretches->end_ns[i / 2] = stretches->end_ns[i];
	stretches->nr = (stretches->nr + 1) / 2;
	stretches->width *= 2;
}

uint32_t stretches__add(struct stretches *stretches, uint64_t now_ns)
{
	uint32_t at;

	if (!stretches->width)
		stretches->width = 1;
	at = (uint32_t)(stretches->moments++ / stretches->width);
	stretches->end_ns[at] = now_ns;
	stretches->nr = at + 1;
	return at;
}

uint32_t stretches__at(const struct stretches *stretches, uint64_t time_ns)
{
	uint32_t at = 0;

	while (at + 1 < stretches->nr && stretches->end_ns[at] < time_ns)
		at++;
	return at;
}

uint32_t stretches__of_event(const struct stretches *stretches, uint64_t time_ns)
{
	if (stretches->nr && time_ns <= stretches->end_ns[stretches->nr - 1])
		return stretches__at(stretches, time_ns);
	return stretches->width ? (uint32_t)(stretches->moments / stretches->width) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct timed_count *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static bool is_tidy(const struct timed_counts *counts)
{
	size_t i;

	for (i = 1; i < counts->nr; i++)
		if (compare(&counts->list[i - 1], &counts->list[i]) >= 0)
			return false;
	return true;
}

void timed_counts__tidy(struct timed_counts *counts)
{
	size_t i, last = 0;

	if (is_tidy(counts))
		return;
	qsort(counts->list, counts->nr, sizeof(*counts->list), compare);
	for (i = 1; i < counts->nr; i++) {
		if (compare(&counts->list[last], &counts->list[i]))
			counts->list[++last] = counts->list[i];
		else
			counts->list[last].value += counts->list[i].value;
	}
	counts->nr = last + 1;
}

/* What comes twice may be all that the room is taken by. */
static int make_room(struct timed_counts *counts)
{
	size_t room = counts->room ? 2 * counts->room : FIRST_ROOM;
	struct timed_count *list;

	timed_counts__tidy(counts);
	if (counts->nr < counts->room / 2)
		return 0;
	list = reallocarray(counts->list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	counts->list = list;
	counts->room = room;
	return 0;
}

int timed_counts__add(struct timed_counts *counts, uint32_t at, uint32_t key, uint64_t value)
{
	if (!value)
		return 0;
	if (counts->nr == counts->room && make_room(counts))
		return -ENOMEM;
	counts->list[counts->nr++] = (struct timed_count){ at, key, value };
	return 0;
}

int timed_counts__join(struct timed_counts *counts, const struct timed_counts *others)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < others->nr; i++)
		err = timed_counts__add(counts, others->list[i].at, others->list[i].key, others->list[i].value);
	return err;
}

void timed_counts__halve(struct timed_counts *counts)
{
	size_t i;

	for (i = 0; i < counts->nr; i++)
		counts->list[i].at /= 2;
	timed_counts__tidy(counts);
}

void timed_counts__done(struct timed_counts *counts)
{
	free(counts->list);
	*counts = (struct timed_counts){ 0 };
}
