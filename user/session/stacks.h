/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call chains as text, whatever the source. */
#ifndef MEMTRACE_SESSION_STACKS_H
#define MEMTRACE_SESSION_STACKS_H

#include "../model/source.h"
#include "../model/stack_lookup.h"
#include "../kernel/apart.h"

struct stacks;
struct unwound_stacks;

/* src and apart must outlive it.  naming: bits of enum apart_naming.  NULL if memory ran out. */
struct stacks *stacks__new(struct source *src, struct apart *apart, unsigned int naming);
void stacks__free(struct stacks *stacks); /* NULL is fine */
/*
 * The functions of a call chain, the root first, with ";" between: "main;work;malloc". who: its task, or NULL, at
 * that time.  NULL if nothing is known of it; valid until the next call.  It does not wait for a live source: what
 * stacks__awaits() did not get is an address.
 */
const char *stacks__text(struct stacks *stacks, bool kernel, int32_t id, const struct mt_who *who, uint64_t time_ns);
/* How many frames of all texts that were asked for were outside of code, and are left out. */
uint64_t stacks__outside(const struct stacks *stacks);
/*
 * Has the process apart read what a program's call chain needs; true while that is in progress.  names: also names of
 * functions, not only mappings.
 */
bool stacks__awaits(struct stacks *stacks, int32_t id, const struct mt_who *who, uint64_t time_ns, bool names);
/*
 * A chain by frame pointers with the callers that it lacks: *id is changed to that of one that has them.  top: of the
 * same event; *uses: as in struct leaf_chain.  false: what is needed was asked for.
 */
bool stacks__complete(struct stacks *stacks, int32_t *id, const struct mt_stack_top *top, const struct mt_who *who,
		      uint64_t time_ns, uint32_t *uses);
/* Whether what stacks__awaits() has had read is all there is to that chain, as long as stacks__version() is the same.
 */
bool stacks__has_all(struct stacks *stacks, int32_t id, const struct mt_who *who, uint64_t time_ns, bool names);
/* Another number than before if answers about events of that time may be others; such events come in their order. */
uint64_t stacks__version(struct stacks *stacks, uint64_t time_ns);
/* Has programs know the callers in a chain (struct stack_lookup, learn).  false: what is needed was asked for. */
bool stacks__learn(struct stacks *stacks, const struct mt_heap_path *rec, const struct mt_who *who);
/* Those that are unwound from copies; NULL: of a recording. */
struct unwound_stacks *stacks__unwound(struct stacks *stacks);
/* For a recording. */
struct stack_lookup stacks__lookup(struct stacks *stacks);

#endif
