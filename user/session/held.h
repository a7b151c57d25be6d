/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Records whose call chains wait for names, and the records behind them.  All are passed on in their order, when the
 * names are there or have taken too long.  So the rings can be emptied meanwhile.
 */
#ifndef MEMTRACE_SESSION_HELD_H
#define MEMTRACE_SESSION_HELD_H

#include "../model/source.h"
#include "../model/task_refs.h"
#include "settled.h"
#include "stacks.h"

struct held {
	struct sink sink;      /* where the records go */
	struct stacks *stacks; /* NULL: nothing is held */
	struct apart *apart;
	struct source *source; /* is behind as long as records are held */
	bool names;	       /* names are wanted, not only mappings */
	struct task_refs task_refs;
	uint64_t aged_ns;
	uint64_t answers, answered_ns; /* how many have come, and when more were seen */
	struct settled *settled;       /* NULL: no memory */
	struct chained_row {
		uint16_t stack, ref; /* where they are in its records; 0: it has none */
	} rows[MT_NR_RECS];
	char *bytes; /* records behind each other, each with its head */
	size_t from, to, room;
};

/* Holds records of a live source; the caller sets the members up to names, and zeroes the rest. */
struct sink held__sink(struct held *held);
/* As source.attend; ctx is the held. */
void held__attend(void *held, bool last);
void held__free(struct held *held);

#endif
