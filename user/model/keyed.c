// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "keyed.h"

#include <string.h>

const struct keyed_row *keyed_row__of_record(uint16_t id)
{
	return id >= REC_KEYED && id < REC_KEYED + MT_NR_KEYED ? &keyed_rows[id - REC_KEYED] : NULL;
}

uint64_t keyed_column__get(const struct keyed_column *column, const void *record)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)record + column->offset,
	       column->size < sizeof(value) ? column->size : sizeof(value));
	return value;
}

bool keyed_column__is_open(const struct keyed_column *column)
{
	return column->type != FIELD_CODE && column->type != FIELD_BOOL;
}
