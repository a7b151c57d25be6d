/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Looks call chains up by their ids: in the running system, or in a recording. */
#ifndef MEMTRACE_MODEL_STACK_LOOKUP_H
#define MEMTRACE_MODEL_STACK_LOOKUP_H

#include "../symbols/cfi.h"
#include "../symbols/maps.h"
#include "schema.h"
#include "../symbols/symtab.h"

/* Any function may be NULL.  What they return is valid until the next call of any of them. */
struct stack_lookup {
	/* The addresses of a call chain, the leaf first; NULL: not known. */
	const uint64_t *(*addresses)(void *ctx, int32_t id, size_t *nr);
	/* The mappings of a task's process at the time when it was at ip; NULL: not known. */
	const struct proc_maps *(*maps)(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns);
	/* Has them read if they are not known; true while that is in progress. */
	bool (*awaits_maps)(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns);
	/* Fills in processes that have, or see, the files behind them; how many, at most max. */
	size_t (*readers)(void *ctx, const struct mt_who *who, uint64_t time_ns, uint32_t *pids, size_t max);
	/* The kernel's function at an address; false: not known. */
	bool (*kernel_symbol)(void *ctx, uint64_t address, struct symbol *symbol);
	/*
	 * The function that a task's process made at run time, at the at-th address of its call chain; false: it is
	 * code of a file, or not known.  The symbol is that of this address alone.
	 */
	bool (*made_symbol)(void *ctx, const struct mt_who *who, int32_t id, size_t at, uint64_t time_ns,
			    struct symbol *symbol);
	/*
	 * Has programs know how that place's caller is found (struct mt_heap_place); rule: NULL if it has none.
	 */
	void (*learn)(void *ctx, uint64_t space, uint64_t address, const struct cfi_rule *rule);
	/*
	 * Has programs know the chain of stacks like that one, which they no longer copy.  place->nr is theirs to
	 * choose.
	 */
	void (*know)(void *ctx, const struct mt_known_place *place, const struct mt_known_stack *known);
	void (*forget)(void *ctx); /* all that they know of these */
	/*
	 * Another number than before if answers about events of that time may be others than before; such events come
	 * in their order.
	 */
	uint64_t (*version)(void *ctx, uint64_t time_ns);
	void *ctx;
};

#endif
