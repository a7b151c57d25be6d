// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/hash.h"
#include "../model/task_refs.h"
#include "digest.h"
#include "encoder.h"
#include "head.h"
#include "reader.h"
#include "thinner.h"

#define TEMP_PREFIX	".again-"
#define RECORDS_AT_ONCE 256	       /* between two looks at the clock */
#define HEAD_MAX	BLOCK_JSON_MAX /* for which there is room */
#define NAMES_MAX_BYTES (32U << 20)

struct rewrite_cgroup {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
};

struct rewrite {
	int dir;
	char name[SEGMENT_NAME_MAX], temp[SEGMENT_NAME_MAX + sizeof(TEMP_PREFIX)];
	FILE *stream; /* of the old one */
	int fd;	      /* of the new one; -1: none */
	struct reader reader;
	struct recording_head head;
	struct layouts layouts;
	struct thinner thinner;
	struct encoder encoder;
	struct digest digest;
	ZSTD_CCtx *zstd;
	struct task_refs refs;
	struct rewrite_cgroup *cgroups;
	size_t name_bytes;
	uint64_t bytes, max_bytes, last_ns;
};

static FILE *open_segment(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static int read_head(struct reader *reader, FILE *stream, struct recording_head *head)
{
	int err = reader__open(reader, stream);

	return err ? err : recording_head__read(head, reader->head, reader->why, sizeof(reader->why));
}

int rewrite__look(int dir, const char *name, struct rewrite_state *state)
{
	FILE *stream = open_segment(dir, name);
	struct recording_head head;
	struct reader reader;
	int err;

	if (!stream)
		return -errno;
	err = read_head(&reader, stream, &head);
	if (!err && head.facts.stacks)
		err = -EBADMSG;
	if (!err)
		*state = (struct rewrite_state){ .packed = head.segment.packed, .tick_ns = head.facts.tick_ns };
	reader__close(&reader);
	fclose(stream);
	return err;
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	struct rewrite *rewrite = ctx;
	struct rewrite_cgroup *cgroup;

	HASH_FIND(hh, rewrite->cgroups, &id, sizeof(id), cgroup);
	return cgroup ? cgroup->name : NULL;
}

static const struct mt_who *name_who(void *ctx, uint64_t id)
{
	return task_refs__find(&((struct rewrite *)ctx)->refs, id);
}

static int learn_cgroup(void *ctx, uint64_t id, const char *name, size_t len)
{
	struct rewrite *rewrite = ctx;
	struct rewrite_cgroup *cgroup;
	char *copy;

	HASH_FIND(hh, rewrite->cgroups, &id, sizeof(id), cgroup);
	if (cgroup &&
	    (definition__is_no_name(name, len) || (strlen(cgroup->name) == len && !memcmp(cgroup->name, name, len))))
		return 0;
	if (rewrite->name_bytes + len > NAMES_MAX_BYTES)
		return -E2BIG;
	rewrite->name_bytes += len + 1;
	copy = strndup(name, len);
	if (!cgroup && copy) {
		cgroup = calloc(1, sizeof(*cgroup));
		if (cgroup) {
			cgroup->id = id;
			HASH_ADD(hh, rewrite->cgroups, id, sizeof(cgroup->id), cgroup);
		}
	}
	if (!copy || !cgroup || !cgroup->hh.tbl) {
		if (cgroup && !cgroup->hh.tbl)
			free(cgroup);
		free(copy);
		return -ENOMEM;
	}
	free(cgroup->name);
	cgroup->name = copy;
	return 0;
}

static int write_all(struct rewrite *rewrite, const void *data, size_t size)
{
	const char *at = data;
	ssize_t wrote;

	if (segment__takes(rewrite->bytes + size) > rewrite->max_bytes)
		return -ENOSPC;
	rewrite->bytes += size;
	while (size) {
		wrote = write(rewrite->fd, at, size);
		if (wrote < 0 && errno != EINTR)
			return -errno;
		at += wrote > 0 ? wrote : 0;
		size -= wrote > 0 ? (size_t)wrote : 0;
	}
	return 0;
}

static int write_block(struct rewrite *rewrite, enum block_kind kind, const void *raw, size_t size, uint32_t nr)
{
	struct block *block = block__pack_for_long(rewrite->zstd, kind, raw, size, nr, rewrite->last_ns);
	int err = block ? write_all(rewrite, block->bytes, block->size) : -errno;

	free(block);
	return err;
}

static int close_block(struct rewrite *rewrite)
{
	struct encoder *enc = &rewrite->encoder;
	int err = enc->nr ? write_block(rewrite, BLOCK_DATA, enc->buf, enc->size, enc->nr) : 0;

	encoder__reset(enc);
	return err;
}

static int write_json(struct rewrite *rewrite, enum block_kind kind, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? write_block(rewrite, kind, text, strlen(text), 0) : -ENOMEM;

	free(text);
	return err;
}

static int write_head(struct rewrite *rewrite)
{
	const struct file_head head = { .magic = FORMAT_MAGIC, .major = FORMAT_MAJOR, .minor = FORMAT_MINOR };
	json_t *json = recording_head__to_json(&rewrite->head, &rewrite->layouts);
	int err = write_all(rewrite, &head, sizeof(head));

	if (!err)
		err = write_json(rewrite, BLOCK_HEAD, json);
	json_decref(json);
	return err;
}

/* Records stay in an order in which each block can be read by itself, as the encoder sees to. */
static int encode(void *ctx, const void *record)
{
	struct rewrite *rewrite = ctx;
	int err = encoder__is_full(&rewrite->encoder) ? close_block(rewrite) : 0;

	/* those that were held are older than the last one */
	if (((const struct mt_hdr *)record)->time_ns > rewrite->last_ns)
		rewrite->last_ns = ((const struct mt_hdr *)record)->time_ns;
	return err ? err : encoder__add(&rewrite->encoder, record);
}

static int open_parts(struct rewrite *rewrite, uint64_t every_ns)
{
	const struct definitions definitions = { .cgroup = learn_cgroup, .ctx = rewrite };
	int err = read_head(&rewrite->reader, rewrite->stream, &rewrite->head);

	if (!err && rewrite->head.facts.stacks)
		err = -EBADMSG;
	if (err)
		return err;
	reader__on_definitions(&rewrite->reader, &definitions);
	err = layouts__own(&rewrite->layouts);
	if (!err)
		err = layouts__add_digest(&rewrite->layouts);
	if (err)
		return err;
	layouts__keep_events(&rewrite->layouts, rewrite->head.has);
	encoder__init(&rewrite->encoder, &rewrite->layouts);
	rewrite->encoder.cgroup = name_cgroup;
	rewrite->encoder.who = name_who;
	rewrite->encoder.ctx = rewrite;
	rewrite->encoder.digest = &rewrite->digest;
	thinner__init(&rewrite->thinner, every_ns, encode, rewrite);
	rewrite->thinner.last_due_ns = rewrite->last_ns = rewrite->head.start.now_ns;
	rewrite->head.segment.packed = true;
	if (rewrite->head.facts.tick_ns < every_ns)
		rewrite->head.facts.tick_ns = every_ns;
	rewrite->digest.start_ns = rewrite->head.start.now_ns;
	rewrite->digest.wall_offset_ns = rewrite->head.start.wall_offset_ns;
	rewrite->digest.tick_ns = rewrite->head.facts.tick_ns;
	rewrite->zstd = ZSTD_createCCtx();
	return rewrite->zstd ? 0 : -ENOMEM;
}

static int open_temp(struct rewrite *rewrite)
{
	rewrite->fd = openat(rewrite->dir, rewrite->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return rewrite->fd < 0 ? -errno : 0;
}

int rewrite__new(struct rewrite **out, int dir, const char *name, uint64_t every_ns)
{
	struct rewrite *rewrite = calloc(1, sizeof(*rewrite));
	int err;

	*out = NULL;
	if (!rewrite)
		return -ENOMEM;
	rewrite->fd = -1;
	rewrite->max_bytes = HEAD_MAX;
	rewrite->dir = dir;
	snprintf(rewrite->name, sizeof(rewrite->name), "%s", name);
	snprintf(rewrite->temp, sizeof(rewrite->temp), TEMP_PREFIX "%s", name);
	rewrite->stream = open_segment(dir, name);
	err = rewrite->stream ? open_parts(rewrite, every_ns) : -errno;
	if (!err)
		err = open_temp(rewrite);
	if (!err)
		err = write_head(rewrite);
	if (err)
		rewrite__free(rewrite);
	else
		*out = rewrite;
	return err;
}

void rewrite__free(struct rewrite *rewrite)
{
	struct rewrite_cgroup *cgroup, *next;

	if (!rewrite)
		return;
	if (rewrite->fd >= 0) {
		close(rewrite->fd);
		unlinkat(rewrite->dir, rewrite->temp, 0);
	}
	for (cgroup = rewrite->cgroups; cgroup; cgroup = next) {
		next = cgroup->hh.next;
		HASH_DEL(rewrite->cgroups, cgroup);
		free(cgroup->name);
		free(cgroup);
	}
	thinner__free(&rewrite->thinner);
	digest__reset(&rewrite->digest);
	if (rewrite->encoder.layouts)
		encoder__free(&rewrite->encoder);
	layouts__free(&rewrite->layouts);
	task_refs__free(&rewrite->refs);
	ZSTD_freeCCtx(rewrite->zstd);
	reader__close(&rewrite->reader);
	if (rewrite->stream)
		fclose(rewrite->stream);
	free(rewrite);
}

/* A segment that has more of something than a digest can have is read whole. */
static int write_digest(struct rewrite *rewrite)
{
	struct encoder *enc = &rewrite->encoder;
	int err;

	enc->digest = NULL;
	err = digest__encode(&rewrite->digest, enc);
	if (!err)
		err = write_block(rewrite, BLOCK_DIGEST, enc->buf, enc->size, enc->nr);
	return err == -E2BIG ? 0 : err;
}

/* One that was cut off has no end, before and after. */
static int finish(struct rewrite *rewrite)
{
	int err = rewrite->reader.state == READER_DAMAGED ? -EBADMSG : thinner__end(&rewrite->thinner);

	if (!err)
		err = close_block(rewrite);
	if (!err && rewrite->reader.end)
		err = write_digest(rewrite);
	if (!err && rewrite->reader.end)
		err = write_json(rewrite, BLOCK_END, rewrite->reader.end);
	if (!err && (fsync(rewrite->fd) || renameat(rewrite->dir, rewrite->temp, rewrite->dir, rewrite->name)))
		err = -errno;
	if (err)
		return err;
	close(rewrite->fd);
	rewrite->fd = -1;
	return 0;
}

/* Some records: 1: there are more; 0: those were the last; -errno. */
static int take_some(struct rewrite *rewrite)
{
	int left = RECORDS_AT_ONCE, got = 1, err = 0;
	const void *record;

	while (!err && left-- && (got = reader__next(&rewrite->reader, &record)) > 0) {
		const struct mt_hdr *hdr = record;

		err = hdr->id == MT_REC_WHO ? task_refs__learn(&rewrite->refs, record) :
					      thinner__take(&rewrite->thinner, record);
		if (hdr->id == REC_CHECKPOINT)
			task_refs__age(&rewrite->refs);
	}
	return err ? err : got;
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int rewrite__step(struct rewrite *rewrite, uint64_t budget_ns, uint64_t max_bytes)
{
	uint64_t end_ns = cpu_ns() + budget_ns, bytes = rewrite->bytes;
	int more;

	rewrite->max_bytes = max_bytes;
	do
		more = take_some(rewrite);
	while (more > 0 && cpu_ns() < end_ns && rewrite->bytes == bytes);
	return more ? more : finish(rewrite);
}

uint64_t rewrite__takes(const struct rewrite *rewrite)
{
	return segment__takes(rewrite->bytes);
}

void rewrite__clean(DIR *dir)
{
	size_t len = strlen(TEMP_PREFIX);
	const struct dirent *entry;
	struct segment segment;
	struct stat st;

	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, TEMP_PREFIX, len) && segment__parse(&segment, entry->d_name + len) &&
		    !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
		    st.st_uid == geteuid())
			unlinkat(dirfd(dir), entry->d_name, 0);
}
