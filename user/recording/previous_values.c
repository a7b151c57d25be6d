// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "previous_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

void previous_values__init(struct previous_values *previous, size_t nr_layouts)
{
	*previous = (struct previous_values){ .nr_layouts = nr_layouts };
}

void previous_values__free(struct previous_values *previous)
{
	free(previous->places);
	free(previous->values);
	previous_values__init(previous, previous->nr_layouts);
}

void previous_values__reset(struct previous_values *previous)
{
	previous->nr_places = previous->nr_values = 0;
}

/* Makes room for at least nr elements; the array, or NULL with the old one untouched. */
static void *grown(void *array, size_t *room, size_t nr, size_t size)
{
	size_t new_room = *room ? *room : 1024;
	void *new_array;

	while (new_room < nr)
		new_room *= 2;
	new_array = reallocarray(array, new_room, size);
	if (new_array)
		*room = new_room;
	return new_array;
}

static uint32_t *place_of(struct previous_values *previous, size_t at)
{
	size_t nr = at + 1;

	if (nr > previous->room_places) {
		uint32_t *places = grown(previous->places, &previous->room_places, nr, sizeof(*places));

		if (!places)
			return NULL;
		previous->places = places;
	}
	if (nr > previous->nr_places) {
		memset(previous->places + previous->nr_places, 0,
		       (nr - previous->nr_places) * sizeof(*previous->places));
		previous->nr_places = nr;
	}
	return &previous->places[at];
}

static int reserve_values(struct previous_values *previous, size_t nr)
{
	uint64_t *values;

	if (nr > MAX_PREVIOUS_VALUES - previous->nr_values)
		return -E2BIG;
	if (previous->values && previous->nr_values + nr <= previous->room_values)
		return 0;
	values = grown(previous->values, &previous->room_values, previous->nr_values + nr, sizeof(*values));
	if (!values)
		return -ENOMEM;
	previous->values = values;
	return 0;
}

int previous_values__get(struct previous_values *previous, size_t who, size_t layout, size_t nr, uint64_t **last)
{
	uint32_t *place = place_of(previous, who * previous->nr_layouts + layout);
	int err = place ? 0 : -ENOMEM;

	if (!err && !*place)
		err = reserve_values(previous, nr);
	if (err)
		return err;
	if (!*place) {
		*place = 1 + (uint32_t)previous->nr_values;
		memset(previous->values + previous->nr_values, 0, nr * sizeof(*previous->values));
		previous->nr_values += nr;
	}
	*last = &previous->values[*place - 1];
	return 0;
}
