/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Arrays that are sorted by the address that each entry begins at. */
#ifndef MEMTRACE_SYMBOLS_STARTS_H
#define MEMTRACE_SYMBOLS_STARTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many entries begin at the address or below it.  entries: nr of size bytes each, whose first member is their
 * start, a uint64_t.
 */
static inline size_t starts__count(const void *entries, size_t nr, size_t size, uint64_t address)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (*(const uint64_t *)((const char *)entries + middle * size) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
