// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "replay_stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../recording/format.h"

#define KERNEL_MAX_BYTES (64 * 1024 * 1024)

struct recorded_stack {
	UT_hash_handle hh;
	int32_t id;
	size_t nr;
	uint64_t addresses[];
};

/* The overhead of a chain, in addresses: an empty chain takes memory too. */
#define STACK_ADDRESSES (sizeof(struct recorded_stack) / sizeof(uint64_t))

struct recorded_maps {
	UT_hash_handle hh;
	struct maps_key {
		uint64_t pid;
		uint64_t start_ns;
	} key;
	struct proc_maps *maps;
};

/* What a process made at run time, by an address in it. */
struct made_function {
	UT_hash_handle hh;
	struct made_key {
		uint64_t pid, start_ns, address;
	} key;
	char name[];
};

int replay_stacks__init(struct replay_stacks *stacks)
{
	*stacks = (struct replay_stacks){ .kernel = symbol_tree__new(KERNEL_MAX_BYTES) };
	return stacks->kernel ? 0 : -ENOMEM;
}

static void forget_stack(struct replay_stacks *stacks, struct recorded_stack *stack)
{
	stacks->nr_addresses -= stack->nr + STACK_ADDRESSES;
	HASH_DEL(stacks->stacks, stack);
	free(stack);
}

static void forget_made(struct replay_stacks *stacks, struct made_function *made)
{
	stacks->made_bytes -= sizeof(*made) + strlen(made->name) + 1;
	HASH_DEL(stacks->made, made);
	free(made);
}

void replay_stacks__free(struct replay_stacks *stacks)
{
	struct recorded_stack *stack, *next_stack;
	struct recorded_maps *maps, *next_maps;
	struct made_function *made, *next_made;

	for (stack = stacks->stacks; stack; stack = next_stack) {
		next_stack = stack->hh.next;
		forget_stack(stacks, stack);
	}
	for (maps = stacks->maps; maps; maps = next_maps) {
		next_maps = maps->hh.next;
		HASH_DEL(stacks->maps, maps);
		proc_maps__free(maps->maps);
		free(maps);
	}
	for (made = stacks->made; made; made = next_made) {
		next_made = made->hh.next;
		forget_made(stacks, made);
	}
	symbol_tree__free(stacks->kernel);
	stacks->kernel = NULL;
}

/* Each block defines what it uses: mostly what is known already. */
int replay_stacks__add(struct replay_stacks *stacks, int32_t id, const uint64_t *addresses, size_t nr)
{
	struct recorded_stack *stack;

	HASH_FIND(hh, stacks->stacks, &id, sizeof(id), stack);
	if (stack && stack->nr == nr && !memcmp(stack->addresses, addresses, nr * sizeof(*addresses)))
		return 0;
	if (stack)
		forget_stack(stacks, stack);
	if (nr + STACK_ADDRESSES > REPLAY_MAX_ADDRESSES - stacks->nr_addresses)
		return 0;
	stack = calloc(1, sizeof(*stack) + nr * sizeof(*addresses));
	if (!stack)
		return -ENOMEM;
	stack->id = id;
	stack->nr = nr;
	memcpy(stack->addresses, addresses, nr * sizeof(*addresses));
	HASH_ADD(hh, stacks->stacks, id, sizeof(stack->id), stack);
	if (!stack->hh.tbl) {
		free(stack);
		return -ENOMEM;
	}
	stacks->nr_addresses += nr + STACK_ADDRESSES;
	return 0;
}

static bool same_maps(const struct proc_maps *a, const struct proc_maps *b)
{
	size_t nr = proc_maps__count(a), i;

	if (proc_maps__count(b) != nr)
		return false;
	for (i = 0; i < nr; i++) {
		const struct mapping *x = proc_maps__at(a, i), *y = proc_maps__at(b, i);

		if (x->start != y->start || x->end != y->end || x->file_offset != y->file_offset ||
		    x->vaddr != y->vaddr || x->elf != y->elf || strcmp(x->path, y->path) ||
		    !build_id__equal(&x->build_id, &y->build_id))
			return false;
	}
	return true;
}

/* Identical mappings are not replaced: what was derived from them stays valid. */
int replay_stacks__add_maps(struct replay_stacks *stacks, uint32_t pid, uint64_t start_ns, struct proc_maps *maps)
{
	struct maps_key key = { pid, start_ns };
	struct recorded_maps *entry;

	HASH_FIND(hh, stacks->maps, &key, sizeof(key), entry);
	if ((entry && same_maps(entry->maps, maps)) ||
	    proc_maps__bytes(maps) + sizeof(*entry) > REPLAY_MAX_MAPS_BYTES - stacks->maps_bytes) {
		proc_maps__free(maps);
		return 0;
	}
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (entry) {
			entry->key = key;
			HASH_ADD(hh, stacks->maps, key, sizeof(entry->key), entry);
			stacks->maps_bytes += sizeof(*entry);
		}
		if (!entry || !entry->hh.tbl) {
			free(entry);
			proc_maps__free(maps);
			return -ENOMEM;
		}
	}
	stacks->maps_bytes += proc_maps__bytes(maps) - (entry->maps ? proc_maps__bytes(entry->maps) : 0);
	proc_maps__free(entry->maps);
	entry->maps = maps;
	return 0;
}

static const struct made_function *find_made(const struct replay_stacks *stacks, const struct made_key *key)
{
	struct made_function *made;

	HASH_FIND(hh, stacks->made, key, sizeof(*key), made);
	return made;
}

/* The newest name of an address counts: code is made again. */
static int add_made(struct replay_stacks *stacks, const struct made_key *key, const char *name)
{
	struct made_function *made = (struct made_function *)find_made(stacks, key);
	size_t size = sizeof(*made) + strlen(name) + 1;

	if (made && !strcmp(made->name, name))
		return 0;
	if (made)
		forget_made(stacks, made);
	if (size > REPLAY_MAX_MADE_BYTES - stacks->made_bytes)
		return 0;
	made = calloc(1, size);
	if (!made)
		return -ENOMEM;
	made->key = *key;
	memcpy(made->name, name, strlen(name));
	HASH_ADD(hh, stacks->made, key, sizeof(made->key), made);
	if (!made->hh.tbl) {
		free(made);
		return -ENOMEM;
	}
	stacks->made_bytes += size;
	return 0;
}

/* Functions without room, without a size, or of no process, are left out. */
int replay_stacks__add_symbol(struct replay_stacks *stacks, const struct symbol *symbol, uint64_t moved_ns)
{
	struct made_key key = { .address = symbol->start };

	if (symbol->start < FIRST_KERNEL_ADDRESS) {
		if (sscanf(symbol->module, "%" SCNu64 " %" SCNu64, &key.pid, &key.start_ns) != 2)
			return 0;
		key.start_ns += moved_ns;
		return add_made(stacks, &key, symbol->name);
	}
	return symbol_tree__add(stacks->kernel, symbol) == -ENOMEM ? -ENOMEM : 0;
}

static const uint64_t *addresses(void *ctx, int32_t id, size_t *nr)
{
	struct replay_stacks *stacks = ctx;
	struct recorded_stack *stack;

	HASH_FIND(hh, stacks->stacks, &id, sizeof(id), stack);
	*nr = stack ? stack->nr : 0;
	return stack ? stack->addresses : NULL;
}

static const struct proc_maps *maps_of(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	struct replay_stacks *stacks = ctx;
	struct maps_key key = { who->pid, who->start_ns };
	struct recorded_maps *entry;

	HASH_FIND(hh, stacks->maps, &key, sizeof(key), entry);
	return entry ? entry->maps : NULL;
}

static bool made_symbol(void *ctx, const struct mt_who *who, int32_t id, size_t at, uint64_t time_ns,
			struct symbol *symbol)
{
	struct replay_stacks *stacks = ctx;
	struct made_key key = { who->pid, who->start_ns, 0 };
	const struct made_function *made;
	size_t nr;
	const uint64_t *chain = addresses(stacks, id, &nr);

	(void)time_ns;
	if (!chain || at >= nr)
		return false;
	key.address = chain[at] - (at > 0);
	made = find_made(stacks, &key);
	if (!made)
		return false;
	*symbol = (struct symbol){ key.address, key.address + 1, made->name, "" };
	return true;
}

static bool kernel_symbol(void *ctx, uint64_t address, struct symbol *symbol)
{
	struct replay_stacks *stacks = ctx;

	return symbol_tree__find(stacks->kernel, address, symbol);
}

struct stack_lookup replay_stacks__lookup(struct replay_stacks *stacks)
{
	return (struct stack_lookup){ .addresses = addresses,
				      .maps = maps_of,
				      .kernel_symbol = kernel_symbol,
				      .made_symbol = made_symbol,
				      .ctx = stacks };
}
