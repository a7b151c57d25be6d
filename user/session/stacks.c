// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/log.h"
#include "../symbols/stack.h"
#include "../base/stop.h"
#include "../count/chain_ends.h"
#include "../kernel/proc.h"
#include "../kernel/symbols.h"
#include "leaf_callers.h"
#include "name_answer.h"
#include "questions.h"
#include "unwound.h"

#define MAX_FRAMES 1024
/* Texts that are kept: most events come from few places. */
#define MAX_TEXTS 16384
/* How long all files that a recording names may take. */
#define RECORDING_LIMIT_NS 20000000000ULL

struct stack_text {
	UT_hash_handle hh;
	struct text_key {
		uint64_t id;
		uint64_t maps; /* serial number; 0: a kernel stack, or nothing is known */
	} key;
	char *text;	  /* NULL: not made yet */
	bool ever_asked;  /* for names */
	bool asked;	  /* and the answer has not come */
	bool made;	  /* it has code that was made at run time, whose names a recording needs */
	uint64_t outside; /* frames that are no code, and are left out */
	char *names;	  /* the answer */
	size_t names_size;
};

struct stacks {
	struct stack_lookup source;
	struct symbols *symbols;
	struct stack_text *texts;
	uint64_t forgotten; /* how often texts were */
	struct apart *apart;
	/* NULL: of a recording */
	struct unwound_stacks *unwound;
	struct leaf_callers *callers;
	uint64_t waited_ns; /* waited for names of a recording */
	uint64_t outside;   /* frames left out of texts */
	uint64_t unnamed;   /* call chains whose names did not come in time */
	char *scratch;	    /* a text that is not kept */
	char made_name[SYMBOL_NAME_MAX + 1];
	bool why_said;
	unsigned int naming; /* bits of enum apart_naming */
};

static void forget_texts(struct stacks *stacks)
{
	struct stack_text *text, *next;

	stacks->forgotten++;
	for (text = stacks->texts; text; text = next) {
		next = text->hh.next;
		HASH_DEL(stacks->texts, text);
		free(text->text);
		free(text->names);
		free(text);
	}
}

void stacks__free(struct stacks *stacks)
{
	if (!stacks)
		return;
	if (stacks->unnamed)
		log_note("%llu call chains have addresses instead of functions: reading their files took too long (%u "
			 "reader processes were stopped)",
			 (unsigned long long)stacks->unnamed, apart__killed(stacks->apart));
	forget_texts(stacks);
	unwound_stacks__free(stacks->unwound);
	leaf_callers__free(stacks->callers);
	symbols__free(stacks->symbols);
	free(stacks->scratch);
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

struct stacks *stacks__new(struct source *src, struct apart *apart, unsigned int naming)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct symbol unused;

	if (!stacks)
		return NULL;
	stacks->source = src->ops->stacks(src);
	stacks->apart = apart;
	stacks->naming = naming;
	stacks->symbols = symbols__new(NULL, SYMBOLS_MAX_BYTES);
	if (stacks->source.awaits_maps) {
		stacks->unwound = unwound_stacks__new(&stacks->source, apart);
		stacks->callers = leaf_callers__new(&stacks->source, apart);
	}
	if (!stacks->symbols || (stacks->source.awaits_maps && (!stacks->unwound || !stacks->callers))) {
		stacks__free(stacks);
		return NULL;
	}
	/* reads the kernel's symbols now: later that would delay the look at short-lived processes */
	if (!stacks->source.kernel_symbol)
		find_kernel(stacks, 0, &unused);
	return stacks;
}

/* How memtrace's own programs are called: these are the leaves of each chain, and left out. */
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

static char *kernel_text(struct stacks *stacks, const uint64_t *addresses, size_t nr)
{
	struct stack_frame frames[MAX_FRAMES];
	size_t own = 0;

	name_kernel(stacks, addresses, nr, frames);
	while (own < nr && is_own(&frames[own]))
		own++;
	return stack__fold(NULL, 0, frames + own, nr - own);
}

/* A return address belongs to the call before it. */
static const struct mapping *mapping_of(const struct proc_maps *maps, const uint64_t *addresses, size_t i)
{
	return maps ? proc_maps__find(maps, addresses[i] - (i > 0)) : NULL;
}

static void place(const struct mapping *mapping, struct stack_frame *frame)
{
	if (!mapping)
		return;
	frame->module = mapping->path;
	frame->file_offset = mapping->path[0] ? frame->address - mapping->start + mapping->file_offset : 0;
}

/* The call chain of an event. */
struct chain {
	int32_t id;
	const struct mt_who *who;
	uint64_t time_ns;
};

/* A recording has names of what a process made at run time. */
static void name_made(const struct stacks *stacks, const struct chain *chain, size_t i, struct stack_frame *frame)
{
	const struct stack_lookup *source = &stacks->source;
	struct symbol symbol;

	if (source->made_symbol && source->made_symbol(source->ctx, chain->who, chain->id, i, chain->time_ns, &symbol))
		frame->symbol = symbol.name;
}

/*
 * Of libc, and called by the start of a program or of a thread.  It has no frame pointer, so what the kernel finds
 * behind it is a value that happened to be there, perhaps the address of a function.
 */
static bool is_first_of_libc(const struct stack_frame *frame)
{
	const char *file = frame->module ? strrchr(frame->module, '/') : NULL;

	if (!frame->symbol)
		return false;
	if (!strcmp(frame->symbol, "__libc_start_call_main") || !strcmp(frame->symbol, "__libc_start_main"))
		return true;
	return !strcmp(frame->symbol, "start_thread") && file &&
	       (!strncmp(file, "/libc.so", 8) || !strncmp(file, "/libpthread", 11));
}

/* How many of these are frames, and not the mark of an unknown one. */
static uint64_t count_known(const uint64_t *addresses, size_t nr)
{
	uint64_t known = 0;

	for (size_t i = 0; i < nr; i++)
		known += addresses[i] != STACK_UNKNOWN_CALLER;
	return known;
}

/*
 * Callers outside of all code are not callers: code without frame pointers keeps other values where the kernel looks
 * for the next frame.  entry: with the answer to the question for this chain, or NULL.
 */
static char *user_text(const struct stacks *stacks, const struct chain *chain, const struct proc_maps *maps,
		       const uint64_t *addresses, size_t nr, struct stack_text *entry)
{
	struct stack_frame frames[2 * MAX_FRAMES];
	size_t kept = 0, i;
	struct name_answer names;
	char *text;

	name_answer__begin(&names, entry ? entry->names : NULL, entry ? entry->names_size : 0);
	if (entry)
		entry->outside = 0;
	for (i = 0; i < nr; i++) {
		const struct mapping *mapping = mapping_of(maps, addresses, i);
		struct stack_frame at = { .address = addresses[i] }, *first = &frames[kept];
		size_t taken;

		place(mapping, &at);
		taken = name_answer__frames(&names, &at, first, 2 * MAX_FRAMES - kept - (nr - 1 - i));
		if (addresses[i] == STACK_UNKNOWN_CALLER)
			*first = (struct stack_frame){ .address = addresses[i], .symbol = "[?]" };
		else if (i && maps && !mapping)
			taken = 0;
		else if (!first->symbol && mapping && !mapping->elf)
			name_made(stacks, chain, i, first);
		if (entry && !taken)
			entry->outside++;
		kept += taken;
		if (taken && chain_end__is_fp(chain->id) && is_first_of_libc(&frames[kept - 1]))
			break;
	}
	if (entry && i < nr)
		entry->outside += count_known(addresses + i + 1, nr - i - 1);
	text = stack__fold(frames, kept, NULL, 0);
	name_answer__end(&names);
	return text;
}

static struct stack_text *find_text(const struct stacks *stacks, const struct text_key *key)
{
	struct stack_text *entry;

	HASH_FIND(hh, stacks->texts, key, sizeof(*key), entry);
	return entry;
}

/* NULL: no memory. */
static struct stack_text *add_text(struct stacks *stacks, const struct text_key *key)
{
	struct stack_text *entry;

	if (HASH_COUNT(stacks->texts) >= MAX_TEXTS)
		forget_texts(stacks);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = *key;
	HASH_ADD(hh, stacks->texts, key, sizeof(entry->key), entry);
	if (entry->hh.tbl)
		return entry;
	free(entry);
	return NULL;
}

static void on_names(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct stacks *stacks = ctx;
	struct stack_text *entry = find_text(stacks, &(struct text_key){ key.id, key.of });
	size_t size = answer ? (size_t)(answer->end - answer->at) : 0;

	stacks->unnamed += !answer;
	if (!entry)
		return;
	entry->asked = false;
	entry->names = size ? malloc(size) : NULL;
	stacks->unnamed += size && !entry->names;
	if (!entry->names)
		return;
	memcpy(entry->names, answer->at, size);
	entry->names_size = size;
}

/* Each mapping once, one after the other. */
static void put_mappings(struct message *question, const struct proc_maps *maps, const uint64_t *addresses, size_t nr)
{
	const struct mapping *list[MAX_FRAMES];
	size_t found = 0, i, j;

	for (i = 0; i < nr; i++) {
		const struct mapping *mapping = mapping_of(maps, addresses, i);

		for (j = 0; mapping && j < found && list[j] != mapping; j++)
			;
		if (mapping && j == found)
			list[found++] = mapping;
	}
	message__put_u64(question, found);
	for (i = 0; i < found; i++)
		message__put_mapping(question, list[i]);
}

static void ask_names(struct stacks *stacks, struct stack_text *entry, const struct proc_maps *maps,
		      const struct mt_who *who, uint64_t time_ns, const uint64_t *addresses, size_t nr)
{
	struct message question = { 0 };
	size_t i;

	questions__begin(&question, APART_NAMES, &stacks->source, who, time_ns);
	put_mappings(&question, maps, addresses, nr);
	message__put_u64(&question, nr);
	for (i = 0; i < nr; i++)
		message__put_u64(&question, addresses[i]);
	message__put_u64(&question, stacks->naming);
	message__put_u64(&question, stacks->source.readers ? who->pid : 0);
	message__put_u64(&question, who->uid);
	message__put_u64(&question, who->start_ns);
	entry->asked = entry->ever_asked = true;
	/* what a process made at run time has names as long as it lives */
	(entry->made ? apart__ask_soon : apart__ask)(stacks->apart, &question, APART_NAMES_LIMIT_NS, on_names, stacks,
						     (struct apart_key){ entry->key.id, entry->key.maps });
}

/* Those that were unwound have no id that a live source knows. */
static const uint64_t *find_addresses(void *ctx, int32_t id, size_t *nr)
{
	const struct stacks *stacks = ctx;
	const struct stack_lookup *source = &stacks->source;
	const uint64_t *addresses = stacks->unwound ? unwound_stacks__addresses(stacks->unwound, id, nr) : NULL;

	if (addresses)
		return addresses;
	return source->addresses ? source->addresses(source->ctx, id, nr) : NULL;
}

static const uint64_t *chain(struct stacks *stacks, int32_t id, size_t *nr)
{
	const uint64_t *addresses = find_addresses(stacks, id, nr);

	if (!addresses || !*nr)
		return NULL;
	*nr = *nr < MAX_FRAMES ? *nr : MAX_FRAMES;
	return addresses;
}

static bool is_made(const struct proc_maps *maps, const uint64_t *addresses, size_t i)
{
	const struct mapping *mapping = mapping_of(maps, addresses, i);

	return mapping && !mapping->elf;
}

/* Files are there later, too; what a process made at run time has names as long as it lives. */
static bool has_made(const struct proc_maps *maps, const uint64_t *addresses, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (is_made(maps, addresses, i))
			return true;
	return false;
}

bool stacks__awaits(struct stacks *stacks, int32_t id, const struct mt_who *who, uint64_t time_ns, bool names)
{
	const struct stack_lookup *source = &stacks->source;
	const struct proc_maps *maps;
	struct text_key key = { .id = id };
	struct stack_text *entry;
	const uint64_t *addresses;
	size_t nr;

	addresses = chain(stacks, id, &nr);
	if (!addresses)
		return false;
	if (source->awaits_maps && source->awaits_maps(source->ctx, who, addresses[0], time_ns))
		return true;
	maps = source->maps(source->ctx, who, addresses[0], time_ns);
	if (!maps)
		return false;
	key.maps = proc_maps__serial(maps);
	entry = find_text(stacks, &key);
	if (!entry) {
		entry = add_text(stacks, &key);
		if (entry)
			entry->made = has_made(maps, addresses, nr);
	}
	/* whoever looked first may not have wanted names */
	if (entry && (names || entry->made) && !entry->ever_asked)
		ask_names(stacks, entry, maps, who, time_ns, addresses, nr);
	entry = find_text(stacks, &key);
	return entry && entry->asked;
}

/* With a recording nothing is lost by waiting; but its files may be anything, so the wait has a limit. */
static void wait_for_names(struct stacks *stacks)
{
	uint64_t begin_ns = clock__boot_ns();

	if (stacks->waited_ns < RECORDING_LIMIT_NS)
		apart__wait(stacks->apart, begin_ns + RECORDING_LIMIT_NS - stacks->waited_ns, stop__asked);
	stacks->waited_ns += clock__boot_ns() - begin_ns;
}

/* The text is the caller's. */
static char *make_text(struct stacks *stacks, bool kernel, const struct text_key *key, const struct proc_maps *maps,
		       const struct chain *of)
{
	size_t nr;
	const uint64_t *addresses = chain(stacks, of->id, &nr);

	if (!addresses)
		return NULL;
	if (kernel)
		return kernel_text(stacks, addresses, nr);
	return user_text(stacks, of, maps, addresses, nr, find_text(stacks, key));
}

/* The text of that key; it is not kept while its names have not come, nor if memory runs out. */
static const char *keep(struct stacks *stacks, const struct text_key *key, char *text)
{
	struct stack_text *entry = find_text(stacks, key);

	if (!entry)
		entry = add_text(stacks, key);
	if (entry && !entry->asked) {
		entry->text = text;
		if (!entry->made) {
			free(entry->names);
			entry->names = NULL;
		}
		return text;
	}
	stacks->unnamed += entry && entry->asked;
	free(stacks->scratch);
	stacks->scratch = text;
	return text;
}

const char *stacks__text(struct stacks *stacks, bool kernel, int32_t id, const struct mt_who *who, uint64_t time_ns)
{
	const struct stack_lookup *source = &stacks->source;
	const struct proc_maps *maps = NULL;
	struct stack_text *entry;
	struct text_key key = { .id = id };
	const uint64_t *addresses;
	size_t nr;
	char *text;

	addresses = chain(stacks, id, &nr);
	if (!addresses)
		return NULL;
	if (!kernel && who && source->maps)
		maps = source->maps(source->ctx, who, addresses[0], time_ns);
	key.maps = maps ? proc_maps__serial(maps) : 0;
	entry = find_text(stacks, &key);
	if (entry && entry->text) {
		stacks->outside += entry->outside;
		return entry->text;
	}
	if (maps && !source->awaits_maps && stacks__awaits(stacks, id, who, time_ns, true))
		wait_for_names(stacks);
	text = make_text(stacks, kernel, &key, maps, &(struct chain){ id, who, time_ns });
	entry = find_text(stacks, &key);
	stacks->outside += entry ? entry->outside : 0;
	return keep(stacks, &key, text);
}

uint64_t stacks__outside(const struct stacks *stacks)
{
	return stacks->outside;
}

static const struct proc_maps *find_maps(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	const struct stack_lookup *source = &((struct stacks *)ctx)->source;

	return source->maps ? source->maps(source->ctx, who, ip, time_ns) : NULL;
}

bool stacks__has_all(struct stacks *stacks, int32_t id, const struct mt_who *who, uint64_t time_ns, bool names)
{
	size_t nr;
	const uint64_t *addresses = chain(stacks, id, &nr);
	const struct proc_maps *maps = addresses ? find_maps(stacks, who, addresses[0], time_ns) : NULL;
	const struct stack_text *entry;

	if (!maps || !proc_maps__find(maps, addresses[0]))
		return false;
	entry = find_text(stacks, &(struct text_key){ .id = id, .maps = proc_maps__serial(maps) });
	return entry && !entry->asked && (entry->ever_asked || !(names || entry->made));
}

uint64_t stacks__version(struct stacks *stacks, uint64_t time_ns)
{
	const struct stack_lookup *source = &stacks->source;

	return stacks->forgotten + (stacks->unwound ? unwound_stacks__turns(stacks->unwound) : 0) +
	       (source->version ? source->version(source->ctx, time_ns) : 0);
}

bool stacks__complete(struct stacks *stacks, int32_t *id, const struct mt_stack_top *top, const struct mt_who *who,
		      uint64_t time_ns, uint32_t *uses)
{
	uint64_t completed[1 + MAX_FRAMES];
	struct leaf_chain leaf = { .top = top, .who = who, .time_ns = time_ns, .uses = uses };
	enum leaf_result result;
	int32_t found;
	size_t nr;

	leaf.addresses = chain(stacks, *id, &leaf.nr);
	if (!leaf.addresses)
		return true;
	completed[0] = MT_UNWOUND_NOT;
	result = leaf_callers__complete(stacks->callers, &leaf, completed + 1, MAX_FRAMES, &nr);
	found = result == LEAF_COMPLETED ? unwound_stacks__id(stacks->unwound, completed, nr) : -1;
	if (found >= 0)
		*id = found;
	return result != LEAF_WAITS;
}

bool stacks__learn(struct stacks *stacks, const struct mt_heap_path *rec, const struct mt_who *who)
{
	int32_t id = rec->user_stack;
	struct leaf_chain leaf = { .who = who, .time_ns = rec->hdr.time_ns };

	leaf.addresses = stacks->source.learn ? chain(stacks, id, &leaf.nr) : NULL;
	return !leaf.addresses ||
	       leaf_callers__learn(stacks->callers, &leaf, rec->space, (id >> MT_UNWOUND_SHIFT & 3) != MT_UNWOUND_CUT);
}

struct unwound_stacks *stacks__unwound(struct stacks *stacks)
{
	return stacks->unwound;
}

static bool find_made(void *ctx, const struct mt_who *who, int32_t id, size_t at, uint64_t time_ns,
		      struct symbol *symbol)
{
	struct stacks *stacks = ctx;
	const struct proc_maps *maps;
	const struct stack_text *entry;
	size_t nr;
	const uint64_t *addresses = chain(stacks, id, &nr);

	if (!addresses || at >= nr)
		return false;
	maps = find_maps(stacks, who, addresses[0], time_ns);
	if (!maps || !is_made(maps, addresses, at))
		return false;
	entry = find_text(stacks, &(struct text_key){ .id = id, .maps = proc_maps__serial(maps) });
	if (!entry || !name_answer__at(entry->names, entry->names_size, at, stacks->made_name))
		return false;
	symbol->start = addresses[at] - (at > 0);
	symbol->end = symbol->start + 1;
	symbol->name = stacks->made_name;
	symbol->module = "";
	return true;
}

static uint64_t find_version(void *ctx, uint64_t time_ns)
{
	return stacks__version(ctx, time_ns);
}

struct stack_lookup stacks__lookup(struct stacks *stacks)
{
	return (struct stack_lookup){ .addresses = find_addresses,
				      .maps = find_maps,
				      .kernel_symbol = find_kernel,
				      .made_symbol = find_made,
				      .version = find_version,
				      .ctx = stacks };
}
