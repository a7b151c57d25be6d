// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "digest.h"
#include "dump_names.h"
#include "encoder.h"
#include "thinner.h"
#include "window.h"

#define BLOCK_AGE_NS  1000000000ULL /* a moment ends a block at least this often */
#define AFTER_KILL_NS 1000000000ULL /* so that the file also has what follows an OOM kill */
#define KEEP_STEP     (256U << 10)

struct recorder {
	struct recorder_request request;
	struct layouts layouts;
	struct encoder encoder;
	ZSTD_CCtx *zstd;
	struct outfile *file; /* NULL: what is written goes to memory */
	struct {
		char *data;
		size_t size, room;
	} memory;		 /* the recording that is being written there */
	char name[NAME_MAX + 1]; /* of the first of the files with the last part */
	struct window window;	 /* used before the run begins, also if all of it is written */
	struct history history;
	struct thinner thinner; /* of a history with every_ns */
	struct digest digest;	/* of the segment of a history that is written */
	int paused;		/* of a history: there is no room, -errno */
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

static bool is_history(const struct recorder *rec)
{
	return rec->request.history.max_bytes;
}

static int take_now(void *ctx, const void *record);

/* Each block names what it needs, so each of its encoders can ask. */
static void init_encoder(const struct recorder *rec, struct encoder *enc)
{
	encoder__init(enc, &rec->layouts);
	enc->cgroup = rec->request.cgroup;
	enc->who = rec->request.who;
	enc->ctx = rec->request.ctx;
}

static int open_parts(struct recorder *rec)
{
	int err = layouts__own(&rec->layouts);

	if (!err && is_history(rec))
		err = layouts__add_digest(&rec->layouts);
	if (err)
		return err;
	if (rec->request.has)
		layouts__keep_events(&rec->layouts, rec->request.has);
	init_encoder(rec, &rec->encoder);
	rec->encoder.digest = is_history(rec) ? &rec->digest : NULL;
	thinner__init(&rec->thinner, rec->request.history.every_ns, take_now, rec);
	rec->zstd = ZSTD_createCCtx();
	if (!rec->zstd)
		return -ENOMEM;
	err = window__init(&rec->window, &rec->layouts, rec->request.last_ns);
	rec->window.max_bytes = rec->request.max_bytes;
	if (!err && is_history(rec))
		err = history__init(&rec->history, rec->file, &rec->request.history);
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
	history__free(&rec->history);
	thinner__free(&rec->thinner);
	digest__reset(&rec->digest);
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

/* In small steps: twice what is there, as others grow, would be as much again in the heap for good. */
static int write_memory(struct recorder *rec, const void *data, size_t size)
{
	size_t room = rec->memory.size + size + KEEP_STEP;
	char *more;

	if (rec->memory.size + size > rec->memory.room) {
		more = realloc(rec->memory.data, room);
		if (!more)
			return -ENOMEM;
		rec->memory.data = more;
		rec->memory.room = room;
	}
	memcpy(rec->memory.data + rec->memory.size, data, size);
	rec->memory.size += size;
	return 0;
}

static int write_bytes(void *ctx, const void *data, size_t size)
{
	struct recorder *rec = ctx;
	int err;

	if (!rec->file)
		return write_memory(rec, data, size);
	if (is_history(rec)) {
		err = history__write(&rec->history, data, size);
		rec->bytes += err ? 0 : size;
		return err;
	}
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

	init_encoder(rec, &enc);
	enc.digest = rec->encoder.digest;
	err = window__encode_start(&rec->window, &enc, write_start_block, rec);
	if (!err && enc.nr)
		err = write_start_block(rec, &enc);
	encoder__free(&enc);
	return err;
}

/* The first segment has what came before the run began, as any recording; later ones what they start from. */
static int begin_segment(struct recorder *rec)
{
	struct recording_head head = rec->head;
	int err;

	head.window = rec->history.of_run > 0;
	if (head.window)
		head.start = rec->window.start.checkpoint;
	head.segment.number = rec->history.of_run + 1;
	head.segment.after_pause = rec->paused;
	/* the first one has what came before, too */
	if (head.window)
		digest__reset(&rec->digest);
	rec->digest.start_ns = head.start.now_ns;
	rec->digest.wall_offset_ns = head.start.wall_offset_ns;
	rec->digest.tick_ns = head.facts.tick_ns;
	window__tidy(&rec->window, head.start.now_ns);
	err = history__begin(&rec->history, head.start.now_ns, head.start.now_ns + head.start.wall_offset_ns);
	if (!err)
		err = write_head(rec, &head, write_bytes, rec);
	if (!err)
		err = head.window ? write_start(rec) : window__each(&rec->window, write_bytes, rec);
	if (err) {
		history__drop(&rec->history);
		return err;
	}
	history__begun(&rec->history);
	rec->paused = 0;
	return 0;
}

static int begin_history(struct recorder *rec)
{
	uint64_t id = 0;
	int err;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) < 0)
		id = rec->head.start.now_ns;
	snprintf(rec->head.segment.run, SEGMENT_ID_MAX, "%016" PRIx64, id);
	err = begin_segment(rec);
	window__drop_blocks(&rec->window);
	rec->path = strdup(rec->file->path);
	return err ? err : rec->path ? 0 : -ENOMEM;
}

/* A segment that has more of something than a digest can have is read whole. */
static int write_digest(struct recorder *rec)
{
	struct block *block = NULL;
	struct encoder enc;
	int err;

	init_encoder(rec, &enc);
	err = digest__encode(&rec->digest, &enc);
	if (!err) {
		block = block__pack(rec->zstd, BLOCK_DIGEST, enc.buf, enc.size, enc.nr, rec->last_ns);
		err = block ? write_bytes(rec, block->bytes, block->size) : -errno;
	}
	free(block);
	encoder__free(&enc);
	return err == -E2BIG ? 0 : err;
}

static int end_segment(struct recorder *rec, const struct command_outcome *outcome)
{
	int err = write_digest(rec);

	if (!err)
		err = write_json(rec, BLOCK_END, recording_end__to_json(outcome), write_bytes, rec);
	return history__end(&rec->history, err);
}

/* A history goes on when there is room again: until then counts are kept, to start from. */
static int pause_or_fail(struct recorder *rec, int err)
{
	if (!is_history(rec) || !rec->begun || (err != -ENOSPC && err != -EDQUOT))
		return err;
	history__end(&rec->history, err);
	encoder__reset(&rec->encoder);
	rec->paused = err;
	return 0;
}

static int turn_segment(struct recorder *rec, uint64_t now_ns)
{
	const struct command_outcome none = { 0 };
	int err = 0;

	if (rec->paused)
		return history__has_room(&rec->history) ? begin_segment(rec) : 0;
	if (!history__is_due(&rec->history, now_ns))
		return 0;
	err = end_segment(rec, &none);
	return err ? err : begin_segment(rec);
}

int recorder__start_from(struct recorder *rec, const void *record)
{
	const struct mt_hdr *hdr = record;

	if (hdr->id == REC_CHECKPOINT)
		window__tidy(&rec->window, hdr->time_ns);
	return window__take(&rec->window, record);
}

static void leave_probes(struct recording_head *head, uint32_t probes)
{
	enum mt_probe id;

	head->facts.probes &= probes;
	head->facts.every &= probes;
	for (id = 0; id < MT_NR_PROBES; id++)
		head->probes[id].wanted &= probes >> id & 1;
}

int recorder__begin(struct recorder *rec, const struct recording_head *head)
{
	int err = rec->error ? rec->error : close_block(rec, false);

	rec->head = *head;
	if (rec->request.history.probes)
		leave_probes(&rec->head, rec->request.history.probes);
	if (rec->head.facts.tick_ns < rec->request.history.every_ns)
		rec->head.facts.tick_ns = rec->request.history.every_ns;
	rec->end_ns = head->start.now_ns;
	rec->begun = true;
	if (err || is_window(rec))
		return err;
	if (is_history(rec))
		return begin_history(rec);
	err = write_head(rec, head, write_bytes, rec);
	if (!err && rec->window.start.hdr.id)
		err = write_start(rec);
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

static int take_now(void *ctx, const void *record)
{
	struct recorder *rec = ctx;
	const struct mt_hdr *hdr = record;

	if (is_history(rec))
		fail(rec, window__take(&rec->window, record));
	if (encoder__is_full(&rec->encoder))
		fail(rec, pause_or_fail(rec, close_block(rec, false)));
	/* those that were held are older than the last one */
	if (hdr->time_ns > rec->last_ns || !rec->request.history.every_ns)
		rec->last_ns = hdr->time_ns;
	if (rec->paused)
		return 0;
	fail(rec, encoder__add(&rec->encoder, record));
	rec->events += hdr->id < MT_NR_RECS && event_rows[hdr->id].size;
	if (hdr->id == MT_REC_oom && !rec->kill_ns)
		rec->kill_ns = hdr->time_ns;
	return 0;
}

/* Whether a record is of what is recorded. */
static bool is_of_probes(const struct recorder *rec, uint16_t id)
{
	const struct keyed_row *keyed = keyed_row__of_record(id);
	uint32_t probes = rec->request.history.probes;

	if (!probes)
		return true;
	if (keyed)
		return probes >> keyed->probe & 1;
	return id >= MT_NR_RECS || !event_rows[id].size || probes >> event_rows[id].probe & 1;
}

void recorder__take(void *ctx, const void *record)
{
	struct recorder *rec = ctx;

	if (rec->error || !is_of_probes(rec, ((const struct mt_hdr *)record)->id))
		return;
	if (rec->request.history.every_ns)
		fail(rec, thinner__take(&rec->thinner, record));
	else
		take_now(rec, record);
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
	int err;

	/* its blocks, and some for what they start from */
	rec->memory.size = 0;
	rec->memory.room = rec->window.bytes + KEEP_STEP;
	rec->memory.data = malloc(rec->memory.room);
	err = rec->memory.data ? write_window(rec, outcome) : -ENOMEM;
	if (err)
		free(rec->memory.data);
	else
		rec->request.keep(rec->request.ctx, rec->memory.data, rec->memory.size);
	rec->memory.data = NULL;
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
	bool due = rec->asked || (rec->kill_ns && now_ns >= rec->kill_ns + AFTER_KILL_NS);

	return due && (rec->file || !rec->request.may_keep || rec->request.may_keep(rec->request.ctx));
}

static int end_checkpoint(struct recorder *rec, uint64_t now_ns)
{
	const struct command_outcome none = { 0 };
	int err = close_block(rec, true);

	rec->end_ns = now_ns;
	if (!err && is_history(rec))
		err = turn_segment(rec, now_ns);
	if (!err && is_history(rec))
		err = history__thin(&rec->history, now_ns,
				    now_ns + (uint64_t)rec->window.start.checkpoint.wall_offset_ns);
	if (err || !is_window(rec))
		return pause_or_fail(rec, err);
	err = window__slide(&rec->window, now_ns);
	/* even if a file cannot be written, blocks are kept for the next one */
	if (!err && is_dump_due(rec, now_ns))
		rec->dump_error = dump(rec, &none);
	return err;
}

static bool is_old(const struct recorder *rec, uint64_t now_ns)
{
	return !rec->request.whole_blocks && now_ns >= rec->end_ns + BLOCK_AGE_NS;
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

	if (rec->request.history.every_ns && !thinner__keeps(&rec->thinner, &record)) {
		recorder__take(rec, &record);
		return rec->error;
	}
	recorder__take(rec, &record);
	if (!rec->error && (final || rec->asked || is_old(rec, checkpoint->now_ns)))
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
	if (is_history(rec))
		return rec->paused ? 0 : end_segment(rec, outcome);
	err = write_json(rec, BLOCK_END, recording_end__to_json(outcome), write_bytes, rec);
	return outfile__put(rec->file, err);
}

int recorder__dump_error(struct recorder *rec)
{
	int err = rec->dump_error;

	rec->dump_error = 0;
	return err;
}

int recorder__paused(const struct recorder *rec)
{
	return rec->paused;
}

struct recorder_stats recorder__stats(const struct recorder *rec)
{
	return (struct recorder_stats){
		.events = rec->events,
		.bytes = rec->bytes,
		.files = is_history(rec) ? rec->history.of_run : rec->nr_files,
		.path = rec->path,
	};
}
