/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the call chains of programs were found, and whether they are whole. */
#ifndef MEMTRACE_COUNT_CHAIN_ENDS_H
#define MEMTRACE_COUNT_CHAIN_ENDS_H

#include "../model/schema.h"

enum chain_end {
	CHAIN_NONE,	/* the event has no chain of the program */
	CHAIN_FP_WHOLE, /* by frame pointers: its outermost function is known to be the start of a program or thread */
	CHAIN_FP_PART,	/* ... or not */
	CHAIN_DWARF_WHOLE, /* by call frame information, as enum mt_unwound_end */
	CHAIN_DWARF_CUT,
	CHAIN_DWARF_PART,
	NR_CHAIN_ENDS,
};

/* Whether such events have chains of programs. */
bool chain_end__has(const struct event_row *row);
/* text: the functions, the outermost first, with ";" between; NULL: not known.  NR_CHAIN_ENDS: such events have none.
 */
enum chain_end chain_end__of(const struct event_row *row, const void *record, const char *text);
/* Whether a chain of the program was found by frame pointers. */
bool chain_end__is_fp(int32_t id);

#endif
