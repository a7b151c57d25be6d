/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What has become of an event's call chain, for the next event like it: of the same task, with the same chain and,
 * where that decided, the same top of its stack.  Most events of a loop are like one before, and need no other look-up.
 */
#ifndef MEMTRACE_SESSION_SETTLED_H
#define MEMTRACE_SESSION_SETTLED_H

#include "../model/schema.h"

#define SETTLED_SETS 512 /* two in each */

/* An event as it came. */
struct settled_event {
	uint64_t ref;
	int32_t id;
	const struct mt_stack_top *top; /* NULL: it has none */
};

struct settled {
	struct settled_one {
		uint64_t version, ref;
		int32_t id, to;
		bool known, used, has_top;
		uint32_t uses;
		struct mt_stack_top top;
	} sets[SETTLED_SETS][2];
};

/* The id that such an event got while the version was the same; MT_UNKNOWN_S32: none like it is known. */
int32_t settled__find(struct settled *settled, uint64_t version, const struct settled_event *event);
/* uses: as in struct leaf_chain. */
void settled__add(struct settled *settled, uint64_t version, const struct settled_event *event, uint32_t uses,
		  int32_t to);

#endif
