/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The code of entries of debugging information, by address: of units, or of the functions of a unit. */
#ifndef MEMTRACE_SYMBOLS_DIE_RANGES_H
#define MEMTRACE_SYMBOLS_DIE_RANGES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct die_range {
	uint64_t start, end; /* first: starts.h; end excluded */
	uint64_t of;	     /* what the caller says */
};

struct die_ranges {
	struct die_range *list;
	size_t nr, cap;
};

/* What may still be spent; each range that is added takes one of left. */
struct die_budget {
	size_t left;
	uint64_t until_ns; /* as die_ranges__now_ns() says */
};

/* CPU time of this thread: others may be busy. */
uint64_t die_ranges__now_ns(void);
/* Adds all ranges of an entry; none if it has no code.  false: the budget is spent, or there is no memory. */
bool die_ranges__add(struct die_ranges *ranges, Dwarf_Die *die, uint64_t of, struct die_budget *budget);
void die_ranges__sort(struct die_ranges *ranges);
void die_ranges__free(struct die_ranges *ranges);
/*
 * Of sorted ranges the last one below *at that holds the address, and *at becomes its place; NULL: there is none, or
 * too many that begin later do not hold it.  *at is at first the number of ranges that begin at the address or below.
 */
const struct die_range *die_ranges__before(const struct die_ranges *ranges, uint64_t address, size_t *at);
size_t die_ranges__count(const struct die_ranges *ranges, uint64_t address);

#endif
