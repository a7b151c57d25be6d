/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Unsigned numbers in as few bytes as they need: seven bits a byte, the lowest first. */
#ifndef MEMTRACE_CORE_VARINT_H
#define MEMTRACE_CORE_VARINT_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10

/* Returns the byte behind the number. */
static inline uint8_t *varint__put(uint8_t *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

/* Returns the byte behind the number; NULL if it is cut short, too long, or in is NULL. */
static inline const uint8_t *varint__get(const uint8_t *in, const uint8_t *end, uint64_t *value)
{
	unsigned int shift;

	*value = 0;
	for (shift = 0; in && in < end && shift < 64; shift += 7) {
		*value |= (uint64_t)(*in & 0x7f) << shift;
		if (!(*in++ & 0x80))
			return in;
	}
	return NULL;
}

#endif
