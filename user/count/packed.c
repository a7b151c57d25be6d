// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "packed.h"

_Static_assert(PACKED_MAX < UINT16_MAX, "the lengths of struct packed are 16 bits wide");

static bool has_bit(const uint8_t *bits, size_t i)
{
	return bits[i / 8] & 1u << i % 8;
}

static void set_bit(uint8_t *bits, size_t i)
{
	bits[i / 8] |= (uint8_t)(1u << i % 8);
}

/* A bit for each slot in use. */
static void find_used(const uint64_t *v, uint8_t *used)
{
	size_t i;

	memset(used, 0, PACKED_GROUPS);
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (v[i])
			set_bit(used, i);
}

static uint8_t *put_used(uint8_t *out, const uint8_t *used)
{
	uint8_t *p = out + PACKED_GROUP_MASK;
	size_t group;

	memset(out, 0, PACKED_GROUP_MASK);
	for (group = 0; group < PACKED_GROUPS; group++) {
		if (!used[group])
			continue;
		set_bit(out, group);
		*p++ = used[group];
	}
	return p;
}

static const uint8_t *get_used(const uint8_t *in, const uint8_t *end, uint8_t *used)
{
	const uint8_t *groups = in;
	size_t group;

	memset(used, 0, PACKED_GROUPS);
	if (!in || end - in < PACKED_GROUP_MASK)
		return NULL;
	in += PACKED_GROUP_MASK;
	for (group = 0; group < PACKED_GROUPS; group++) {
		if (!has_bit(groups, group))
			continue;
		if (in == end)
			return NULL;
		used[group] = *in++;
	}
	return in;
}

size_t packed__encode(const uint64_t *v, uint8_t *out)
{
	uint8_t used[PACKED_GROUPS], *p;
	size_t i;

	find_used(v, used);
	p = put_used(out, used);
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (v[i])
			p = varint__put(p, v[i]);
	return (size_t)(p - out);
}

const uint8_t *packed__decode(const uint8_t *in, const uint8_t *end, uint64_t *v)
{
	uint8_t used[PACKED_GROUPS];
	size_t i;

	memset(v, 0, MT_NR_SLOTS * sizeof(*v));
	in = get_used(in, end, used);
	if (!in)
		return NULL;
	for (i = 0; i < MT_NR_SLOTS; i++)
		if (has_bit(used, i) && varint__get(&in, end, &v[i]))
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
