// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

#include "../core/hash.h"
#include "../core/log.h"
#include "../core/stack.h"
#include "../kernel/symbols.h"

#define MAX_FRAMES 1024
/* Texts that are kept: most events come from few places. */
#define MAX_TEXTS 16384

struct stack_text {
	UT_hash_handle hh;
	struct text_key {
		uint64_t id;
		uint64_t maps; /* serial number; 0: of a kernel stack, or nothing is known */
	} key;
	char *text;
};

struct stacks {
	struct stack_lookup source;
	struct symbols *symbols;
	struct stack_text *texts;
	bool why_said;
};

static void forget_texts(struct stacks *stacks)
{
	struct stack_text *text, *next;

	for (text = stacks->texts; text; text = next) {
		next = text->hh.next;
		HASH_DEL(stacks->texts, text);
		free(text->text);
		free(text);
	}
}

void stacks__free(struct stacks *stacks)
{
	if (!stacks)
		return;
	forget_texts(stacks);
	symbols__free(stacks->symbols);
	free(stacks);
}

static bool find_kernel(void *ctx, uint64_t address, struct symbol *symbol)
{
	struct stacks *stacks = ctx;
	const char *why;
	bool found;

	if (stacks->source.kernel_symbol)
		return stacks->source.kernel_symbol(stacks->source.ctx, address, symbol);
	found = symbols__find_kernel(stacks->symbols, address, symbol);
	why = symbols__kernel_why(stacks->symbols);
	if (why && !stacks->why_said)
		log_warn("no names for the kernel's functions: %s", why);
	stacks->why_said |= why != NULL;
	return found;
}

struct stacks *stacks__new(struct source *src, const char *dir)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct symbol unused;

	if (!stacks)
		return NULL;
	stacks->source = src->ops->stacks(src);
	stacks->symbols = symbols__new(dir, SYMBOLS_MAX_BYTES);
	if (!stacks->symbols) {
		free(stacks);
		return NULL;
	}
	/* has the kernel's symbols read now: later that would hold up who waits to look at short-lived processes */
	if (!stacks->source.kernel_symbol)
		find_kernel(stacks, 0, &unused);
	return stacks;
}

/* How memtrace's own programs are called: the leaves of each chain, and no news. */
static bool is_own(const struct stack_frame *frame)
{
	static const char *const names[] = { "bpf_prog_",      "bpf_trace_run", "__bpf_trace_",	 "__traceiter_",
					     "trace_call_bpf", "perf_trace_",	"perf_call_bpf", NULL };
	size_t i;

	for (i = 0; frame->symbol && names[i]; i++)
		if (!strncmp(frame->symbol, names[i], strlen(names[i])))
			return true;
	return false;
}

/* A return address belongs to the call before it. */
static void name_kernel(struct stacks *stacks, const uint64_t *addresses, size_t nr, struct stack_frame *frames)
{
	struct symbol symbol;
	size_t i;

	for (i = 0; i < nr; i++) {
		frames[i] = (struct stack_frame){ .address = addresses[i], .module = "kernel", .kernel = true };
		if (!find_kernel(stacks, addresses[i] - (i > 0), &symbol))
			continue;
		frames[i].symbol = symbol.name;
		frames[i].offset = addresses[i] - symbol.start;
		if (symbol.module[0])
			frames[i].module = symbol.module;
	}
}

static char *make_text(struct stacks *stacks, bool kernel, const uint64_t *addresses, size_t nr,
		       const struct proc_maps *maps)
{
	struct stack_frame frames[MAX_FRAMES];
	size_t own = 0;

	if (nr > MAX_FRAMES)
		nr = MAX_FRAMES;
	if (!kernel) {
		symbols__user(stacks->symbols, maps, addresses, nr, frames);
		return stack__fold(frames, nr, NULL, 0);
	}
	name_kernel(stacks, addresses, nr, frames);
	while (own < nr && is_own(&frames[own]))
		own++;
	return stack__fold(NULL, 0, frames + own, nr - own);
}

/* The text of that key, which memory may not suffice for: then it is kept only until the next call. */
static const char *keep(struct stacks *stacks, const struct text_key *key, char *text)
{
	struct stack_text *entry;

	if (!text)
		return NULL;
	if (HASH_COUNT(stacks->texts) >= MAX_TEXTS)
		forget_texts(stacks);
	entry = calloc(1, sizeof(*entry));
	if (entry) {
		entry->key = *key;
		entry->text = text;
		HASH_ADD(hh, stacks->texts, key, sizeof(entry->key), entry);
		if (entry->hh.tbl)
			return text;
	}
	free(entry);
	free(text);
	return NULL;
}

const char *stacks__text(struct stacks *stacks, bool kernel, int32_t id, const struct mt_who *who)
{
	const struct stack_lookup *source = &stacks->source;
	const struct proc_maps *maps = NULL;
	struct stack_text *entry;
	struct text_key key = { .id = id };
	const uint64_t *addresses;
	size_t nr;

	addresses = source->addresses ? source->addresses(source->ctx, id, &nr) : NULL;
	if (!addresses || !nr)
		return NULL;
	if (!kernel && who && source->maps)
		maps = source->maps(source->ctx, who, addresses[0]);
	key.maps = maps ? proc_maps__serial(maps) : 0;
	HASH_FIND(hh, stacks->texts, &key, sizeof(key), entry);
	return entry ? entry->text : keep(stacks, &key, make_text(stacks, kernel, addresses, nr, maps));
}

static const uint64_t *find_addresses(void *ctx, int32_t id, size_t *nr)
{
	const struct stack_lookup *source = &((struct stacks *)ctx)->source;

	return source->addresses ? source->addresses(source->ctx, id, nr) : NULL;
}

static const struct proc_maps *find_maps(void *ctx, const struct mt_who *who, uint64_t ip)
{
	const struct stack_lookup *source = &((struct stacks *)ctx)->source;

	return source->maps ? source->maps(source->ctx, who, ip) : NULL;
}

struct stack_lookup stacks__lookup(struct stacks *stacks)
{
	return (struct stack_lookup){
		.addresses = find_addresses, .maps = find_maps, .kernel_symbol = find_kernel, .ctx = stacks
	};
}
