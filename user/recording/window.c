// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct window_block {
	struct window_block *next;
	struct block *block;
	bool at_checkpoint;
};

int window__init(struct window *window, const struct layouts *layouts, uint64_t last_ns)
{
	int err;

	memset(window, 0, sizeof(*window));
	window->layouts = layouts;
	window->last_ns = last_ns;
	window->zstd = ZSTD_createDCtx();
	err = window->zstd ? 0 : -ENOMEM;
	if (!err)
		err = task_counts__init(&window->base);
	return err ? err : decoder__init(&window->decoder, layouts);
}

static void drop_first(struct window *window)
{
	struct window_block *first = window->first;

	window->first = first->next;
	window->bytes -= first->block->size;
	if (!window->first)
		window->last = NULL;
	free(first->block);
	free(first);
}

void window__drop_blocks(struct window *window)
{
	while (window->first)
		drop_first(window);
}

void window__tidy(struct window *window, uint64_t now_ns)
{
	titles__retire(&window->titles, now_ns, 0);
	cgroup_counts__restart(&window->cgroups, now_ns);
}

void window__free(struct window *window)
{
	window__drop_blocks(window);
	decoder__free(&window->decoder);
	task_counts__free(&window->base);
	keyed_elements__free(&window->keyed);
	cgroup_counts__free(&window->cgroups);
	titles__free(&window->titles);
	ZSTD_freeDCtx(window->zstd);
}

int window__add(struct window *window, struct block *block, bool at_checkpoint)
{
	struct window_block *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		free(block);
		return -ENOMEM;
	}
	entry->block = block;
	entry->at_checkpoint = at_checkpoint;
	if (window->last)
		window->last->next = entry;
	else
		window->first = entry;
	window->last = entry;
	window->bytes += block->size;
	return 0;
}

/* A life's counts when the window begins: the highest that any record before it had. */
static int take_task(struct window *window, const struct mt_task *task)
{
	struct life *life = task_counts__find(&window->base, task->life);
	uint64_t last[MT_NR_SLOTS] = { 0 }, add[MT_NR_SLOTS];
	struct packed_change change;
	size_t i;
	int err;

	if (task->flags & MT_TASK_FINAL) {
		if (task->who.tid == task->who.pid)
			titles__end(&window->titles, &task->who, task->hdr.time_ns);
		if (life)
			task_counts__remove(&window->base, life);
		task_counts__finish(&window->base, task->life);
	}
	if (task_counts__is_finished(&window->base, task->life))
		return 0;
	if (!life)
		life = task_counts__add(&window->base, task->life);
	if (!life)
		return -ENOMEM;
	packed__get(&life->last, last);
	for (i = 0; i < MT_NR_SLOTS; i++)
		add[i] = task->c[i] > last[i] ? task->c[i] - last[i] : 0;
	err = packed__prepare(&life->last, add, &change);
	if (!err)
		packed__commit(&change);
	return err;
}

static int take_keyed(struct window *window, const struct keyed_row *row, const void *record)
{
	const struct keyed_key key = keyed_key__of(row, record);

	if (!(keyed_row__head(row, record)->flags & MT_KEYED_LAST))
		return keyed_elements__put(&window->keyed, row, record);
	keyed_elements__remove(&window->keyed, keyed_elements__find(&window->keyed, &key));
	return 0;
}

int window__take(struct window *window, const void *record)
{
	const struct mt_hdr *hdr = record;
	const struct keyed_row *keyed = keyed_row__of_record(hdr->id);

	if (keyed)
		return take_keyed(window, keyed, record);
	if (hdr->id == MT_REC_TASK)
		return take_task(window, record);
	if (hdr->id == REC_CHECKPOINT)
		window->start = *(const struct checkpoint_record *)record;
	if (hdr->id == REC_SAMPLES)
		window->samples = *(const struct sample_record *)record;
	if (hdr->id == REC_TITLE)
		titles__take(&window->titles, record);
	if (hdr->id == REC_CGROUP_SAMPLES)
		return cgroup_counts__take(&window->cgroups, record);
	return 0;
}

/* A block leaves the window: its counts are where later ones start. */
static int absorb(struct window *window, const struct block *block)
{
	const void *record;
	const char *why;
	void *raw;
	int err = block__unpack(window->zstd, &block->head, block->bytes + sizeof(block->head), &raw, &why), got = 0;

	if (err)
		return err;
	decoder__start(&window->decoder, raw, block->head.raw_size);
	while (!err && (got = decoder__next(&window->decoder, &record)) > 0)
		err = window__take(window, record);
	free(raw);
	return err ? err : got;
}

/* What is dropped ends at a checkpoint: the last block of it; NULL: nothing is. */
static const struct window_block *last_to_drop(const struct window *window, uint64_t now_ns)
{
	uint64_t left = window->bytes, since = 0, most = window->max_bytes ? window->max_bytes : UINT64_MAX;
	const struct window_block *entry, *until = NULL;

	for (entry = window->first; entry; entry = entry->next) {
		since += entry->block->size;
		if (!entry->at_checkpoint || !entry->next)
			continue;
		if (entry->block->head.end_ns + window->last_ns >= now_ns && left <= most)
			break;
		until = entry;
		left -= since;
		since = 0;
	}
	return until;
}

int window__slide(struct window *window, uint64_t now_ns)
{
	const struct window_block *until = last_to_drop(window, now_ns);
	int err = 0;

	while (!err && until) {
		bool last = window->first == until;

		err = absorb(window, window->first->block);
		drop_first(window);
		if (last)
			break;
	}
	titles__retire(&window->titles, now_ns, 0);
	return err;
}

static int encode_keyed(const struct window *window, struct encoder *enc, int (*full)(void *ctx, struct encoder *enc),
			void *ctx)
{
	struct keyed_element *element;
	int err = 0;

	for (element = window->keyed.table; !err && element; element = element->hh.next) {
		const struct keyed_row *row = &keyed_rows[element->key.row];
		struct mt_hdr *hdr = (struct mt_hdr *)element->record;

		hdr->time_ns = window->start.hdr.time_ns;
		keyed_row__head(row, element->record)->flags |= MT_KEYED_BASE;
		err = encoder__is_full(enc) ? full(ctx, enc) : 0;
		if (!err)
			err = encoder__add(enc, element->record);
	}
	return err;
}

/* Of those that are gone nothing comes any more. */
static int encode_cgroup(const struct window *window, struct encoder *enc, const struct cgroup_count *count)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = window->start.hdr.time_ns },
		.cgroup_id = count->id,
	};
	int i;

	for (i = 0; i < NR_CGROUP_SAMPLES; i++)
		record.values[i] = count->extents[SCOPE_TOTAL][i].end;
	return count->removed_ns ? 0 : encoder__add(enc, &record);
}

static int encode_cgroups(const struct window *window, struct encoder *enc)
{
	struct cgroup_sample_record left_out = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(left_out), .time_ns = window->start.hdr.time_ns },
		.left_out = window->cgroups.left_out,
	};
	size_t i;
	int err = 0;

	memset(left_out.values, 0xff, sizeof(left_out.values));
	if (window->cgroups.any)
		err = encoder__add(enc, &left_out);
	for (i = 0; !err && i < window->cgroups.nr; i++)
		err = encode_cgroup(window, enc, &window->cgroups.list[i]);
	return err;
}

static int encode_titles(const struct window *window, struct encoder *enc, int (*full)(void *ctx, struct encoder *enc),
			 void *ctx)
{
	struct title *title;
	int err = 0;

	for (title = window->titles.table; !err && title; title = title->hh.next) {
		struct title_record record = title->record;

		record.hdr.time_ns = window->start.hdr.time_ns;
		err = encoder__is_full(enc) ? full(ctx, enc) : 0;
		if (!err && record.hdr.id && !title->gone_ns)
			err = encoder__add(enc, &record);
	}
	return err;
}

int window__encode_start(const struct window *window, struct encoder *enc, int (*full)(void *ctx, struct encoder *enc),
			 void *ctx)
{
	struct mt_task task = {
		.hdr = { .id = MT_REC_TASK, .size = sizeof(task), .time_ns = window->start.hdr.time_ns },
		.flags = MT_TASK_BASE,
	};
	struct checkpoint_record start = window->start;
	struct life *life;
	int err = 0;

	for (life = window->base.table; !err && life; life = life->hh.next) {
		uint64_t counts[MT_NR_SLOTS] = { 0 };

		packed__get(&life->last, counts);
		memcpy(task.c, counts, sizeof(task.c));
		task.life = life->id;
		err = encoder__is_full(enc) ? full(ctx, enc) : 0;
		if (!err)
			err = encoder__add(enc, &task);
	}
	if (!err && window->samples.hdr.id)
		err = encoder__add(enc, &window->samples);
	if (!err)
		err = encode_keyed(window, enc, full, ctx);
	if (!err)
		err = encode_cgroups(window, enc);
	if (!err)
		err = encode_titles(window, enc, full, ctx);
	if (err || !start.hdr.id)
		return err;
	start.flags = CHECKPOINT_BASE;
	return encoder__add(enc, &start);
}

int window__each(const struct window *window, int (*write)(void *ctx, const void *data, size_t size), void *ctx)
{
	struct window_block *entry;
	int err = 0;

	for (entry = window->first; !err && entry; entry = entry->next)
		err = write(ctx, entry->block->bytes, entry->block->size);
	return err;
}
