// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_names.h"
#include "encoder.h"
#include "window.h"

#define BLOCK_AGE_NS  1000000000ULL /* a moment ends a block at least this often */
#define AFTER_KILL_NS 1000000000ULL /* so that the file also has what follows an OOM kill */

struct recorder {
	struct recorder_request request;
	struct layouts layouts;
	struct encoder encoder;
	ZSTD_CCtx *zstd;
	struct outfile *file;	 /* NULL: what is written goes to memory */
	FILE *memory;		 /* NULL: nothing is being written there */
	char name[NAME_MAX + 1]; /* of the first of the files with the last part */
	struct window window;	 /* used before the run begins, also if all of it is written */
	struct recording_head head;
	bool begun;
	uint64_t last_ns; /* of the last record */
	uint64_t end_ns;  /* of the last moment that ended a block */
	uint64_t events, bytes;
	bool asked;
	uint64_t kill_ns; /* of the first OOM kill that no file was written for; 0: none */
	unsigned int nr_files;
	char *path; /* of the last file */
	int error;
	int dump_error; /* of the last file of --last; not yet reported */
};

static bool is_window(const struct recorder *rec)
{
	return rec->request.last_ns;
}

static int open_parts(struct recorder *rec)
{
	int err = layouts__own(&rec->layouts);

	if (err)
		return err;
	encoder__init(&rec->encoder, &rec->layouts);
	rec->encoder.cgroup = rec->request.cgroup;
	rec->encoder.who = rec->request.who;
	rec->encoder.ctx = rec->request.ctx;
	rec->zstd = ZSTD_createCCtx();
	if (!rec->zstd)
		return -ENOMEM;
	err = window__init(&rec->window, &rec->layouts, rec->request.last_ns);
	rec->window.max_bytes = rec->request.max_bytes;
	return err;
}

int recorder__new(struct recorder **out, const struct recorder_request *request)
{
	struct recorder *rec = calloc(1, sizeof(*rec));
	int err;

	*out = NULL;
	if (!rec)
		return -ENOMEM;
	rec->request = *request;
	rec->file = request->file;
	if (rec->file)
		strcpy(rec->name, rec->file->place.name);
	err = open_parts(rec);
	if (err)
		recorder__free(rec);
	else
		*out = rec;
	return err;
}

void recorder__free(struct recorder *rec)
{
	if (!rec)
		return;
	window__free(&rec->window);
	encoder__free(&rec->encoder);
	layouts__free(&rec->layouts);
	ZSTD_freeCCtx(rec->zstd);
	free(rec->path);
	free(rec);
}

void recorder__set_stacks(struct recorder *rec, struct stack_lookup stacks)
{
	rec->encoder.stacks = stacks;
}

static int write_bytes(void *ctx, const void *data, size_t size)
{
	struct recorder *rec = ctx;
	int err;

	if (!rec->file)
		return fwrite(data, 1, size, rec->memory) == size ? 0 : -ENOMEM;
	err = outfile__write(rec->file, data, size);
	rec->bytes = rec->file->bytes;
	return err;
}

/* Closes the block under construction, if there is anything in it. */
static int close_block(struct recorder *rec, bool at_checkpoint)
{
	struct encoder *enc = &rec->encoder;
	struct block *block;
	int err;

	if (!enc->nr)
		return 0;
	block = block__pack(rec->zstd, BLOCK_DATA, enc->buf, enc->size, enc->nr, rec->last_ns);
	err = block ? 0 : -errno;
	encoder__reset(enc);
	if (err)
		return err;
	if (!rec->begun || is_window(rec))
		return window__add(&rec->window, block, at_checkpoint);
	err = write_bytes(rec, block->bytes, block->size);
	free(block);
	return err;
}

/* Packs JSON, which is consumed, and passes the block on. */
static int write_json(struct recorder *rec, enum block_kind kind, json_t *json,
		      int (*write)(void *ctx, const void *data, size_t size), void *ctx)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	struct block *block;
	int err = -ENOMEM;

	json_decref(json);
	if (!text)
		return err;
	block = block__pack(rec->zstd, kind, text, strlen(text), 0, rec->last_ns);
	free(text);
	if (!block)
		return -errno;
	err = write(ctx, block->bytes, block->size);
	free(block);
	return err;
}

static int write_head(struct recorder *rec, const struct recording_head *head,
		      int (*write)(void *ctx, const void *data, size_t size), void *ctx)
{
	const struct file_head file_head = { .magic = FORMAT_MAGIC, .major = FORMAT_MAJOR, .minor = FORMAT_MINOR };
	int err = write(ctx, &file_head, sizeof(file_head));

	return err ? err : write_json(rec, BLOCK_HEAD, recording_head__to_json(head, &rec->layouts), write, ctx);
}

int recorder__begin(struct recorder *rec, const struct recording_head *head)
{
	int err = rec->error ? rec->error : close_block(rec, false);

	rec->head = *head;
	rec->end_ns = head->start.now_ns;
	rec->begun = true;
	if (err || is_window(rec))
		return err;
	err = write_head(rec, head, write_bytes, rec);
	if (!err)
		err = window__each(&rec->window, write_bytes, rec);
	window__free(&rec->window);
	memset(&rec->window, 0, sizeof(rec->window));
	rec->nr_files = 1;
	rec->path = strdup(rec->file->path ? rec->file->path : "-");
	return err ? err : rec->path ? 0 : -ENOMEM;
}

static void fail(struct recorder *rec, int err)
{
	if (!rec->error)
		rec->error = err;
}

void recorder__take(void *ctx, const void *record)
{
	struct recorder *rec = ctx;
	const struct mt_hdr *hdr = record;

	if (rec->error)
		return;
	if (encoder__is_full(&rec->encoder))
		fail(rec, close_block(rec, false));
	fail(rec, encoder__add(&rec->encoder, record));
	rec->last_ns = hdr->time_ns;
	rec->events += hdr->id < MT_NR_RECS && event_rows[hdr->id].size;
	if (hdr->id == MT_REC_oom && !rec->kill_ns)
		rec->kill_ns = hdr->time_ns;
}

static int write_start_block(void *ctx, struct encoder *enc)
{
	struct recorder *rec = ctx;
	struct block *block =
		block__pack(rec->zstd, BLOCK_DATA, enc->buf, enc->size, enc->nr, rec->window.start.hdr.time_ns);
	int err = block ? write_bytes(rec, block->bytes, block->size) : -errno;

	free(block);
	encoder__reset(enc);
	return err;
}

/* What the window starts from, in blocks of its own. */
static int write_start(struct recorder *rec)
{
	struct encoder enc;
	int err;

	encoder__init(&enc, &rec->layouts);
	err = window__encode_start(&rec->window, &enc, write_start_block, rec);
	if (!err && enc.nr)
		err = write_start_block(rec, &enc);
	encoder__free(&enc);
	return err;
}

static int write_window(struct recorder *rec, const struct command_outcome *outcome)
{
	struct recording_head head = rec->head;
	int err;

	head.window = rec->window.start.hdr.id != 0;
	if (head.window)
		head.start = rec->window.start.checkpoint;
	err = write_head(rec, &head, write_bytes, rec);
	if (!err)
		err = write_start(rec);
	if (!err)
		err = window__each(&rec->window, write_bytes, rec);
	return err ? err : write_json(rec, BLOCK_END, recording_end__to_json(outcome), write_bytes, rec);
}

/* Hands the last part over to whoever keeps it. */
static int keep(struct recorder *rec, const struct command_outcome *outcome)
{
	char *data = NULL;
	size_t size;
	int err;

	rec->memory = open_memstream(&data, &size);
	if (!rec->memory)
		return -ENOMEM;
	err = write_window(rec, outcome);
	if (fclose(rec->memory) && !err)
		err = -ENOMEM;
	rec->memory = NULL;
	if (err)
		free(data);
	else
		rec->request.keep(rec->request.ctx, data, size);
	return err;
}

static int begin_dump(struct recorder *rec)
{
	char name[NAME_MAX + 1];
	int err;

	if (outfile__is_direct(rec->file))
		return outfile__begin(rec->file);
	err = dump_names__next(rec->file->place.dir, rec->name, name);
	if (err == -EEXIST)
		return place__refuse(&rec->file->place, "%d files with its names exist, and none is your recording",
				     DUMP_FILES_MAX);
	return err ? err : outfile__begin_as(rec->file, name);
}

/* Writes the last part of the run to a file of its own, which appears when it is complete. */
static int dump(struct recorder *rec, const struct command_outcome *outcome)
{
	char *path;
	int err;

	rec->asked = false;
	rec->kill_ns = 0;
	if (!rec->file)
		return keep(rec, outcome);
	err = begin_dump(rec);
	if (!err)
		err = outfile__put(rec->file, write_window(rec, outcome));
	path = err ? NULL : outfile__shown(rec->file);
	if (!path)
		return err ? err : -ENOMEM;
	free(rec->path);
	rec->path = path;
	rec->nr_files++;
	return 0;
}

static bool is_dump_due(const struct recorder *rec, uint64_t now_ns)
{
	return rec->asked || (rec->kill_ns && now_ns >= rec->kill_ns + AFTER_KILL_NS);
}

static int end_checkpoint(struct recorder *rec, uint64_t now_ns)
{
	const struct command_outcome none = { 0 };
	int err = close_block(rec, true);

	rec->end_ns = now_ns;
	if (err || !is_window(rec))
		return err;
	err = window__slide(&rec->window, now_ns);
	/* even if a file cannot be written, blocks are kept for the next one */
	if (!err && is_dump_due(rec, now_ns))
		rec->dump_error = dump(rec, &none);
	return err;
}

int recorder__checkpoint(struct recorder *rec, const struct checkpoint *checkpoint, const struct totals *totals,
			 uint64_t due_ns, bool final)
{
	const struct checkpoint_record record = {
		.hdr = { .id = REC_CHECKPOINT, .time_ns = checkpoint->now_ns },
		.due_ns = due_ns,
		.flags = final ? CHECKPOINT_FINAL : 0,
		.checkpoint = *checkpoint,
		.totals = *totals,
	};

	recorder__take(rec, &record);
	if (!rec->error && (final || rec->asked || checkpoint->now_ns >= rec->end_ns + BLOCK_AGE_NS))
		fail(rec, end_checkpoint(rec, checkpoint->now_ns));
	return rec->error;
}

void recorder__ask(struct recorder *rec)
{
	rec->asked = is_window(rec);
}

int recorder__finish(struct recorder *rec, const struct command_outcome *outcome)
{
	int err = rec->error;

	if (err)
		return err;
	if (is_window(rec))
		return (rec->nr_files || !rec->file) && !rec->kill_ns ? 0 : dump(rec, outcome);
	err = write_json(rec, BLOCK_END, recording_end__to_json(outcome), write_bytes, rec);
	return outfile__put(rec->file, err);
}

int recorder__dump_error(struct recorder *rec)
{
	int err = rec->dump_error;

	rec->dump_error = 0;
	return err;
}

struct recorder_stats recorder__stats(const struct recorder *rec)
{
	return (struct recorder_stats){
		.events = rec->events, .bytes = rec->bytes, .files = rec->nr_files, .path = rec->path
	};
}
