// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "held.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/stop.h"
#include "../kernel/proc.h"

#define MAX_BYTES   (64UL * 1024 * 1024)
#define MAX_HELD_NS 3000000000ULL
#define LAST_NS	    2000000000ULL /* how long to wait at the end of a run, in all */
#define AGE_NS	    1000000000ULL

struct head {
	uint64_t since_ns;
	uint64_t size; /* of the record, which is padded to 8 bytes */
};

/* For an event with a program's call chain: its task and the chain's id; negative: it has none. */
static int32_t chain_of(const struct held *held, const struct mt_hdr *hdr, const struct mt_who **who)
{
	const struct event_row *row = hdr->id < MT_NR_RECS ? &event_rows[hdr->id] : NULL;
	const char *record = (const char *)hdr;
	int32_t id = -1;
	uint64_t ref = 0;
	size_t i;

	*who = NULL;
	if (!row || row->use != EVENT_EVERY || hdr->size != row->size)
		return -1;
	for (i = 0; i < row->nr_fields; i++) {
		if (row->fields[i].type == FIELD_USER_STACK)
			memcpy(&id, record + row->fields[i].offset, sizeof(id));
		if (row->fields[i].type == FIELD_REF)
			memcpy(&ref, record + row->fields[i].offset, sizeof(ref));
	}
	*who = id < 0 ? NULL : task_refs__find(&held->task_refs, ref);
	return *who ? id : -1;
}

static bool waits(struct held *held, const struct mt_hdr *hdr)
{
	const struct mt_who *who;
	int32_t id = held->stacks ? chain_of(held, hdr, &who) : -1;

	return id >= 0 && stacks__awaits(held->stacks, id, who, hdr->time_ns, held->names);
}

static size_t bytes_of(uint64_t size)
{
	return sizeof(struct head) + (size + 7) / 8 * 8;
}

static void let_go(struct held *held)
{
	const struct head *head = (const void *)(held->bytes + held->from);

	held->from += bytes_of(head->size);
	held->sink.record(held->sink.ctx, head + 1, head->size);
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

static void take(void *ctx, const void *data, size_t size)
{
	struct held *held = ctx;
	const struct mt_hdr *hdr = data;
	bool waiting;

	if (size == sizeof(struct mt_who_is) && hdr->id == MT_REC_WHO)
		task_refs__learn(&held->task_refs, data);
	waiting = size >= sizeof(*hdr) && hdr->size == size && waits(held, hdr);
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
