/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call chains as text, whatever the source. */
#ifndef MEMTRACE_SESSION_STACKS_H
#define MEMTRACE_SESSION_STACKS_H

#include "../model/source.h"
#include "../model/stack_lookup.h"
#include "../kernel/apart.h"

struct stacks;

/* src and apart must outlive it.  NULL if memory ran out. */
struct stacks *stacks__new(struct source *src, struct apart *apart);
void stacks__free(struct stacks *stacks); /* NULL is fine */
/*
 * The functions of a call chain, the root first, with ";" between: "main;work;malloc".  who: whose it
 * is, or NULL, then.  NULL if nothing is known of it; valid until the next call.  A live source is not waited for: what
 * stacks__awaits() did not get is an address.
 */
const char *stacks__text(struct stacks *stacks, bool kernel, int32_t id, const struct mt_who *who, uint64_t time_ns);
/*
 * Has what is known of a program's call chain read apart, if it is not yet: true as long as that goes on.  names:
 * of functions, not mappings alone.
 */
bool stacks__awaits(struct stacks *stacks, int32_t id, const struct mt_who *who, uint64_t time_ns, bool names);
/* What a recording keeps. */
struct stack_lookup stacks__lookup(struct stacks *stacks);

#endif
