/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The call chains of a recording, and what it has about their addresses. */
#ifndef MEMTRACE_SOURCES_REPLAY_STACKS_H
#define MEMTRACE_SOURCES_REPLAY_STACKS_H

#include "../model/stack_lookup.h"
#include "../symbols/symbol_tree.h"
#include "../recording/decoder.h"

/* More than any recording of memtrace has; the rest of a hostile one is left out. */
#define REPLAY_MAX_ADDRESSES  (4 * 1024 * 1024)
#define REPLAY_MAX_MAPS_BYTES (64 * 1024 * 1024)
#define REPLAY_MAX_MADE_BYTES (64 * 1024 * 1024)

struct replay_stacks {
	struct recorded_stack *stacks;
	size_t nr_addresses;
	struct recorded_maps *maps;
	size_t maps_bytes;
	struct symbol_tree *kernel;
	struct made_function *made;
	size_t made_bytes;
};

/* 0 or -ENOMEM; replay_stacks__free() in any case. */
int replay_stacks__init(struct replay_stacks *stacks);
void replay_stacks__free(struct replay_stacks *stacks);

int replay_stacks__add(struct replay_stacks *stacks, int32_t id, const uint64_t *addresses, size_t nr);
/* maps is taken over, also when it fails. */
int replay_stacks__add_maps(struct replay_stacks *stacks, uint32_t pid, uint64_t start_ns, struct proc_maps *maps);
/* Of the kernel or, below FIRST_KERNEL_ADDRESS, of the process that its module names, whose start is moved. */
int replay_stacks__add_symbol(struct replay_stacks *stacks, const struct symbol *symbol, uint64_t moved_ns);

/* Its ctx is stacks. */
struct stack_lookup replay_stacks__lookup(struct replay_stacks *stacks);

#endif
