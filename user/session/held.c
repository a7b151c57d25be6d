// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/stop.h"
#include "../kernel/proc.h"
#include "chains.h"
#include "unwound.h"

#define MAX_BYTES   (64UL * 1024 * 1024)
#define MAX_HELD_NS 3000000000ULL
#define LAST_NS	    4000000000ULL /* how long to wait at the end of a run, in all */
/* As long as answers come, which are slow on a machine that has much to do, both are that long. */
#define MAX_SLOW_NS	  20000000000ULL
#define STILL_NS	  1000000000ULL /* nothing comes any more */
#define PART_NS		  200000000ULL
#define AGE_NS		  1000000000ULL
#define MAX_AHEAD	  64
#define MAX_CHAINED_BYTES 512 /* of an event with a chain, and the top of a stack */

struct head {
	uint64_t since_ns;
	uint64_t size; /* of the record, which is padded to 8 bytes */
};

/* An event with a program's call chain. */
struct chained {
	int32_t id;    /* negative: it has none */
	size_t offset; /* of the id, in its record */
	size_t size;   /* of the record, without the top of the stack; 0: it is no such event */
	uint64_t ref;
	const struct mt_who *who;
	const struct mt_stack_top *top; /* NULL: none is behind it */
	uint32_t uses;			/* what of the top decided (struct leaf_chain) */
};

static void find_rows(struct held *held)
{
	for (size_t id = 0; id < MT_NR_RECS; id++) {
		const struct event_row *row = &event_rows[id];

		for (size_t i = 0; row->use == EVENT_EVERY && i < row->nr_fields; i++) {
			if (row->fields[i].type == FIELD_USER_STACK)
				held->rows[id].stack = (uint16_t)row->fields[i].offset;
			if (row->fields[i].type == FIELD_REF)
				held->rows[id].ref = (uint16_t)row->fields[i].offset;
		}
	}
}

static struct chained chain_of(const struct held *held, const struct mt_hdr *hdr)
{
	const struct event_row *row = hdr->id < MT_NR_RECS ? &event_rows[hdr->id] : NULL;
	const struct chained_row *at = row ? &held->rows[hdr->id] : NULL;
	const char *record = (const char *)hdr;
	struct chained chained = { .id = -1 };

	if (!at || !at->stack || (hdr->size != row->size && hdr->size != row->size + sizeof(struct mt_stack_top)))
		return chained;
	chained.offset = at->stack;
	if (at->ref)
		memcpy(&chained.ref, record + at->ref, sizeof(chained.ref));
	chained.size = row->size;
	memcpy(&chained.id, record + chained.offset, sizeof(chained.id));
	chained.who = chained.id < 0 ? NULL : task_refs__find(&held->task_refs, chained.ref);
	chained.top = hdr->size == row->size ? NULL : (const void *)(record + row->size);
	return chained;
}

/* From here on it is as everything behind knows it. */
static void settle_as(struct mt_hdr *hdr, const struct chained *chained, int32_t id)
{
	memcpy((char *)hdr + chained->offset, &id, sizeof(id));
	hdr->size = (uint16_t)chained->size;
}

/* What is left of an event's chain when its copy could not be unwound: most have nothing. */
static int32_t by_frames(const struct mt_hdr *hdr)
{
	return hdr->id == MT_REC_heap_path ? ((const struct mt_heap_path *)hdr)->by_frames : MT_UNKNOWN_S32;
}

static int32_t lone_chain(const struct held *held, const struct chained *chained)
{
	if (!chained->top || !held->stacks)
		return MT_UNKNOWN_S32;
	return unwound_stacks__id(stacks__unwound(held->stacks), (uint64_t[]){ MT_UNWOUND_NOT, chained->top->pc }, 1);
}

/* Changes the record's chain to what a copy of the stack, or its top, makes of it.  false: that is still awaited. */
static bool settle(struct held *held, struct mt_hdr *hdr, struct chained *chained)
{
	struct unwound_stacks *unwound = held->stacks ? stacks__unwound(held->stacks) : NULL;
	int32_t copy = chained->id;

	if (!chained->size || !unwound || !chained->who)
		return true;
	if (unwound__is_copy(copy)) {
		if (unwound_stacks__awaits(unwound, copy, chained->ref, chained->who, hdr->time_ns))
			return false;
		chained->id = unwound_stacks__chain(unwound, copy, chained->ref);
		if (chained->id < 0)
			chained->id = by_frames(hdr);
		unwound_stacks__done(unwound, copy);
	} else if (chains__has(copy)) {
		chained->id = unwound_stacks__use(unwound, copy);
	} else if (chained->top) {
		if (copy == MT_LONE_STACK)
			chained->id = lone_chain(held, chained);
		if (stacks__awaits(held->stacks, chained->id, chained->who, hdr->time_ns, false) ||
		    !stacks__complete(held->stacks, &chained->id, chained->top, chained->who, hdr->time_ns,
				      &chained->uses))
			return false;
	} else {
		return true;
	}
	settle_as(hdr, chained, chained->id);
	return true;
}

/* One whose chain does not change by itself: not a copy, each of which is another one. */
static bool can_be_like_others(const struct held *held, const struct mt_hdr *hdr, const struct chained *chained)
{
	return held->settled && held->stacks && chained->size && chained->who && chained->id >= 0 &&
	       !unwound__is_copy(chained->id) && hdr->id != MT_REC_heap_path;
}

static bool look_up(struct held *held, struct mt_hdr *hdr, struct chained *chained)
{
	if (!settle(held, hdr, chained))
		return true;
	if (hdr->id == MT_REC_heap_path && held->stacks && chained->who &&
	    !stacks__learn(held->stacks, (const struct mt_heap_path *)hdr, chained->who))
		return true;
	return held->stacks && chained->who && chained->id >= 0 &&
	       stacks__awaits(held->stacks, chained->id, chained->who, hdr->time_ns, held->names);
}

static bool waits(struct held *held, struct mt_hdr *hdr)
{
	struct chained chained = chain_of(held, hdr);
	const struct settled_event came = { chained.ref, chained.id, chained.top };
	uint64_t version;
	int32_t id;

	if (!can_be_like_others(held, hdr, &chained))
		return look_up(held, hdr, &chained);
	version = stacks__version(held->stacks, hdr->time_ns);
	id = settled__find(held->settled, version, &came);
	if (id >= 0) {
		settle_as(hdr, &chained, id);
		return false;
	}
	if (look_up(held, hdr, &chained))
		return true;
	if (chained.id >= 0 && stacks__has_all(held->stacks, chained.id, chained.who, hdr->time_ns, held->names))
		settled__add(held->settled, version, &came, chained.uses, chained.id);
	return false;
}

static size_t bytes_of(uint64_t size)
{
	return sizeof(struct head) + (size + 7) / 8 * 8;
}

/* What has not come is not known. */
static void pass_on(struct held *held, struct mt_hdr *hdr)
{
	struct chained chained = chain_of(held, hdr);

	if (unwound__is_copy(chained.id) && held->stacks)
		unwound_stacks__done(stacks__unwound(held->stacks), chained.id);
	if (unwound__is_copy(chained.id))
		settle_as(hdr, &chained, by_frames(hdr));
	else if (chained.id == MT_LONE_STACK)
		settle_as(hdr, &chained, lone_chain(held, &chained));
	else if (chained.size)
		settle_as(hdr, &chained, chained.id);
	held->sink.record(held->sink.ctx, hdr, hdr->size);
}

static void let_go(struct held *held)
{
	struct head *head = (void *)(held->bytes + held->from);

	held->from += bytes_of(head->size);
	pass_on(held, (struct mt_hdr *)(head + 1));
}

/* What the records behind the first one need is asked for, too. */
static void look_ahead(struct held *held)
{
	size_t at = held->from, i;

	for (i = 0; i < MAX_AHEAD && at < held->to; i++) {
		struct head *head = (void *)(held->bytes + at);

		waits(held, (struct mt_hdr *)(head + 1));
		at += bytes_of(head->size);
	}
}

/* Whether what waits since then may go on waiting. */
static bool has_time(const struct held *held, uint64_t since_ns, uint64_t limit_ns)
{
	uint64_t now_ns = clock__boot_ns(), waited_ns = now_ns - since_ns;

	return waited_ns < limit_ns || (waited_ns < MAX_SLOW_NS && now_ns - held->answered_ns < STILL_NS);
}

static void note_answers(struct held *held)
{
	uint64_t answers = apart__answered(held->apart);

	if (answers != held->answers)
		held->answered_ns = clock__boot_ns();
	held->answers = answers;
}

/* Passes on the first records that no longer wait, and those that waited too long. */
static void go_on(struct held *held, bool all)
{
	note_answers(held);
	while (held->from < held->to) {
		struct head *head = (void *)(held->bytes + held->from);

		if (!all && has_time(held, head->since_ns, MAX_HELD_NS) && waits(held, (struct mt_hdr *)(head + 1)))
			break;
		let_go(held);
	}
	look_ahead(held);
	if (held->from == held->to)
		held->from = held->to = 0;
}

/* Room for that many more bytes, if necessary by passing on the oldest records; NULL: no memory. */
static char *space(struct held *held, size_t size)
{
	size_t room = held->room ? held->room : 65536;
	char *bytes;

	while (held->to - held->from + size > MAX_BYTES)
		let_go(held);
	if (held->from > held->room / 2) {
		memmove(held->bytes, held->bytes + held->from, held->to - held->from);
		held->to -= held->from;
		held->from = 0;
	}
	while (held->to + size > room)
		room *= 2;
	if (room > held->room) {
		bytes = realloc(held->bytes, room);
		if (!bytes)
			return NULL;
		held->bytes = bytes;
		held->room = room;
	}
	held->to += size;
	return held->bytes + held->to - size;
}

/* false: no memory. */
static bool hold(struct held *held, const void *data, size_t size)
{
	const struct head head = { .since_ns = clock__boot_ns(), .size = size };
	char *to = space(held, bytes_of(size));

	if (!to)
		return false;
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), data, size);
	return true;
}

static void take_copy(struct held *held, const struct mt_stack_copy *copy, size_t size)
{
	if (held->stacks && copy->hdr.size == size && copy->bytes == size - sizeof(*copy))
		unwound_stacks__take(stacks__unwound(held->stacks), copy);
}

/* An event with a program's call chain, which may be changed. */
static void take_chained(struct held *held, struct mt_hdr *hdr)
{
	bool waiting = waits(held, hdr);

	if ((waiting || held->from < held->to) && hold(held, hdr, hdr->size))
		return;
	if (waiting)
		go_on(held, true);
	pass_on(held, hdr);
}

static void take(void *ctx, const void *data, size_t size)
{
	uint64_t changed[MAX_CHAINED_BYTES / sizeof(uint64_t)];
	struct held *held = ctx;
	const struct mt_hdr *hdr = data;

	if (size >= sizeof(struct mt_stack_copy) && hdr->id == MT_REC_STACK_COPY) {
		take_copy(held, data, size);
		return;
	}
	if (size == sizeof(struct mt_who_is) && hdr->id == MT_REC_WHO)
		task_refs__learn(&held->task_refs, data);
	if (size >= sizeof(*hdr) && hdr->size == size && size <= sizeof(changed) && chain_of(held, hdr).size) {
		memcpy(changed, data, size);
		take_chained(held, (struct mt_hdr *)changed);
		return;
	}
	if (held->from < held->to) {
		if (hold(held, data, size))
			return;
		go_on(held, true);
	}
	held->sink.record(held->sink.ctx, data, size);
}

struct sink held__sink(struct held *held)
{
	find_rows(held);
	held->settled = calloc(1, sizeof(*held->settled));
	return (struct sink){ .record = take, .ctx = held };
}

static void age(struct held *held)
{
	uint64_t now_ns = clock__boot_ns();

	if (now_ns - held->aged_ns < AGE_NS || held->from < held->to)
		return;
	held->aged_ns = now_ns;
	task_refs__age(&held->task_refs);
}

void held__attend(void *ctx, bool last)
{
	struct held *held = ctx;
	uint64_t begin_ns = clock__boot_ns();

	apart__attend(held->apart);
	go_on(held, false);
	/* names are asked for when mappings have come, as long as records wait */
	while (last && held->from < held->to && has_time(held, begin_ns, LAST_NS) && !stop__hurried()) {
		apart__wait(held->apart, clock__boot_ns() + PART_NS, stop__hurried);
		go_on(held, false);
	}
	if (last)
		go_on(held, true);
	held->source->behind |= held->from < held->to;
	age(held);
}

void held__free(struct held *held)
{
	task_refs__free(&held->task_refs);
	free(held->settled);
	free(held->bytes);
}
