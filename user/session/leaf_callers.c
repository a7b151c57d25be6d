// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "leaf_callers.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "../symbols/cfi.h"
#include "../symbols/stack.h"
#include "../symbols/unwind.h"
#include "questions.h"

#define MAX_RULES   65536
#define MAX_CALLERS 8 /* at a stack's top, that are looked for */

/* A place in a file; all processes that have it mapped share its rule. */
struct place {
	uint64_t dev, inode, vaddr;
	struct build_id build_id;
};

struct rule {
	UT_hash_handle by_place, by_serial;
	uint64_t serial;
	bool asked;
	struct place place;
	struct cfi_rule cfi;
};

struct leaf_callers {
	struct stack_lookup source;
	struct apart *apart;
	struct rule *by_place, *by_serial;
	uint64_t nr_asked;
};

struct leaf_callers *leaf_callers__new(const struct stack_lookup *source, struct apart *apart)
{
	struct leaf_callers *callers = calloc(1, sizeof(*callers));

	if (!callers)
		return NULL;
	callers->source = *source;
	callers->apart = apart;
	return callers;
}

static void forget(struct leaf_callers *callers)
{
	struct rule *rule, *next;

	HASH_CLEAR(by_place, callers->by_place);
	for (rule = callers->by_serial; rule; rule = next) {
		next = rule->by_serial.next;
		HASH_DELETE(by_serial, callers->by_serial, rule);
		free(rule);
	}
}

void leaf_callers__free(struct leaf_callers *callers)
{
	if (!callers)
		return;
	forget(callers);
	free(callers);
}

static void place_of(const struct mapping *mapping, uint64_t address, struct place *place)
{
	memset(place, 0, sizeof(*place)); /* with its padding, which is hashed */
	place->dev = mapping->dev;
	place->inode = mapping->inode;
	place->vaddr = address - mapping->start + mapping->vaddr;
	place->build_id = mapping->build_id;
}

static struct rule *find_rule(const struct leaf_callers *callers, const struct place *place)
{
	struct rule *rule;

	HASH_FIND(by_place, callers->by_place, place, sizeof(*place), rule);
	return rule;
}

/* By its number: rules may have been forgotten since. */
static struct rule *rule_of(const struct leaf_callers *callers, uint64_t serial)
{
	struct rule *rule;

	HASH_FIND(by_serial, callers->by_serial, &serial, sizeof(serial), rule);
	return rule;
}

static void on_rule(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct rule *rule = rule_of(ctx, key.id);
	struct cfi_rule cfi = { .kind = CFI_RULE_UNKNOWN };

	if (!rule)
		return;
	rule->asked = false;
	if (!answer)
		return;
	cfi.kind = (enum cfi_rule_kind)message__get_u64(answer);
	cfi.return_address = (int64_t)message__get_u64(answer);
	cfi.frame = (int64_t)message__get_u64(answer);
	cfi.pointer = (int64_t)message__get_u64(answer);
	if (!answer->failed && cfi.kind < CFI_NR_RULES)
		rule->cfi = cfi;
}

/* NULL: no memory. */
static struct rule *add_rule(struct leaf_callers *callers, const struct place *place)
{
	struct rule *rule;

	if (HASH_CNT(by_place, callers->by_place) >= MAX_RULES)
		forget(callers);
	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return NULL;
	rule->serial = callers->nr_asked++;
	memcpy(&rule->place, place, sizeof(*place));
	HASH_ADD(by_place, callers->by_place, place, sizeof(rule->place), rule);
	if (rule->by_place.tbl)
		HASH_ADD(by_serial, callers->by_serial, serial, sizeof(rule->serial), rule);
	if (rule->by_place.tbl && rule->by_serial.tbl)
		return rule;
	if (rule->by_place.tbl)
		HASH_DELETE(by_place, callers->by_place, rule);
	free(rule);
	return NULL;
}

static void ask(struct leaf_callers *callers, struct rule *rule, const struct mapping *mapping,
		const struct leaf_chain *chain)
{
	struct message question = { 0 };

	questions__begin(&question, APART_RULE, &callers->source, chain->who, chain->time_ns);
	message__put_u64(&question, 1);
	message__put_mapping(&question, mapping);
	message__put_u64(&question, unwind__machine());
	message__put_u64(&question, rule->place.vaddr);
	rule->asked = true;
	apart__ask(callers->apart, &question, APART_UNWIND_LIMIT_NS, on_rule, callers,
		   (struct apart_key){ rule->serial, 0 });
}

/* NULL: it was asked for. */
static const struct cfi_rule *rule_at(struct leaf_callers *callers, const struct mapping *mapping, uint64_t address,
				      const struct leaf_chain *chain)
{
	static const struct cfi_rule none = { .kind = CFI_RULE_UNKNOWN };
	struct place place;
	struct rule *rule;

	place_of(mapping, address, &place);
	rule = find_rule(callers, &place);
	if (!rule) {
		rule = add_rule(callers, &place);
		if (rule)
			ask(callers, rule, mapping, chain);
		rule = find_rule(callers, &place);
	}
	if (!rule)
		return &none;
	return rule->asked ? NULL : &rule->cfi;
}

/* How far the walk has come: the function at pc has its frame so many bytes above the stack pointer. */
struct walk {
	uint64_t pc;
	int64_t at;
	bool lost_pointer; /* the register has something else than the frame pointer that callers have saved */
	uint32_t uses;	   /* as in struct leaf_chain */
	uint64_t *to;
	size_t nr, max;
};

static bool word_at(struct walk *walk, const struct mt_stack_top *top, int64_t offset, uint64_t *word)
{
	if (offset < 0 || offset % 8 || (uint64_t)offset / 8 >= top->nr_words || offset / 8 >= MT_TOP_WORDS)
		return false;
	walk->uses |= 1U << offset / 8;
	*word = top->words[offset / 8];
	return true;
}

static void put(struct walk *walk, uint64_t address)
{
	if (walk->nr < walk->max)
		walk->to[walk->nr++] = address;
}

/* One caller more.  false: that was all that can be said. */
static bool go_up(struct walk *walk, const struct cfi_rule *rule, const struct mt_stack_top *top,
		  const struct proc_maps *maps)
{
	uint64_t caller = 0, pointer;
	bool known = false;

	if (rule->kind == CFI_RULE_AT)
		known = word_at(walk, top, walk->at + rule->return_address, &caller);
	else if (walk->nr == 1 && rule->kind == CFI_RULE_REGISTER)
		known = top->link;
	if (rule->kind == CFI_RULE_REGISTER) {
		caller = unwind__code_address(top->link);
		walk->uses |= LEAF_USES_LINK;
	}
	if (rule->pointer != CFI_NOT_SAVED) {
		walk->lost_pointer |= !word_at(walk, top, walk->at + rule->pointer, &pointer) || pointer != top->fp;
		walk->uses |= LEAF_USES_FP;
	}
	if (!known || !proc_maps__find(maps, caller - 1)) {
		put(walk, STACK_UNKNOWN_CALLER);
		return false;
	}
	put(walk, caller);
	walk->pc = caller;
	walk->at += rule->frame;
	return true;
}

enum leaf_result leaf_callers__complete(struct leaf_callers *callers, const struct leaf_chain *chain,
					uint64_t *completed, size_t max, size_t *nr)
{
	const struct stack_lookup *source = &callers->source;
	const struct proc_maps *maps =
		source->maps ? source->maps(source->ctx, chain->who, chain->addresses[0], chain->time_ns) : NULL;
	struct walk walk = { .pc = chain->addresses[0], .to = completed, .max = max };
	size_t i;

	put(&walk, walk.pc);
	for (i = 0; maps && i < MAX_CALLERS; i++) {
		uint64_t address = walk.pc - (i > 0);
		const struct mapping *mapping = proc_maps__find(maps, address);
		const struct cfi_rule *rule;

		if (!mapping || !mapping->elf)
			break;
		rule = rule_at(callers, mapping, address, chain);
		if (!rule)
			return LEAF_WAITS;
		if (rule->kind != CFI_RULE_AT && rule->kind != CFI_RULE_REGISTER)
			break;
		if (!go_up(&walk, rule, chain->top, maps))
			break;
	}
	if (chain->uses)
		*chain->uses = walk.uses;
	/* a function that has set up its frame without saying so: nothing lacked */
	if (walk.nr < 2 || (walk.nr == 2 && chain->nr > 1 && completed[1] == chain->addresses[1]))
		return LEAF_AS_IT_IS;
	if (walk.lost_pointer && completed[walk.nr - 1] != STACK_UNKNOWN_CALLER)
		put(&walk, STACK_UNKNOWN_CALLER);
	for (i = 1; !walk.lost_pointer && i < chain->nr; i++)
		put(&walk, chain->addresses[i]);
	*nr = walk.nr;
	return LEAF_COMPLETED;
}

/* Where code of no file is, nothing is known: *rule is of kind CFI_RULE_UNKNOWN.  false: it was asked for. */
static bool rule_of_caller(struct leaf_callers *callers, const struct leaf_chain *chain, size_t i,
			   const struct proc_maps *maps, struct cfi_rule *rule)
{
	uint64_t address = chain->addresses[i] - (i > 0);
	const struct mapping *mapping = proc_maps__find(maps, address);
	const struct cfi_rule *found;

	*rule = (struct cfi_rule){ .kind = CFI_RULE_UNKNOWN };
	if (!mapping || !mapping->elf)
		return true;
	found = rule_at(callers, mapping, address, chain);
	if (found)
		*rule = *found;
	return found;
}

bool leaf_callers__learn(struct leaf_callers *callers, const struct leaf_chain *chain, uint64_t space, bool outermost)
{
	const struct stack_lookup *source = &callers->source;
	const struct proc_maps *maps =
		source->maps ? source->maps(source->ctx, chain->who, chain->addresses[0], chain->time_ns) : NULL;
	struct cfi_rule rule;
	bool all = true;
	size_t i;

	for (i = 0; maps && i < chain->nr; i++)
		all &= rule_of_caller(callers, chain, i, maps, &rule);
	for (i = 0; maps && all && i < chain->nr; i++)
		if (rule_of_caller(callers, chain, i, maps, &rule))
			source->learn(source->ctx, space, chain->addresses[i],
				      outermost && i + 1 == chain->nr ? NULL : &rule);
	return all;
}
