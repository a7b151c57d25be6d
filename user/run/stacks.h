/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call chains as text, whatever the source. */
#ifndef MEMTRACE_RUN_STACKS_H
#define MEMTRACE_RUN_STACKS_H

#include "../core/source.h"
#include "../core/stack_lookup.h"

struct stacks;

/* dir: as symbols__new() takes it.  src must outlive it.  NULL if memory ran out. */
struct stacks *stacks__new(struct source *src, const char *dir);
void stacks__free(struct stacks *stacks); /* NULL is fine */
/*
 * The functions of a call chain, the root first, with ";" between: "main;work;malloc".  who: whose it
 * is, or NULL.  NULL if nothing is known of it; valid until the next call.
 */
const char *stacks__text(struct stacks *stacks, bool kernel, int32_t id, const struct mt_who *who);
/* What a recording keeps. */
struct stack_lookup stacks__lookup(struct stacks *stacks);

#endif
