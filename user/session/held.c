// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/stop.h"
#include "../kernel/proc.h"
#include "unwound.h"

#define MAX_BYTES   (64UL * 1024 * 1024)
#define MAX_HELD_NS 3000000000ULL
#define LAST_NS	    2000000000ULL /* how long to wait at the end of a run, in all */
#define AGE_NS	    1000000000ULL
#define MAX_AHEAD   64

struct head {
	uint64_t since_ns;
	uint64_t size; /* of the record, which is padded to 8 bytes */
};

/* An event with a program's call chain. */
struct chained {
	int32_t id;    /* negative: it has none */
	size_t offset; /* of the id, in its record */
	uint64_t ref;
	const struct mt_who *who;
};

static struct chained chain_of(const struct held *held, const struct mt_hdr *hdr)
{
	const struct event_row *row = hdr->id < MT_NR_RECS ? &event_rows[hdr->id] : NULL;
	const char *record = (const char *)hdr;
	struct chained chained = { .id = -1 };
	size_t i;

	if (!held->stacks || !row || row->use != EVENT_EVERY || hdr->size != row->size)
		return chained;
	for (i = 0; i < row->nr_fields; i++) {
		if (row->fields[i].type == FIELD_USER_STACK)
			chained.offset = row->fields[i].offset;
		if (row->fields[i].type == FIELD_REF)
			memcpy(&chained.ref, record + row->fields[i].offset, sizeof(chained.ref));
	}
	if (chained.offset)
		memcpy(&chained.id, record + chained.offset, sizeof(chained.id));
	chained.who = chained.id < 0 ? NULL : task_refs__find(&held->task_refs, chained.ref);
	return chained;
}

/* Whether its chain is still to be unwound, or what it needs to be read. */
static bool awaits_chain(struct held *held, const struct chained *chained, uint64_t time_ns)
{
	int32_t id = chained->id;

	if (unwound__is_copy(id)) {
		if (unwound_stacks__awaits(stacks__unwound(held->stacks), id, chained->ref, chained->who, time_ns))
			return true;
		id = unwound_stacks__chain(stacks__unwound(held->stacks), id, chained->ref);
	}
	return id >= 0 && stacks__awaits(held->stacks, id, chained->who, time_ns, held->names);
}

static bool waits(struct held *held, const struct mt_hdr *hdr)
{
	struct chained chained = chain_of(held, hdr);

	return chained.who && awaits_chain(held, &chained, hdr->time_ns);
}

static size_t bytes_of(uint64_t size)
{
	return sizeof(struct head) + (size + 7) / 8 * 8;
}

/* From here on, its chain is one that was unwound. */
static void settle_chain(struct held *held, void *record)
{
	struct chained chained = chain_of(held, record);
	struct unwound_stacks *unwound;
	int32_t id;

	if (!unwound__is_copy(chained.id))
		return;
	unwound = stacks__unwound(held->stacks);
	id = unwound_stacks__chain(unwound, chained.id, chained.ref);
	memcpy((char *)record + chained.offset, &id, sizeof(id));
	unwound_stacks__done(unwound, chained.id);
}

static void let_go(struct held *held)
{
	struct head *head = (void *)(held->bytes + held->from);

	held->from += bytes_of(head->size);
	settle_chain(held, head + 1);
	held->sink.record(held->sink.ctx, head + 1, head->size);
}

/* What the records behind the first one need is asked for, too. */
static void look_ahead(struct held *held)
{
	size_t at = held->from, i;

	for (i = 0; i < MAX_AHEAD && at < held->to; i++) {
		const struct head *head = (const void *)(held->bytes + at);

		waits(held, (const void *)(head + 1));
		at += bytes_of(head->size);
	}
}

/* Passes on the first records that no longer wait, and those that waited too long. */
static void go_on(struct held *held, bool all)
{
	uint64_t now_ns = clock__boot_ns();

	while (held->from < held->to) {
		const struct head *head = (const void *)(held->bytes + held->from);

		if (!all && now_ns - head->since_ns < MAX_HELD_NS && waits(held, (const void *)(head + 1)))
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

static void hold(struct held *held, const void *data, size_t size)
{
	const struct head head = { .since_ns = clock__boot_ns(), .size = size };
	char *to = space(held, bytes_of(size));

	if (!to) {
		go_on(held, true);
		held->sink.record(held->sink.ctx, data, size);
		return;
	}
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), data, size);
}

static void take_copy(struct held *held, const struct mt_stack_copy *copy, size_t size)
{
	if (held->stacks && copy->hdr.size == size && copy->bytes == size - sizeof(*copy))
		unwound_stacks__take(stacks__unwound(held->stacks), copy);
}

static void take(void *ctx, const void *data, size_t size)
{
	struct held *held = ctx;
	const struct mt_hdr *hdr = data;
	bool waiting;

	if (size >= sizeof(struct mt_stack_copy) && hdr->id == MT_REC_STACK_COPY) {
		take_copy(held, data, size);
		return;
	}
	if (size == sizeof(struct mt_who_is) && hdr->id == MT_REC_WHO)
		task_refs__learn(&held->task_refs, data);
	/* what is unwound is changed, and so must have been copied */
	waiting = size >= sizeof(*hdr) && hdr->size == size &&
		  (unwound__is_copy(chain_of(held, hdr).id) || waits(held, hdr));
	if (waiting || held->from < held->to)
		hold(held, data, size);
	else
		held->sink.record(held->sink.ctx, data, size);
}

struct sink held__sink(struct held *held)
{
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
	uint64_t until_ns = clock__boot_ns() + LAST_NS;

	apart__attend(held->apart);
	go_on(held, false);
	/* names are asked for when mappings have come, as long as records wait */
	while (last && held->from < held->to && apart__wait(held->apart, until_ns, stop__hurried) &&
	       clock__boot_ns() < until_ns)
		go_on(held, false);
	if (last)
		go_on(held, true);
	held->source->behind |= held->from < held->to;
	age(held);
}

void held__free(struct held *held)
{
	task_refs__free(&held->task_refs);
	free(held->bytes);
}
