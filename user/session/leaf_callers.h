/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What frame pointers do not show: the callers of functions at a stack's top that have no frame of their own.  Such a
 * function leaves its caller's frame pointer as it is, so the kernel's next address is that of the caller's caller. How
 * far up the return address lies is call frame information (enum apart_kind, APART_RULE), and is asked for once for
 * each place in a file; the words are in the struct mt_stack_top behind the event.
 */
#ifndef MEMTRACE_SESSION_LEAF_CALLERS_H
#define MEMTRACE_SESSION_LEAF_CALLERS_H

#include "../kernel/apart.h"
#include "../model/stack_lookup.h"

struct leaf_callers;

/* source and apart must outlive it.  NULL if memory ran out. */
struct leaf_callers *leaf_callers__new(const struct stack_lookup *source, struct apart *apart);
void leaf_callers__free(struct leaf_callers *callers); /* NULL is fine */

/* An event's chain, as the kernel has it, and the top of its stack. */
struct leaf_chain {
	const uint64_t *addresses; /* the leaf first */
	size_t nr;
	const struct mt_stack_top *top;
	const struct mt_who *who;
	uint64_t time_ns;
	uint32_t *uses; /* gets what of the top decided: a bit for each word, and these; NULL: not wanted */
};

#define LEAF_USES_FP   (1U << MT_TOP_WORDS)
#define LEAF_USES_LINK (2U << MT_TOP_WORDS)

enum leaf_result {
	LEAF_AS_IT_IS,
	LEAF_COMPLETED,
	LEAF_WAITS, /* what is needed was asked for */
};

/*
 * Writes the chain with the callers that lacked to completed, which has room for max: *nr of them. STACK_UNKNOWN_CALLER
 * stands for one that is there but cannot be known.
 */
enum leaf_result leaf_callers__complete(struct leaf_callers *callers, const struct leaf_chain *chain,
					uint64_t *completed, size_t max, size_t *nr);

/*
 * Has programs know the callers of all functions of a chain that was unwound (struct stack_lookup, learn); outermost:
 * the last one has none.  false: what is needed for that was asked for.
 */
bool leaf_callers__learn(struct leaf_callers *callers, const struct leaf_chain *chain, uint64_t space, bool outermost);

#endif
