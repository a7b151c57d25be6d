// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Entries of a timeline in order: a binary heap. */
#include <errno.h>
#include <stdlib.h>

#include "timeline_impl.h"

static bool is_before(const struct timeline_queue *queue, size_t a, size_t b)
{
	return queue->compare(queue->list[a], queue->list[b]) < 0;
}

static void swap(struct timeline_queue *queue, size_t a, size_t b)
{
	struct timeline_entry *entry = queue->list[a];

	queue->list[a] = queue->list[b];
	queue->list[b] = entry;
}

int timeline_queue__add(struct timeline_queue *queue, struct timeline_entry *entry)
{
	size_t room = queue->room ? 2 * queue->room : 64, at;
	struct timeline_entry **list;

	if (queue->nr == queue->room) {
		list = reallocarray(queue->list, room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		queue->list = list;
		queue->room = room;
	}
	at = queue->nr++;
	queue->list[at] = entry;
	for (; at && is_before(queue, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(queue, at, (at - 1) / 2);
	return 0;
}

struct timeline_entry *timeline_queue__first(const struct timeline_queue *queue)
{
	return queue->nr ? queue->list[0] : NULL;
}

struct timeline_entry *timeline_queue__take(struct timeline_queue *queue)
{
	struct timeline_entry *first = timeline_queue__first(queue);
	size_t at = 0, child;

	if (!first)
		return NULL;
	queue->list[0] = queue->list[--queue->nr];
	while ((child = 2 * at + 1) < queue->nr) {
		if (child + 1 < queue->nr && is_before(queue, child + 1, child))
			child++;
		if (!is_before(queue, child, at))
			break;
		swap(queue, at, child);
		at = child;
	}
	return first;
}

void timeline_queue__free(struct timeline_queue *queue)
{
	size_t i;

	for (i = 0; i < queue->nr; i++)
		free(queue->list[i]);
	free(queue->list);
	*queue = (struct timeline_queue){ 0 };
}
