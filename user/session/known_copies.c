// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "known_copies.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

/* When so much is known, all is forgotten. */
#define MAX_BYTES (32UL * 1024 * 1024)
/* Copies from one place that differ further up: of so many the chains are known, the one found last first. */
#define MAX_ALIKE 16

/* Where a copy was made. */
struct place {
	uint64_t maps, pc, sp;
	uint32_t bytes, to_end;
};

struct known {
	struct known *next;
	int32_t chain;
	uint64_t regs; /* a bit for each that counts; their values come first */
	size_t nr_regs, nr_words;
	uint64_t values[]; /* registers, words, then the words' offsets into the copy */
};

struct site {
	UT_hash_handle hh;
	struct place place;
	struct known *first;
	unsigned int nr;
	bool awaited; /* the first one is being unwound */
};

struct known_copies {
	struct site *sites;
	size_t bytes;
};

struct known_copies *known_copies__new(void)
{
	return calloc(1, sizeof(struct known_copies));
}

static void drop_all(struct site *site)
{
	struct known *one, *next;

	for (one = site->first; one; one = next) {
		next = one->next;
		free(one);
	}
}

static void forget(struct known_copies *known)
{
	struct site *site, *next;

	for (site = known->sites; site; site = next) {
		next = site->hh.next;
		HASH_DEL(known->sites, site);
		drop_all(site);
		free(site);
	}
	known->bytes = 0;
}

void known_copies__free(struct known_copies *known)
{
	if (!known)
		return;
	forget(known);
	free(known);
}

static struct place place_of(uint64_t maps, const struct mt_stack_copy *rec)
{
	struct stack_copy copy = { .machine = unwind__machine() };

	memcpy(copy.regs, rec->regs, sizeof(copy.regs));
	return (struct place){ .maps = maps,
			       .pc = stack_copy__pc(&copy),
			       .sp = stack_copy__sp(&copy),
			       .bytes = rec->bytes,
			       .to_end = rec->to_end && rec->bytes == rec->asked_bytes };
}

static uint64_t word_at(const struct mt_stack_copy *rec, uint64_t offset)
{
	uint64_t word;

	memcpy(&word, (const char *)(rec + 1) + offset, sizeof(word));
	return word;
}

static bool is_like(const struct known *one, const struct mt_stack_copy *rec)
{
	const uint64_t *words = one->values + one->nr_regs, *offsets = words + one->nr_words;
	size_t nr = 0;

	for (unsigned int i = 0; i < MT_MAX_REGS; i++) {
		if (one->regs >> i & 1 && rec->regs[i] != one->values[nr++])
			return false;
	}
	for (size_t i = 0; i < one->nr_words; i++) {
		if (word_at(rec, offsets[i]) != words[i])
			return false;
	}
	return true;
}

/* It becomes the first of its place.  NULL: none is known. */
static const struct known *find(const struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec)
{
	const struct place place = place_of(maps, rec);
	struct known **link, *one;
	struct site *site;

	HASH_FIND(hh, known->sites, &place, sizeof(place), site);
	if (!site)
		return NULL;
	for (link = &site->first; (one = *link); link = &one->next) {
		if (!is_like(one, rec))
			continue;
		*link = one->next;
		one->next = site->first;
		site->first = one;
		return one;
	}
	return NULL;
}

int32_t known_copies__find(const struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec)
{
	const struct known *one = find(known, maps, rec);

	return one ? one->chain : MT_UNKNOWN_S32;
}

bool known_copies__describe(const struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec,
			    struct mt_known_place *place, struct mt_known_stack *stack)
{
	const struct known *one = find(known, maps, rec);
	const struct place at = place_of(maps, rec);
	const uint64_t *words, *offsets;

	if (!one || one->nr_regs + one->nr_words > MT_KNOWN_WORDS)
		return false;
	words = one->values + one->nr_regs;
	offsets = words + one->nr_words;
	*place = (struct mt_known_place){ .who = rec->who.id, .pc = at.pc, .sp = at.sp };
	memset(stack, 0, sizeof(*stack));
	for (unsigned int i = 0; i < MT_MAX_REGS; i++) {
		if (!(one->regs >> i & 1))
			continue;
		stack->hash = mt_known_next(stack->hash, rec->regs[i]);
		stack->words[stack->nr_words++] = (uint16_t)(i * sizeof(*rec->regs));
	}
	for (size_t i = 0; i < one->nr_words; i++) {
		uint32_t end = (uint32_t)(offsets[i] + sizeof(*words));

		stack->hash = mt_known_next(stack->hash, words[i]);
		stack->words[stack->nr_words++] = (uint16_t)(sizeof(rec->regs) + offsets[i]);
		stack->bytes = end > stack->bytes ? end : stack->bytes;
	}
	return true;
}

static struct site *find_or_add(struct known_copies *known, const struct place *place)
{
	struct site *site;

	HASH_FIND(hh, known->sites, place, sizeof(*place), site);
	if (site)
		return site;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->place = *place;
	HASH_ADD(hh, known->sites, place, sizeof(site->place), site);
	if (!site->hh.tbl) {
		free(site);
		return NULL;
	}
	known->bytes += sizeof(*site);
	return site;
}

bool known_copies__waits(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec)
{
	const struct place place = place_of(maps, rec);
	struct site *site;

	HASH_FIND(hh, known->sites, &place, sizeof(place), site);
	if (site)
		return site->awaited;
	if (known->bytes > MAX_BYTES)
		forget(known);
	site = find_or_add(known, &place);
	if (site)
		site->awaited = true;
	return false;
}

void known_copies__go_on(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec)
{
	const struct place place = place_of(maps, rec);
	struct site *site;

	HASH_FIND(hh, known->sites, &place, sizeof(place), site);
	if (site)
		site->awaited = false;
}

/* NULL: it has no basis, or one that does not fit. */
static struct known *read_basis(const struct mt_stack_copy *rec, struct message_cursor *answer, size_t *size)
{
	uint64_t regs = message__get_u64(answer), nr = message__get_u64(answer), i;
	size_t nr_regs = (size_t)__builtin_popcountll(regs);
	struct known *one;

	_Static_assert(MT_MAX_REGS < 64, "a bit each");
	if (answer->failed || !nr || nr > CFI_MAX_BASIS || regs >> MT_MAX_REGS)
		return NULL;
	*size = sizeof(*one) + (nr_regs + 2 * nr) * sizeof(*one->values);
	one = malloc(*size);
	if (!one)
		return NULL;
	*one = (struct known){ .regs = regs, .nr_words = nr };
	for (i = 0; i < MT_MAX_REGS; i++) {
		if (regs >> i & 1)
			one->values[one->nr_regs++] = rec->regs[i];
	}
	for (i = 0; i < nr; i++) {
		uint64_t offset = message__get_u64(answer);

		if (answer->failed || rec->bytes < sizeof(uint64_t) || offset > rec->bytes - sizeof(uint64_t)) {
			free(one);
			return NULL;
		}
		one->values[nr_regs + i] = word_at(rec, offset);
		one->values[nr_regs + nr + i] = offset;
	}
	return one;
}

static void drop_last(struct known_copies *known, struct site *site)
{
	struct known **link = &site->first;

	while ((*link)->next)
		link = &(*link)->next;
	known->bytes -= sizeof(**link) + ((*link)->nr_regs + 2 * (*link)->nr_words) * sizeof(*(*link)->values);
	free(*link);
	*link = NULL;
	site->nr--;
}

bool known_copies__add(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec,
		       struct message_cursor *answer, int32_t chain)
{
	const struct place place = place_of(maps, rec);
	struct known *one;
	struct site *site;
	size_t size;

	one = read_basis(rec, answer, &size);
	if (!one)
		return false;
	if (known->bytes + size > MAX_BYTES)
		forget(known);
	site = find_or_add(known, &place);
	if (!site) {
		free(one);
		return false;
	}
	if (site->nr >= MAX_ALIKE)
		drop_last(known, site);
	one->chain = chain;
	one->next = site->first;
	site->first = one;
	site->nr++;
	known->bytes += size;
	return true;
}
