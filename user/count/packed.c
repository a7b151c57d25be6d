// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "packed.h"

_Static_assert(PACKED_MAX < UINT16_MAX, "the lengths of struct packed are 16 bits wide");

size_t packed__encode(const uint64_t *v, uint8_t *out)
{
	uint8_t *p = out + PACKED_MASK;
	size_t i;

	memset(out, 0, PACKED_MASK);
	for (i = 0; i < MT_NR_SLOTS; i++) {
		if (!v[i])
			continue;
		out[i / 8] |= (uint8_t)(1u << i % 8);
		p = varint__put(p, v[i]);
	}
	return (size_t)(p - out);
}

const uint8_t *packed__decode(const uint8_t *in, const uint8_t *end, uint64_t *v)
{
	const uint8_t *mask = in;
	size_t i;

	memset(v, 0, MT_NR_SLOTS * sizeof(*v));
	if (!in || end - in < PACKED_MASK)
		return NULL;
	in += PACKED_MASK;
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (mask[i / 8] & 1u << i % 8 && varint__get(&in, end, &v[i]))
			return NULL;
	return in;
}

void packed__get(const struct packed *packed, uint64_t *v)
{
	packed__decode(packed->bytes, packed->bytes ? packed->bytes + packed->len : NULL, v);
}

void packed__clear(struct packed *packed)
{
	free(packed->bytes);
	*packed = (struct packed){ 0 };
}

/* Sizes that fill malloc's blocks of 16 bytes less its own 8: counts grow by a byte now and then. */
static int reserve(struct packed *packed, size_t len)
{
	size_t cap = (len + 8 + 15) / 16 * 16 - 8;
	uint8_t *bytes;

	if (len <= packed->cap)
		return 0;
	bytes = realloc(packed->bytes, cap);
	if (!bytes)
		return -ENOMEM;
	packed->bytes = bytes;
	packed->cap = (uint16_t)cap;
	return 0;
}

int packed__prepare(struct packed *packed, const uint64_t *add, struct packed_change *change)
{
	uint64_t v[MT_NR_SLOTS];
	size_t i;

	packed__get(packed, v);
	for (i = 0; i < MT_NR_SLOTS; i++)
		v[i] += add[i];
	change->packed = packed;
	change->len = (uint16_t)packed__encode(v, change->bytes);
	return reserve(packed, change->len);
}

void packed__commit(const struct packed_change *change)
{
	memcpy(change->packed->bytes, change->bytes, change->len);
	change->packed->len = change->len;
}
