// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 1

struct packed {
	uint64_t time_ns;
	size_t size;
	void *bytes; /* owned */
};

struct top_archive {
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
	struct packed *list; /* owned */
	size_t nr, room, bytes;
};

struct top_archive *top_archive__new(void)
{
	struct top_archive *archive = calloc(1, sizeof(*archive));

	if (!archive)
		return NULL;
	archive->pack = ZSTD_createCCtx();
	archive->unpack = ZSTD_createDCtx();
	if (archive->pack && archive->unpack)
		return archive;
	top_archive__free(archive);
	return NULL;
}

void top_archive__free(struct top_archive *archive)
{
	size_t i;

	if (!archive)
		return;
	for (i = 0; i < archive->nr; i++)
		free(archive->list[i].bytes);
	free(archive->list);
	ZSTD_freeCCtx(archive->pack);
	ZSTD_freeDCtx(archive->unpack);
	free(archive);
}

static size_t tasks_size(const struct top_moment *moment)
{
	return moment->nr_tasks * sizeof(*moment->tasks);
}

static size_t processes_size(const struct top_moment *moment)
{
	return moment->nr_processes * sizeof(*moment->processes);
}

static size_t cgroups_size(const struct top_moment *moment)
{
	return moment->nr_cgroups * sizeof(*moment->cgroups);
}

static char *put(char *to, const void *from, size_t size)
{
	if (size)
		memcpy(to, from, size);
	return to + size;
}

/* The struct, and behind it what it refers to.  NULL: no memory. */
static char *lay_out(const struct top_moment *moment, size_t *size)
{
	char *raw, *to;

	*size = sizeof(*moment) + tasks_size(moment) + processes_size(moment) + cgroups_size(moment);
	raw = to = malloc(*size);
	if (!raw)
		return NULL;
	to = put(to, moment, sizeof(*moment));
	to = put(to, moment->tasks, tasks_size(moment));
	to = put(to, moment->processes, processes_size(moment));
	put(to, moment->cgroups, cgroups_size(moment));
	return raw;
}

static int pack(struct top_archive *archive, const struct top_moment *moment, struct packed *packed)
{
	size_t raw_size, bound, size;
	char *raw = lay_out(moment, &raw_size);
	void *shorter;

	if (!raw)
		return -ENOMEM;
	bound = ZSTD_compressBound(raw_size);
	packed->bytes = malloc(bound);
	size = packed->bytes ? ZSTD_compressCCtx(archive->pack, packed->bytes, bound, raw, raw_size, LEVEL) : 0;
	free(raw);
	if (!packed->bytes || ZSTD_isError(size)) {
		free(packed->bytes);
		return -ENOMEM;
	}
	shorter = realloc(packed->bytes, size);
	if (shorter)
		packed->bytes = shorter;
	packed->size = size;
	packed->time_ns = moment->time_ns;
	return 0;
}

static int make_room(struct top_archive *archive)
{
	size_t room = archive->room ? 2 * archive->room : 64;
	struct packed *grown;

	if (archive->nr < archive->room)
		return 0;
	grown = reallocarray(archive->list, room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	archive->list = grown;
	archive->room = room;
	return 0;
}

int top_archive__add(struct top_archive *archive, const struct top_moment *moment)
{
	struct packed packed;
	int err;

	if (archive->bytes >= TOP_ARCHIVE_BYTES)
		return -ENOSPC;
	err = make_room(archive);
	if (!err)
		err = pack(archive, moment, &packed);
	if (err)
		return err;
	archive->list[archive->nr++] = packed;
	archive->bytes += packed.size;
	return 0;
}

size_t top_archive__nr(const struct top_archive *archive)
{
	return archive->nr;
}

uint64_t top_archive__time_ns(const struct top_archive *archive, size_t i)
{
	return archive->list[i].time_ns;
}

size_t top_archive__find(const struct top_archive *archive, uint64_t time_ns)
{
	size_t low = 0, high = archive->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (archive->list[middle].time_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : 0;
}

/* NULL without any, or without memory, which *failed then says. */
static void *take(const char **from, size_t size, bool *failed)
{
	void *taken = size ? malloc(size) : NULL;

	if (size && !taken)
		*failed = true;
	if (taken)
		memcpy(taken, *from, size);
	*from += size;
	return taken;
}

static int read_back(const char *raw, struct top_moment *moment)
{
	const char *from = raw + sizeof(*moment);
	bool failed = false;

	memcpy(moment, raw, sizeof(*moment));
	moment->tasks = take(&from, tasks_size(moment), &failed);
	moment->processes = take(&from, processes_size(moment), &failed);
	moment->cgroups = take(&from, cgroups_size(moment), &failed);
	if (!failed)
		return 0;
	top_moment__free(moment);
	return -ENOMEM;
}

int top_archive__get(const struct top_archive *archive, size_t i, struct top_moment *moment)
{
	const struct packed *packed = &archive->list[i];
	size_t size = (size_t)ZSTD_getFrameContentSize(packed->bytes, packed->size);
	char *raw = malloc(size);
	int err = -ENOMEM;

	top_moment__free(moment);
	if (raw && !ZSTD_isError(ZSTD_decompressDCtx(archive->unpack, raw, size, packed->bytes, packed->size)))
		err = read_back(raw, moment);
	free(raw);
	return err;
}
