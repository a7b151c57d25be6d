// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "unwound.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/log.h"
#include "../symbols/unwind.h"
#include "chains.h"
#include "known_copies.h"
#include "questions.h"

#define MAX_COPIES_BYTES (64UL * 1024 * 1024)
#define MAX_AGE_NS	 25000000000ULL /* longer than an event is held */
#define MAX_TIMES	 3		/* that a stack is unwound, as libraries are mapped while it runs */
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
	uint64_t ref, since_ns, asked_ns, maps; /* maps: serial number of those that it is unwound with */
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

struct unwound_stacks {
	struct stack_lookup source;
	struct apart *apart;
	struct copy *copies;
	TAILQ_HEAD(copy_list, copy) by_age;
	size_t copies_bytes;
	struct chains chains;
	uint64_t turns; /* of chains, when programs were told to forget those that they know */
	struct known_copies *known;
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
	stacks->known = known_copies__new();
	if (!stacks->known) {
		free(stacks);
		return NULL;
	}
	TAILQ_INIT(&stacks->by_age);
	return stacks;
}

/* Others that may be like it need not wait for it. */
static void let_others_go_on(struct unwound_stacks *stacks, struct copy *copy)
{
	if (copy->state == COPY_ASKED && copy->rec)
		known_copies__go_on(stacks->known, copy->maps, copy->rec);
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
	let_others_go_on(stacks, copy);
	free_bytes(stacks, copy);
	HASH_DEL(stacks->copies, copy);
	TAILQ_REMOVE(&stacks->by_age, copy, by_age);
	free(copy);
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
	chains__free(&stacks->chains);
	forget_slow(stacks);
	known_copies__free(stacks->known);
	free(stacks);
}

bool unwound__is_copy(int32_t id)
{
	return id >= 0 && !(id & MT_MORE_STACKS) && id & MT_COPIED_STACK;
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

int32_t unwound_stacks__id(struct unwound_stacks *stacks, const uint64_t *key, size_t nr)
{
	int32_t id = chains__id(&stacks->chains, key, nr);

	/* an id that programs know, and that was forgotten here, would be one of nothing */
	if (stacks->turns != stacks->chains.turns && stacks->source.forget)
		stacks->source.forget(stacks->source.ctx);
	stacks->turns = stacks->chains.turns;
	return id;
}

const uint64_t *unwound_stacks__addresses(const struct unwound_stacks *stacks, int32_t id, size_t *nr)
{
	return chains__addresses(&stacks->chains, id, nr);
}

int32_t unwound_stacks__use(struct unwound_stacks *stacks, int32_t id)
{
	int32_t used = chains__has(id) ? chains__use(&stacks->chains, id) : id;

	stacks->late += used < 0;
	return used;
}

uint64_t unwound_stacks__turns(const struct unwound_stacks *stacks)
{
	return stacks->chains.turns;
}

/*
 * Has programs know it, so that they need not copy the next stack like it.  One that was cut because a page was not in
 * memory, or that broke off because a file could not be read, may go on the next time.
 */
static void tell_programs(struct unwound_stacks *stacks, const struct copy *copy)
{
	const struct mt_stack_copy *rec = copy->rec;
	int32_t end = copy->chain >> MT_UNWOUND_SHIFT & 3;
	struct mt_known_stack known;
	struct mt_known_place place;

	if (!stacks->source.know || end == MT_UNWOUND_BROKEN ||
	    (end == MT_UNWOUND_CUT && (rec->bytes != rec->asked_bytes || rec->missing)) ||
	    !known_copies__describe(stacks->known, copy->maps, rec, &place, &known))
		return;
	known.chain = copy->chain;
	stacks->source.know(stacks->source.ctx, &place, &known);
}

static void on_unwound(void *ctx, struct apart_key key, struct message_cursor *answer)
{
	struct unwound_stacks *stacks = ctx;
	struct copy *copy = find_copy(stacks, (int32_t)key.id);
	uint64_t found[1 + UNWIND_MAX_FRAMES], nr, i;

	if (!copy || copy->ref != key.of || copy->state != COPY_ASKED)
		return;
	let_others_go_on(stacks, copy);
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
	if (!answer->failed && nr && nr <= UNWIND_MAX_FRAMES && found[0] < UNWIND_NR_ENDS) {
		copy->chain = unwound_stacks__id(stacks, found, nr);
		if (copy->chain >= 0 && known_copies__add(stacks->known, copy->maps, copy->rec, answer, copy->chain))
			tell_programs(stacks, copy);
	}
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
	message__put_u64(&question, rec->missing);
	message__put_string(&question, rec + 1, rec->bytes);
	copy->state = COPY_ASKED;
	copy->maps = proc_maps__serial(maps);
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

/* Whether its chain is known, as that of one like it.  A chain from before goes on living. */
static bool is_known(struct unwound_stacks *stacks, struct copy *copy, const struct proc_maps *maps)
{
	int32_t id = known_copies__find(stacks->known, proc_maps__serial(maps), copy->rec);

	copy->chain = id < 0 ? MT_UNKNOWN_S32 : chains__use(&stacks->chains, id);
	copy->maps = proc_maps__serial(maps);
	if (copy->chain >= 0)
		tell_programs(stacks, copy);
	return copy->chain >= 0;
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
	if (maps && copy->state == COPY_NEW && is_known(stacks, copy, maps)) {
		copy->state = COPY_DONE;
		free_bytes(stacks, copy);
		return false;
	}
	if (maps && copy->state == COPY_NEW && known_copies__waits(stacks->known, proc_maps__serial(maps), copy->rec))
		return true;
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
