/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Call chains that are made of copies of stacks (struct mt_stack_copy), by the process apart.  A chain that has been
 * seen has one id, which says how its unwinding ended, so that recordings and reports need no more.
 */
#ifndef MEMTRACE_SESSION_UNWOUND_H
#define MEMTRACE_SESSION_UNWOUND_H

#include "../kernel/apart.h"
#include "../model/stack_lookup.h"

struct unwound_stacks;

/* source and apart must outlive it.  NULL if memory ran out. */
struct unwound_stacks *unwound_stacks__new(const struct stack_lookup *source, struct apart *apart);
void unwound_stacks__free(struct unwound_stacks *stacks); /* NULL is fine */

/* Whether an id is that of a copy, whose chain is not known yet. */
bool unwound__is_copy(int32_t id);

/* Keeps a copy; those without room, or that no event has asked for in some seconds, are dropped. */
void unwound_stacks__take(struct unwound_stacks *stacks, const struct mt_stack_copy *copy);
/*
 * Whether the copy of an event's stack is still to come or to be unwound; starts that.  ref: the event's task, who is
 * who.
 */
bool unwound_stacks__awaits(struct unwound_stacks *stacks, int32_t id, uint64_t ref, const struct mt_who *who,
			    uint64_t time_ns);
/* The chain of a copy; MT_UNKNOWN_S32: there is none, or it has not come in time, which is counted. */
int32_t unwound_stacks__chain(const struct unwound_stacks *stacks, int32_t id, uint64_t ref);
/* The event of that copy has been passed on. */
void unwound_stacks__done(struct unwound_stacks *stacks, int32_t id);

/* The id of a chain that something else has found: how it ended (enum mt_unwound_end), then its nr addresses. */
int32_t unwound_stacks__id(struct unwound_stacks *stacks, const uint64_t *key, size_t nr);
/*
 * An event came with the id of a chain, as programs know it: the id, or MT_UNKNOWN_S32 if it was forgotten, which is
 * counted.  Other ids stay as they are.
 */
int32_t unwound_stacks__use(struct unwound_stacks *stacks, int32_t id);
/* How often chains were forgotten. */
uint64_t unwound_stacks__turns(const struct unwound_stacks *stacks);
/* The addresses of a chain, the leaf first; NULL: not known.  Valid until a copy is taken or unwound. */
const uint64_t *unwound_stacks__addresses(const struct unwound_stacks *stacks, int32_t id, size_t *nr);

#endif
