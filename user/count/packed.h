/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stores a task's counts in few bytes: most slots of most tasks are 0, and most other
 * counts are small.  First come two sets of bits.  The first one names groups of
 * eight slots with one in use among them, so that slots that are not in use take
 * next to nothing, however many there are; the second one has eight bits for each
 * group that is named, a bit a slot.  Then come the values of the slots in use.
 */
#ifndef MEMTRACE_COUNT_PACKED_H
#define MEMTRACE_COUNT_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "../model/schema.h"
#include "../base/varint.h"

#define PACKED_GROUPS	  ((MT_NR_SLOTS + 7) / 8)
#define PACKED_GROUP_MASK ((PACKED_GROUPS + 7) / 8)
#define PACKED_MAX	  (PACKED_GROUP_MASK + PACKED_GROUPS + VARINT_MAX * MT_NR_SLOTS)

struct packed {
	uint8_t *bytes;
	uint16_t len, cap; /* len 0: all counts are 0 */
};

/* What a struct packed will be, with the room for it already made. */
struct packed_change {
	struct packed *packed;
	uint16_t len;
	uint8_t bytes[PACKED_MAX];
};

/* Returns the bytes written, at most PACKED_MAX. */
size_t packed__encode(const uint64_t *v, uint8_t *out);
/* Returns the byte behind the counts, or NULL if they are cut short. */
const uint8_t *packed__decode(const uint8_t *in, const uint8_t *end, uint64_t *v);

void packed__get(const struct packed *packed, uint64_t *v);
void packed__clear(struct packed *packed);

/*
 * Adding in two steps, so that several sets change together or not at all:
 * prepare can fail (-ENOMEM) and changes no count, commit cannot.
 */
int packed__prepare(struct packed *packed, const uint64_t *add, struct packed_change *change);
void packed__commit(const struct packed_change *change);

#endif
