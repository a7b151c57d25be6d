/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Numbers of seven bits a byte, lowest first, the high bit set in all but the last. */
#ifndef MEMTRACE_BASE_VARINT_H
#define MEMTRACE_BASE_VARINT_H

#include <errno.h>
#include <stdint.h>

#define VARINT_MAX 10 /* bytes */

static inline uint8_t *varint__put(uint8_t *to, uint64_t value)
{
	while (value >= 0x80) {
		*to++ = (uint8_t)value | 0x80;
		value >>= 7;
	}
	*to++ = (uint8_t)value;
	return to;
}

/* 0, or -EBADMSG if it does not end before end or has more than 64 bits. */
static inline int varint__get(const uint8_t **from, const uint8_t *end, uint64_t *value)
{
	const uint8_t *at = *from;
	unsigned int shift = 0;
	uint8_t byte;

	*value = 0;
	do {
		if (at == end || shift > 63)
			return -EBADMSG;
		byte = *at++;
		if (shift == 63 && byte > 1)
			return -EBADMSG;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	*from = at;
	return 0;
}

/* Zigzag: small differences of either sign become small numbers. */
static inline uint64_t zigzag(uint64_t value)
{
	return value << 1 ^ -(value >> 63);
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ -(value & 1);
}

#endif
