// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "previous_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

void lasts__init(struct lasts *lasts, size_t nr_layouts)
{
	*lasts = (struct lasts){ .nr_layouts = nr_layouts };
}

void lasts__free(struct lasts *lasts)
{
	free(lasts->places);
	free(lasts->values);
	lasts__init(lasts, lasts->nr_layouts);
}

void lasts__reset(struct lasts *lasts)
{
	lasts->nr_places = lasts->nr_values = 0;
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

static uint32_t *place_of(struct lasts *lasts, size_t at)
{
	size_t nr = at + 1;

	if (nr > lasts->room_places) {
		uint32_t *places = grown(lasts->places, &lasts->room_places, nr, sizeof(*places));

		if (!places)
			return NULL;
		lasts->places = places;
	}
	if (nr > lasts->nr_places) {
		memset(lasts->places + lasts->nr_places, 0, (nr - lasts->nr_places) * sizeof(*lasts->places));
		lasts->nr_places = nr;
	}
	return &lasts->places[at];
}

static int reserve_values(struct lasts *lasts, size_t nr)
{
	uint64_t *values;

	if (nr > MAX_LASTS - lasts->nr_values)
		return -E2BIG;
	if (lasts->values && lasts->nr_values + nr <= lasts->room_values)
		return 0;
	values = grown(lasts->values, &lasts->room_values, lasts->nr_values + nr, sizeof(*values));
	if (!values)
		return -ENOMEM;
	lasts->values = values;
	return 0;
}

int lasts__get(struct lasts *lasts, size_t who, size_t layout, size_t nr, uint64_t **last)
{
	uint32_t *place = place_of(lasts, who * lasts->nr_layouts + layout);
	int err = place ? 0 : -ENOMEM;

	if (!err && !*place)
		err = reserve_values(lasts, nr);
	if (err)
		return err;
	if (!*place) {
		*place = 1 + (uint32_t)lasts->nr_values;
		memset(lasts->values + lasts->nr_values, 0, nr * sizeof(*lasts->values));
		lasts->nr_values += nr;
	}
	*last = &lasts->values[*place - 1];
	return 0;
}
