// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "unwound.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/log.h"
#include "../symbols/unwind.h"
#include "questions.h"

#define MAX_COPIES_BYTES (64UL * 1024 * 1024)
/* Of chains, twice: those of the last while, and those before. */
#define MAX_CHAINS_BYTES (32UL * 1024 * 1024)
#define MAX_AGE_NS	 6000000000ULL /* longer than an event is held */
#define MAX_TIMES	 3	       /* that a stack is unwound, as libraries are mapped while it runs */
/* Processes of which so many stacks took too long are left alone: their files may be made for that. */
#define MAX_LATE      3
#define MAX_LATE_PIDS 1024
/* With more mappings than that, a question has only those that words of the stack point into. */
#define ALL_MAPPINGS 48
#define MAX_MAPPINGS 512

_Static_assert((int)UNWIND_WHOLE == MT_UNWOUND_WHOLE && (int)UNWIND_CUT == MT_UNWOUND_CUT &&
		       (int)UNWIND_BROKEN == MT_UNWOUND_BROKEN && UNWIND_MAX_REGS == MT_MAX_REGS,
	       "the unwinder's numbers are those of the wire");

/* Programs whose first question is remembered. */
#define OPENED 256

struct copy {
	UT_hash_handle hh;
	TAILQ_ENTRY(copy) by_age;
	int32_t id;
	uint64_t ref, since_ns, asked_ns;
	uint32_t pid;
	enum { COPY_NEW, COPY_ASKED, COPY_AGAIN, COPY_DONE } state;
	unsigned int times;	   /* it was unwound */
	uint64_t outside;	   /* where that broke off; what is mapped there may not have been read yet */
	int32_t chain;		   /* MT_UNKNOWN_S32: none */
	struct mt_stack_copy *rec; /* with its bytes; NULL when they are no longer needed */
};

struct late {
	UT_hash_handle hh;
	uint32_t pid;
	unsigned int times;
};

struct chain {
	UT_hash_handle by_addresses, by_id;
	int32_t id;
	size_t nr;
	uint64_t key[]; /* how it ended, then its addresses */
};

struct generation {
	struct chain *by_addresses, *by_id;
	size_t bytes;
};

struct unwound_stacks {
	struct stack_lookup source;
	struct apart *apart;
	struct copy *copies;
	TAILQ_HEAD(copy_list, copy) by_age;
	size_t copies_bytes;
	struct generation now, before;
	uint32_t nr_chains; /* that have been */
	uint64_t no_room, late;
	struct late *slow;	 /* processes */
	uint64_t opened[OPENED]; /* serial numbers of mappings, each in its place: their files have been asked for */
};

struct unwound_stacks *unwound_stacks__new(const struct stack_lookup *source, struct apart *apart)
{
	struct unwound_stacks *stacks = calloc(1, sizeof(*stacks));

	if (!stacks)
		return NULL;
	stacks->source = *source;
	stacks->apart = apart;
	TAILQ_INIT(&stacks->by_age);
	return stacks;
}

static void free_bytes(struct unwound_stacks *stacks, struct copy *copy)
{
	if (copy->rec)
		stacks->copies_bytes -= copy->rec->hdr.size;
	free(copy->rec);
	copy->rec = NULL;
}

static void drop(struct unwound_stacks *stacks, struct copy *copy)
{
	free_bytes(stacks, copy);
	HASH_DEL(stacks->copies, copy);
	TAILQ_REMOVE(&stacks->by_age, copy, by_age);
	free(copy);
}

static void forget(struct generation *generation)
{
	struct chain *chain, *next;

	HASH_CLEAR(by_addresses, generation->by_addresses);
	for (chain = generation->by_id; chain; chain = next) {
		next = chain->by_id.next;
		HASH_DELETE(by_id, generation->by_id, chain);
		free(chain);
	}
	*generation = (struct generation){ 0 };
}

static bool is_slow(const struct unwound_stacks *stacks, uint32_t pid)
{
	struct late *late;

	HASH_FIND(hh, stacks->slow, &pid, sizeof(pid), late);
	return late && late->times >= MAX_LATE;
}

static void forget_slow(struct unwound_stacks *stacks)
{
	struct late *late, *next;

	for (late = stacks->slow; late; late = next) {
		next = late->hh.next;
		HASH_DEL(stacks->slow, late);
		free(late);
	}
}

static void note_slow(struct unwound_stacks *stacks, uint32_t pid)
{
	struct late *late;

	HASH_FIND(hh, stacks->slow, &pid, sizeof(pid), late);
	if (late) {
		late->times++;
		return;
	}
	if (HASH_COUNT(stacks->slow) >= MAX_LATE_PIDS)
		forget_slow(stacks);
	late = calloc(1, sizeof(*late));
	if (!late)
		return;
	late->pid = pid;
	late->times = 1;
	HASH_ADD(hh, stacks->slow, pid, sizeof(late->pid), late);
	if (!late->hh.tbl)
		free(late);
}

void unwound_stacks__free(struct unwound_stacks *stacks)
{
	if (!stacks)
		return;
	if (stacks->no_room || stacks->late)
		log_note("%llu copies of stacks were not unwound: %llu found no room, %llu took too long; --sample 1/N "
			 "takes fewer",
			 (unsigned long long)(stacks->no_room + stacks->late), (unsigned long long)stacks->no_room,
			 (unsigned long long)stacks->late);
	while (!TAILQ_EMPTY(&stacks->by_age))
		drop(stacks, TAILQ_FIRST(&stacks->by_age));
	forget(&stacks->now);
	forget(&stacks->before);
	forget_slow(stacks);
	free(stacks);
}

bool unwound__is_copy(int32_t id)
{
	return id >= 0 && !(id & MT_MORE_STACKS) && id & MT_COPIED_STACK;
}

static bool is_chain(int32_t id)
{
	return id >= 0 && !(id & (MT_MORE_STACKS | MT_COPIED_STACK)) && id & MT_UNWOUND_STACK;
}

static struct copy *find_copy(const struct unwound_stacks *stacks, int32_t id)
{
	struct copy *copy;

	HASH_FIND(hh, stacks->copies, &id, sizeof(id), copy);
	return copy;
}

void unwound_stacks__take(struct unwound_stacks *stacks, const struct mt_stack_copy *rec)
{
	struct copy *copy = find_copy(stacks, rec->id);
	uint64_t now_ns = clock__boot_ns();

	if (copy)
		drop(stacks, copy);
	while ((copy = TAILQ_FIRST(&stacks->by_age)) && now_ns - copy->since_ns > MAX_AGE_NS)
		drop(stacks, copy);
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return;
	*copy = (struct copy){ .id = rec->id, .ref = rec->who.id, .since_ns = now_ns, .chain = MT_UNKNOWN_S32 };
	HASH_ADD(hh, stacks->copies, id, sizeof(copy->id), copy);
	if (!copy->hh.tbl) {
		free(copy);
		return;
	}
	TAILQ_INSERT_TAIL(&stacks->by_age, copy, by_age);
	if (stacks->copies_bytes + rec->hdr.size <= MAX_COPIES_BYTES)
		copy->rec = malloc(rec->hdr.size);
	if (copy->rec) {
		memcpy(copy->rec, rec, rec->hdr.size);
		stacks->copies_bytes += rec->hdr.size;
		return;
	}
	copy->state = COPY_DONE;
	stacks->no_room++;
}

static struct chain *find_chain(const struct generation *generation, const uint64_t *key, size_t nr)
{
	struct chain *chain;

	HASH_FIND(by_addresses, generation->by_addresses, key, nr * sizeof(*key), chain);
	return chain;
}

static bool add_chain(struct generation *generation, struct chain *chain, size_t size)
{
	HASH_ADD_KEYPTR(by_addresses, generation->by_addresses, chain->key, (chain->nr + 1) * sizeof(*chain->key),
			chain);
	if (!chain->by_addresses.tbl)
		return false;
	HASH_ADD(by_id, generation->by_id, id, sizeof(chain->id), chain);
	if (!chain->by_id.tbl) {
		HASH_DELETE(by_addresses, generation->by_addresses, chain);
		return false;
	}
	generation->bytes += size;
	return true;
}

/* key: how it ended, then its nr addresses.  The id of a chain that has been lives on with it. */
int32_t unwound_stacks__id(struct unwound_stacks *stacks, const uint64_t *key, size_t nr)
{
	struct chain *chain = find_chain(&stacks->now, key, nr + 1), *old;
	size_t size = sizeof(*chain) + (nr + 1) * sizeof(*key);

	if (chain)
		return chain->id;
	if (stacks->now.bytes + size > MAX_CHAINS_BYTES) {
		forget(&stacks->before);
		stacks->before = stacks->now;
		stacks->now = (struct generation){ 0 };
	}
	old = find_chain(&stacks->before, key, nr + 1);
	chain = calloc(1, size);
	if (!chain)
		return MT_UNKNOWN_S32;
	chain->id = old ? old->id :
			  (int32_t)(MT_UNWOUND_STACK | key[0] << MT_UNWOUND_SHIFT |
				    (stacks->nr_chains++ & ((1U << MT_UNWOUND_SHIFT) - 1)));
	chain->nr = nr;
	memcpy(chain->key, key, (nr + 1) * sizeof(*key));
	if (add_chain(&stacks->now, chain, size))
		return chain->id;
	free(chain);
	return MT_UNKNOWN_S32;
}

const uint64_t *unwound_stacks__addresses(const struct unwound_stacks *stacks, int32_t id, size_t *nr)
{
	struct chain *chain = NULL;

	if (is_chain(id)) {
		HASH_FIND(by_id, stacks->now.by_id, &id, sizeof(id), chain);
		if (!chain)
			HASH_FIND(by_id, stacks->before.by_id, &id, sizeof(id), chain);
	}
	*nr = chain ? chain->nr : 0;
	return chain ? chain->key + 1 : NULL;
}

static void on_unwound(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct unwound_stacks *stacks = ctx;
	struct copy *copy = find_copy(stacks, (int32_t)key.id);
	uint64_t found[1 + UNWIND_MAX_FRAMES], nr, i;

	if (!copy || copy->ref != key.of || copy->state != COPY_ASKED)
		return;
	copy->state = COPY_DONE;
	if (!answer) {
		free_bytes(stacks, copy);
		stacks->late++;
		/* else it was refused, as there were too many questions */
		if (clock__boot_ns() - copy->asked_ns >= APART_UNWIND_LIMIT_NS)
			note_slow(stacks, copy->pid);
		return;
	}
	found[0] = message__get_u64(answer);
	copy->outside = message__get_u64(answer);
	nr = message__get_u64(answer);
	for (i = 0; i < nr && i < UNWIND_MAX_FRAMES; i++)
		found[1 + i] = message__get_u64(answer);
	if (!answer->failed && nr && nr <= UNWIND_MAX_FRAMES && found[0] < UNWIND_NR_ENDS)
		copy->chain = unwound_stacks__id(stacks, found, nr);
	if (!answer->failed && found[0] == UNWIND_BROKEN && copy->outside && ++copy->times < MAX_TIMES)
		copy->state = COPY_AGAIN;
	else
		free_bytes(stacks, copy);
}

static void add_mapping(const struct mapping **list, size_t *nr, const struct mapping *mapping)
{
	size_t i;

	for (i = 0; mapping && i < *nr && list[i] != mapping; i++)
		;
	if (mapping && i == *nr && *nr < MAX_MAPPINGS)
		list[(*nr)++] = mapping;
}

/* A return address is in a register or in the stack, so that mappings without a word there are in no chain. */
static size_t choose_mappings(const struct mt_stack_copy *rec, const struct proc_maps *maps,
			      const struct mapping **list)
{
	size_t all = proc_maps__count(maps), nr = 0, i;
	uint64_t word;

	for (i = 0; all <= ALL_MAPPINGS && i < all; i++)
		list[nr++] = proc_maps__at(maps, i);
	if (nr)
		return nr;
	for (i = 0; i < MT_MAX_REGS; i++)
		add_mapping(list, &nr, proc_maps__find(maps, rec->regs[i] - 1));
	for (i = 0; i + sizeof(word) <= rec->bytes; i += sizeof(word)) {
		memcpy(&word, (const char *)(rec + 1) + i, sizeof(word));
		add_mapping(list, &nr, proc_maps__find(maps, word - 1));
	}
	return nr;
}

/* The first question for a program has its files opened, which may not be possible when it has ended. */
static bool is_first(struct unwound_stacks *stacks, const struct proc_maps *maps)
{
	uint64_t serial = proc_maps__serial(maps), *place = &stacks->opened[serial % OPENED];
	bool first = *place != serial;

	*place = serial;
	return first;
}

static void ask(struct unwound_stacks *stacks, struct copy *copy, const struct mt_who *who,
		const struct proc_maps *maps, uint64_t time_ns)
{
	const struct mt_stack_copy *rec = copy->rec;
	const struct mapping *list[MAX_MAPPINGS];
	struct message question = { 0 };
	size_t nr, i;

	questions__begin(&question, APART_UNWIND, &stacks->source, who, time_ns);
	nr = choose_mappings(rec, maps, list);
	message__put_u64(&question, nr);
	for (i = 0; i < nr; i++)
		message__put_mapping(&question, list[i]);
	message__put_u64(&question, unwind__machine());
	message__put_u64(&question, MT_MAX_REGS);
	message__put_bytes(&question, rec->regs, sizeof(rec->regs));
	message__put_u64(&question, rec->to_end && rec->bytes == rec->asked_bytes);
	message__put_string(&question, rec + 1, rec->bytes);
	copy->state = COPY_ASKED;
	copy->pid = who->pid;
	copy->asked_ns = clock__boot_ns();
	(is_first(stacks, maps) ? apart__ask_soon : apart__ask)(stacks->apart, &question, APART_UNWIND_LIMIT_NS,
								on_unwound, stacks,
								(struct apart_key){ (uint64_t)copy->id, copy->ref });
}

static uint64_t instruction_pointer(const struct mt_stack_copy *rec)
{
	struct stack_copy copy = { .machine = unwind__machine() };

	memcpy(copy.regs, rec->regs, sizeof(copy.regs));
	return stack_copy__pc(&copy);
}

bool unwound_stacks__awaits(struct unwound_stacks *stacks, int32_t id, uint64_t ref, const struct mt_who *who,
			    uint64_t time_ns)
{
	const struct stack_lookup *source = &stacks->source;
	struct copy *copy = find_copy(stacks, id);
	const struct proc_maps *maps;
	uint64_t pc;

	if (!copy || copy->ref != ref)
		return true;
	if (copy->state == COPY_ASKED || copy->state == COPY_DONE)
		return copy->state == COPY_ASKED;
	pc = copy->state == COPY_AGAIN ? copy->outside : instruction_pointer(copy->rec);
	if (source->awaits_maps && source->awaits_maps(source->ctx, who, pc, time_ns))
		return true;
	maps = source->maps && !is_slow(stacks, who->pid) ? source->maps(source->ctx, who, pc, time_ns) : NULL;
	if (copy->state == COPY_AGAIN && !(maps && proc_maps__find(maps, pc - 1))) {
		copy->state = COPY_DONE;
		free_bytes(stacks, copy);
		return false;
	}
	if (maps) {
		ask(stacks, copy, who, maps, time_ns);
		copy = find_copy(stacks, id);
		return copy && copy->state == COPY_ASKED;
	}
	copy->state = COPY_DONE;
	copy->chain = unwound_stacks__id(stacks, (uint64_t[]){ MT_UNWOUND_BROKEN, pc }, 1);
	free_bytes(stacks, copy);
	return false;
}

int32_t unwound_stacks__chain(const struct unwound_stacks *stacks, int32_t id, uint64_t ref)
{
	const struct copy *copy = find_copy(stacks, id);

	return copy && copy->ref == ref ? copy->chain : MT_UNKNOWN_S32;
}

void unwound_stacks__done(struct unwound_stacks *stacks, int32_t id)
{
	struct copy *copy = find_copy(stacks, id);

	if (!copy || copy->state != COPY_DONE)
		stacks->late++;
	if (copy)
		drop(stacks, copy);
}
